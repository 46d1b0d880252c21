// ferryctl vtep: the remote VTEPs.
#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "config/values.hpp"

namespace ferryd {

namespace {

using Side = TextTable::Side;

std::uint64_t sum_of(const DropCounts& drops)
{
    std::uint64_t sum = 0;
    for (const auto& [reason, count] : drops)
        sum += count;
    return sum;
}

void print_table(Output& out, const std::vector<VtepStatus>& vteps)
{
    TextTable table({{"ADDRESS"},
                     {"NEXT HOP"},
                     {"VIA"},
                     {"STATE"},
                     {"MTU", Side::right},
                     {"IN FRAMES", Side::right},
                     {"IN BYTES", Side::right},
                     {"OUT FRAMES", Side::right},
                     {"OUT BYTES", Side::right},
                     {"DROPS", Side::right},
                     {"WHY"}});
    const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
    for (const VtepStatus& vtep : vteps)
        table.add({vtep.address.is_zero() ? "(others)" : vtep.address.to_string(),
                   vtep.next_hop.is_zero() ? "-" : vtep.next_hop.to_string(), or_dash(vtep.via),
                   or_dash(vtep.state), std::to_string(vtep.mtu),
                   grouped(vtep.traffic.in_frames), grouped(vtep.traffic.in_bytes), grouped(vtep.traffic.out_frames),
                   grouped(vtep.traffic.out_bytes), grouped(sum_of(vtep.traffic.drops)),
                   or_dash(vtep.reason)});
    table.print(out);
}

Expected<Action> prepare_show(const Arguments&)
{
    return [](ControlApi& api, Output& out) {
        return api.vteps().map([&](const std::vector<VtepStatus>& vteps) {
            if (out.json())
                return out.print(to_json(vteps));
            print_table(out, vteps);
        });
    };
}

Expected<Action> prepare_set(const Arguments& arguments, Expected<void> (ControlApi::*change)(const VtepConfig&))
{
    VtepConfig vtep;
    const auto address = parse_vtep_address(arguments.positional(0));
    if (!address)
        return tl::unexpected(address.error());
    vtep.address = *address;
    if (arguments.has("mac")) {
        const auto mac = parse_unicast_mac(arguments.value("mac"));
        if (!mac)
            return tl::unexpected(mac.error());
        vtep.mac = *mac;
    }
    return [=](ControlApi& api, Output& out) -> Expected<void> {
        if (auto done = (api.*change)(vtep); !done || !out.json())
            return done;
        return api.vteps().map([&](const std::vector<VtepStatus>& vteps) {
            print_result(out, vteps, [&](const VtepStatus& status) { return status.address == vtep.address; });
        });
    };
}

Expected<Action> prepare_add(const Arguments& arguments)
{
    return prepare_set(arguments, &ControlApi::add_vtep);
}

Expected<Action> prepare_change(const Arguments& arguments)
{
    return prepare_set(arguments, &ControlApi::change_vtep);
}

Expected<Action> prepare_del(const Arguments& arguments)
{
    const auto address = parse_vtep_address(arguments.positional(0));
    if (!address)
        return tl::unexpected(address.error());
    return [address = *address](ControlApi& api, Output& out) {
        return api.remove_vtep(address).map([&] {
            if (out.json())
                out.print({{"address", address.to_string()}, {"deleted", true}});
        });
    };
}

}  // namespace

Object vtep_commands()
{
    const Grammar set{{"ADDRESS"}, {{"mac"}}};
    return {"vtep",
            "Remote VTEPs: the next hop on the underlay for each.",
            {
                {"show",
                 "list",
                 "",
                 "Lists the VTEPs with their next hops and traffic; (others) is what came from VTEPs not listed.",
                 "  ferryctl vtep show\n",
                 {},
                 prepare_show},
                {"add", nullptr, "ADDRESS [mac MAC]",
                 "Adds a VTEP; mac is its next hop, by default the underlay's gateway, or what the kernel tells.",
                 "  ferryctl vtep add 172.16.0.3 mac 02:00:00:00:00:03\n", set, prepare_add},
                {"change", nullptr, "ADDRESS [mac MAC]", "Changes a VTEP's next hop for all rows behind it at once.",
                 "  ferryctl vtep change 172.16.0.3 mac 02:00:00:00:00:fe\n", set, prepare_change},
                {"del",
                 "delete",
                 "ADDRESS",
                 "Takes a VTEP away; refused while rows or flood lists name it.",
                 "  ferryctl vtep del 172.16.0.3\n",
                 {{"ADDRESS"}, {}},
                 prepare_del},
            }};
}

}  // namespace ferryd
