#include "xdp/trial.hpp"

#include <bpf/bpf.h>
#include <linux/bpf.h>

namespace ferryd {

std::optional<std::uint32_t> trial_verdict(int program, std::span<const std::uint8_t> frame, std::optional<ReceiveQueue> queue)
{
    xdp_md context{};
    bpf_test_run_opts run{};
    run.sz = sizeof(run);
    run.data_in = frame.data();
    run.data_size_in = static_cast<std::uint32_t>(frame.size());
    run.repeat = 1;
    if (queue) {
        context.data_end = run.data_size_in;
        context.ingress_ifindex = static_cast<std::uint32_t>(queue->interface);
        context.rx_queue_index = queue->number;
        run.ctx_in = &context;
        run.ctx_size_in = sizeof(context);
    }
    if (bpf_prog_test_run_opts(program, &run) != 0)
        return std::nullopt;
    return run.retval;
}

}  // namespace ferryd
