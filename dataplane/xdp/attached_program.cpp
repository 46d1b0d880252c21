#include "xdp/attached_program.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace ferryd {

using ferry::ErrorCode;

namespace {

constexpr std::uint32_t most_maps = 16;

auto untold(int interface, const char* what)
{
    return ferry::fail(ErrorCode::unavailable,
                       fmt::format("the kernel does not tell about the XDP program of interface {} ({}: {}); ferryd needs "
                                   "CAP_SYS_ADMIN and CAP_NET_ADMIN for that", interface, what, std::strerror(errno)));
}

XdpMode mode_of(std::uint8_t attach_mode) noexcept
{
    switch (attach_mode) {
    case XDP_ATTACHED_SKB: return XdpMode::generic;
    case XDP_ATTACHED_HW: return XdpMode::offload;
    default: return XdpMode::native;
    }
}

std::uint32_t flags_of(XdpMode mode) noexcept
{
    switch (mode) {
    case XdpMode::generic: return XDP_FLAGS_SKB_MODE;
    case XdpMode::offload: return XDP_FLAGS_HW_MODE;
    case XdpMode::native: break;
    }
    return XDP_FLAGS_DRV_MODE;
}

/// The program's name and maps, from its descriptor; false, with errno, where the kernel does not tell.
bool read(AttachedProgram& program)
{
    std::array<std::uint32_t, most_maps> maps{};
    bpf_prog_info info{};
    info.nr_map_ids = maps.size();
    info.map_ids = reinterpret_cast<std::uintptr_t>(maps.data());
    std::uint32_t size = sizeof(info);
    if (bpf_obj_get_info_by_fd(program.descriptor.get(), &info, &size) != 0)
        return false;
    program.name = info.name;
    for (std::uint32_t i = 0; i < std::min<std::uint32_t>(info.nr_map_ids, maps.size()); ++i) {
        Descriptor map(bpf_map_get_fd_by_id(maps[i]));
        bpf_map_info map_info{};
        size = sizeof(map_info);
        if (map.get() < 0 || bpf_obj_get_info_by_fd(map.get(), &map_info, &size) != 0)
            return false;
        program.maps.emplace_back(map_info.name, std::move(map));
    }
    return true;
}

}  // namespace

const char* to_string(XdpMode mode) noexcept
{
    switch (mode) {
    case XdpMode::generic: return "generic";
    case XdpMode::offload: return "offload";
    case XdpMode::native: break;
    }
    return "native";
}

int AttachedProgram::map(const std::string& map_name) const noexcept
{
    for (const auto& [known, fd] : maps) {
        if (known == map_name)
            return fd.get();
    }
    return -1;
}

bool AttachedProgram::is_ferrys() const noexcept
{
    return name == "ferry_steer" && map("xsks_map") >= 0 && map("vteps") >= 0;
}

ferry::Expected<std::optional<AttachedProgram>> attached_program(int interface)
{
    bpf_xdp_query_opts query{};
    query.sz = sizeof(query);
    if (bpf_xdp_query(interface, 0, &query) != 0)
        return untold(interface, "bpf_xdp_query");
    if (query.attach_mode == XDP_ATTACHED_NONE)
        return std::nullopt;
    AttachedProgram program;
    program.mode = mode_of(query.attach_mode);
    program.id = query.prog_id;
    if (query.attach_mode == XDP_ATTACHED_MULTI) {
        program.id = query.drv_prog_id != 0 ? query.drv_prog_id : query.skb_prog_id;
        program.mode = query.drv_prog_id != 0 ? XdpMode::native : XdpMode::generic;
    }
    program.descriptor = Descriptor(bpf_prog_get_fd_by_id(program.id));
    if (program.descriptor.get() < 0 || !read(program))
        return untold(interface, "bpf_prog_get_info_by_fd");
    return program;
}

ferry::Expected<void> detach(int interface, const AttachedProgram& program)
{
    bpf_xdp_attach_opts options{};
    options.sz = sizeof(options);
    options.old_prog_fd = program.descriptor.get();
    if (const int result = bpf_xdp_detach(interface, flags_of(program.mode), &options); result != 0)
        return ferry::fail(ErrorCode::unavailable, fmt::format("the XDP program {} of interface {} cannot be detached: {}",
                                                               program.id, interface, std::strerror(-result)));
    return {};
}

}  // namespace ferryd
