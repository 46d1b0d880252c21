// ferryctl vni: the segments.
#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"

namespace ferryd {

namespace {

std::string line_of(const SegmentStatus& segment)
{
    return fmt::format("{} learning {} flood {} ports {}", segment.vni.value(), segment.learning ? "on" : "off",
                       joined(texts_of(segment.flood)), joined(segment.ports));
}

/// Prints the segment as it is after a change.
Expected<void> print_segment(ControlApi& api, Output& out, ferry::Vni vni)
{
    if (!out.json())
        return {};
    return api.segments().map([&](const std::vector<SegmentStatus>& segments) {
        print_result(out, segments, [&](const SegmentStatus& segment) { return segment.vni == vni; });
    });
}

Expected<Action> prepare_show(const Arguments&)
{
    return [](ControlApi& api, Output& out) {
        return api.segments().map([&](const std::vector<SegmentStatus>& segments) {
            if (out.json())
                return out.print(to_json(segments));
            for (const SegmentStatus& segment : segments)
                out.print_line(line_of(segment));
        });
    };
}

Expected<Action> prepare_add(const Arguments& arguments)
{
    SegmentConfig segment;
    const auto vni = parse_vni(arguments.positional(0));
    if (!vni)
        return tl::unexpected(vni.error());
    segment.vni = *vni;
    if (arguments.has("learning")) {
        const auto learning = arguments.on_or_off("learning");
        if (!learning)
            return tl::unexpected(learning.error());
        segment.learning = *learning;
    }
    auto flood = parse_vtep_list(arguments.values("flood"));
    if (!flood)
        return tl::unexpected(flood.error());
    segment.flood = std::move(*flood);
    return [segment](ControlApi& api, Output& out) {
        return api.add_segment(segment).and_then([&] { return print_segment(api, out, segment.vni); });
    };
}

Expected<Action> prepare_del(const Arguments& arguments)
{
    const auto vni = parse_vni(arguments.positional(0));
    if (!vni)
        return tl::unexpected(vni.error());
    return [vni = *vni](ControlApi& api, Output& out) {
        return api.remove_segment(vni).map([&] {
            if (out.json())
                out.print({{"vni", vni.value()}, {"deleted", true}});
        });
    };
}

Expected<Action> prepare_flood(const Arguments& arguments)
{
    const auto vni = parse_vni(arguments.positional(0));
    if (!vni)
        return tl::unexpected(vni.error());
    const auto flood = parse_vtep_list(split_list(arguments.positional(1)));
    if (!flood)
        return tl::unexpected(flood.error());
    return [vni = *vni, flood = *flood](ControlApi& api, Output& out) {
        return api.set_flood(vni, flood).and_then([&] { return print_segment(api, out, vni); });
    };
}

}  // namespace

Object vni_commands()
{
    return {"vni",
            "Segments: one VNI's broadcast domain on this host.",
            {
                {"show", "list", "", "Lists the segments.", "  ferryctl vni show\n", {}, prepare_show},
                {"add",
                 nullptr,
                 "N [learning on|off] [flood ADDRESS,…]",
                 "Adds a segment; flood names the VTEPs that get broadcast, multicast and unknown unicast.",
                 "  ferryctl vni add 100 flood 172.16.0.2,172.16.0.3\n"
                 "  ferryctl vni add 101 learning off\n",
                 {{"N"}, {{"learning"}, {"flood", Keyword::Takes::values}}},
                 prepare_add},
                {"del",
                 "delete",
                 "N",
                 "Takes a segment away; refused while it has ports.",
                 "  ferryctl vni del 101\n",
                 {{"N"}, {}},
                 prepare_del},
                {"flood",
                 nullptr,
                 "N (ADDRESS,… | none)",
                 "Replaces a segment's flood list.",
                 "  ferryctl vni flood 100 172.16.0.2\n"
                 "  ferryctl vni flood 100 none\n",
                 {{"N", "the list of addresses"}, {}},
                 prepare_flood},
            }};
}

}  // namespace ferryd
