// "address:port" and "[address]:port", both numeric, as the kernel's calls take them.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>

namespace ferryd {

struct NumericAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
    int family() const noexcept { return storage.ss_family; }
};

/// Nothing where the text is something else; a name is not looked up.
std::optional<NumericAddress> numeric_address(const std::string& text);

}  // namespace ferryd
