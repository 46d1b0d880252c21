#include "xdp/tc_filter.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "host/descriptor.hpp"
#include "xdp/quiet_libbpf.hpp"

namespace ferryd {

using ferry::ErrorCode;

namespace {

constexpr std::uint32_t priority = 1, handle = 0xfe77;

bpf_tc_hook hook_of(int interface, TcSide side) noexcept
{
    bpf_tc_hook hook{};
    hook.sz = sizeof(hook);
    hook.ifindex = interface;
    hook.attach_point = side == TcSide::received ? BPF_TC_INGRESS : BPF_TC_EGRESS;
    return hook;
}

bpf_tc_opts place() noexcept
{
    bpf_tc_opts options{};
    options.sz = sizeof(options);
    options.handle = handle;
    options.priority = priority;
    return options;
}

auto refused(int interface, const char* what, int error)
{
    return ferry::fail(ErrorCode::unavailable, fmt::format("the kernel does not take a filter on interface {} ({}: {})",
                                                           interface, what, std::strerror(error)));
}

/// The program in ferry's place, as the kernel numbers it, if any.
std::optional<std::uint32_t> present(const bpf_tc_hook& hook) noexcept
{
    bpf_tc_opts options = place();
    if (bpf_tc_query(&hook, &options) != 0)
        return std::nullopt;
    return options.prog_id;
}

/// Empty where the kernel does not tell.
std::string name_of(std::uint32_t program)
{
    const Descriptor descriptor(bpf_prog_get_fd_by_id(program));
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    if (descriptor.get() < 0 || bpf_obj_get_info_by_fd(descriptor.get(), &info, &size) != 0)
        return {};
    return info.name;
}

/// Whether the interface has filters on this side, whoever's; true too where the kernel does not tell.
bool has_filters(int interface, TcSide side)
{
    const Descriptor netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    struct {
        nlmsghdr header;
        tcmsg filter;
    } request{};
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = RTM_GETTFILTER;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.filter.tcm_family = AF_UNSPEC;
    request.filter.tcm_ifindex = interface;
    request.filter.tcm_parent = TC_H_MAKE(TC_H_CLSACT, side == TcSide::received ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
    if (netlink.get() < 0 || send(netlink.get(), &request, sizeof(request), 0) != sizeof(request))
        return true;
    alignas(nlmsghdr) std::array<char, 32'768> answer;
    const ssize_t size = recv(netlink.get(), answer.data(), answer.size(), 0);
    const auto* header = reinterpret_cast<const nlmsghdr*>(answer.data());
    return !NLMSG_OK(header, size) || header->nlmsg_type != NLMSG_DONE;
}

}  // namespace

ferry::Expected<TcFilter> attach_filter(int interface, TcSide side, int program, const char* name)
{
    const QuietLibbpf quiet;
    TcFilter filter{interface, side};
    bpf_tc_hook hook = hook_of(interface, side);
    const int made = bpf_tc_hook_create(&hook);
    if (made != 0 && made != -EEXIST)
        return refused(interface, "clsact", -made);
    filter.owns_hook = made == 0;

    bpf_tc_opts options = place();
    options.prog_fd = program;
    if (const auto before = present(hook)) {
        if (name_of(*before) != name)
            return ferry::fail(ErrorCode::already_exists,
                               fmt::format("interface {} has a filter (program {}) at priority {}, handle {:#x}, which is not "
                                           "ferry's", interface, *before, priority, handle));
        spdlog::info("taking the filter program {} from interface {}: a ferryd that has gone left it", *before,
                     interface);
        options.flags = BPF_TC_F_REPLACE;
        filter.owns_hook = true;
    }
    if (const int result = bpf_tc_attach(&hook, &options); result != 0) {
        detach_filter(filter);  // which has no program, but may have a hook
        return refused(interface, "bpf_tc_attach", -result);
    }
    filter.program = options.prog_id;
    return filter;
}

ferry::Expected<void> detach_filter(const TcFilter& filter)
{
    const QuietLibbpf quiet;
    bpf_tc_hook hook = hook_of(filter.interface, filter.side);
    if (filter.program != 0 && present(hook) == filter.program) {
        const bpf_tc_opts options = place();
        if (const int result = bpf_tc_detach(&hook, &options); result != 0)
            return refused(filter.interface, "bpf_tc_detach", -result);
    }
    if (filter.owns_hook && !has_filters(filter.interface, TcSide::received) &&
        !has_filters(filter.interface, TcSide::sent)) {
        hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);  // the hook itself
        bpf_tc_hook_destroy(&hook);
    }
    return {};
}

}  // namespace ferryd
