// ferryctl fdb: the rows of the forwarding table.
#include <algorithm>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "config/values.hpp"

namespace ferryd {

namespace {

/// As bridge(8) prints them: 52:54:00:00:00:01 vni 100 dst 172.16.0.3 permanent
std::string line_of(const FdbStatus& row)
{
    std::string place = name_of(row.kind);
    if (row.vtep)
        place = "dst " + row.vtep->to_string();
    else if (row.port)
        place = "port " + *row.port;
    std::string line = fmt::format("{} vni {} {} {}", row.mac.to_string(), row.vni.value(), place, name_of(row.origin));
    if (row.origin == ferry::RowOrigin::learned)
        line += fmt::format(" idle {}s", row.idle_seconds);
    return line;
}

void print_change(Output& out, const FdbChange& change)
{
    if (out.json())
        out.print(to_json(change));
}

Expected<Action> prepare_show(const Arguments& arguments)
{
    std::optional<ferry::Vni> vni;
    if (arguments.has("vni")) {
        const auto given = arguments.vni();
        if (!given)
            return tl::unexpected(given.error());
        vni = *given;
    }
    return [vni](ControlApi& api, Output& out) {
        return api.fdb(vni).map([&](const std::vector<FdbStatus>& rows) {
            if (out.json())
                return out.print(to_json(rows));
            for (const FdbStatus& row : rows)
                out.print_line(line_of(row));
        });
    };
}

Expected<Action> prepare_set(const Arguments& arguments, ControlApi::FdbMode mode)
{
    const auto mac = parse_unicast_mac(arguments.positional(0));
    if (!mac)
        return tl::unexpected(mac.error());
    const auto vni = arguments.vni();
    if (!vni)
        return tl::unexpected(vni.error());
    if (arguments.has("vtep") == arguments.has("port"))
        return ferry::fail(ferry::ErrorCode::invalid_argument, "give the endpoint's place: either vtep or port");
    ControlApi::Place place;
    if (arguments.has("vtep")) {
        const auto vtep = parse_vtep_address(arguments.value("vtep"));
        if (!vtep)
            return tl::unexpected(vtep.error());
        place.vtep = *vtep;
    } else {
        place.port = arguments.value("port");
    }
    return [=, vni = *vni, mac = *mac](ControlApi& api, Output& out) {
        return api.set_fdb(vni, mac, place, mode).map([&](const FdbChange& change) { print_change(out, change); });
    };
}

Expected<Action> prepare_add(const Arguments& arguments)
{
    return prepare_set(arguments, ControlApi::FdbMode::add);
}

Expected<Action> prepare_replace(const Arguments& arguments)
{
    return prepare_set(arguments, ControlApi::FdbMode::replace);
}

Expected<Action> prepare_del(const Arguments& arguments)
{
    const auto mac = parse_unicast_mac(arguments.positional(0));
    if (!mac)
        return tl::unexpected(mac.error());
    const auto vni = arguments.vni();
    if (!vni)
        return tl::unexpected(vni.error());
    return [vni = *vni, mac = *mac](ControlApi& api, Output& out) {
        return api.remove_fdb(vni, mac).map([&](const FdbChange& change) { print_change(out, change); });
    };
}

}  // namespace

Object fdb_commands()
{
    const Grammar set{{"MAC"}, {{"vni"}, {"vtep", Keyword::Takes::value, "dst"}, {"port"}}};
    return {"fdb",
            "The forwarding table: which endpoint is behind which VTEP or port.",
            {
                {"show",
                 "list",
                 "[vni N]",
                 "Lists rows, of one VNI or of all.",
                 "  ferryctl fdb show vni 100\n"
                 "  ferryctl -j fdb show\n",
                 {{}, {{"vni"}}},
                 prepare_show},
                {"add", nullptr, "MAC vni N (vtep ADDRESS | port NAME)",
                 "Adds a row that stands; refused where the endpoint has one.",
                 "  ferryctl fdb add 52:54:00:00:00:09 vni 100 vtep 172.16.0.3\n"
                 "  ferryctl fdb add 52:54:00:00:00:01 vni 100 port vm0\n",
                 set, prepare_add},
                {"replace", nullptr, "MAC vni N (vtep ADDRESS | port NAME)",
                 "Adds a row that stands, or changes the one there is: every worker sees it when the command returns.",
                 "  ferryctl fdb replace 52:54:00:00:00:09 vni 100 vtep 172.16.0.2\n", set, prepare_replace},
                {"del",
                 "delete",
                 "MAC vni N",
                 "Takes a row away.",
                 "  ferryctl fdb del 52:54:00:00:00:09 vni 100\n",
                 {{"MAC"}, {{"vni"}}},
                 prepare_del},
            }};
}

}  // namespace ferryd
