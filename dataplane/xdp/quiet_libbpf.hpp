// libbpf says on standard error what it also returns.
#pragma once

#include <bpf/libbpf.h>

namespace ferryd {

/// While it lives libbpf says nothing. Control thread: it is the whole process's libbpf.
class QuietLibbpf {
public:
    QuietLibbpf() noexcept : before_(libbpf_set_print(nullptr)) {}
    ~QuietLibbpf() { libbpf_set_print(before_); }
    QuietLibbpf(const QuietLibbpf&) = delete;
    QuietLibbpf& operator=(const QuietLibbpf&) = delete;

private:
    libbpf_print_fn_t before_;
};

}  // namespace ferryd
