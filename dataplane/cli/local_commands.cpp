// ferryctl local: where VXLAN is this host's.
#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "config/values.hpp"

namespace ferryd {

namespace {

using Side = TextTable::Side;

void print_table(Output& out, const std::vector<ferry::LocalVtep>& vteps)
{
    TextTable table({{"ADDRESS"}, {"PORT", Side::right}});
    for (const ferry::LocalVtep& vtep : vteps)
        table.add({vtep.address.to_string(), std::to_string(vtep.port)});
    table.print(out);
}

Expected<Action> prepare_show(const Arguments&)
{
    return [](ControlApi& api, Output& out) {
        return api.local_vteps().map([&](const std::vector<ferry::LocalVtep>& vteps) {
            out.json() ? out.print(to_json(vteps)) : print_table(out, vteps);
        });
    };
}

/// Its action prints, as JSON, what was changed, and `more`.
Expected<Action> prepare_change(const Arguments& arguments, Expected<void> (ControlApi::*change)(const ferry::LocalVtep&),
                                const Json& more = Json::object())
{
    const auto vtep = parse_local_vtep(arguments.positional(0));
    if (!vtep)
        return tl::unexpected(vtep.error());
    return [change, more, vtep = *vtep](ControlApi& api, Output& out) {
        return (api.*change)(vtep).map([&] {
            if (!out.json())
                return;
            Json told = to_json(vtep);
            told.update(more);
            out.print(told);
        });
    };
}

Expected<Action> prepare_add(const Arguments& arguments)
{
    return prepare_change(arguments, &ControlApi::add_local_vtep);
}

Expected<Action> prepare_del(const Arguments& arguments)
{
    return prepare_change(arguments, &ControlApi::remove_local_vtep, {{"deleted", true}});
}

}  // namespace

Object local_commands()
{
    return {"local",
            "Local VTEPs: addresses and UDP ports at which this host takes VXLAN.",
            {
                {"show", "list", "", "Lists them; the first is the one from which this host sends.",
                 "  ferryctl local show\n", {}, prepare_show},
                {"add", nullptr, "ADDRESS[:PORT]",
                 "Takes VXLAN at a further address of this host or a further port, by default 4789.",
                 "  ferryctl local add 172.16.0.1:8472\n  ferryctl local add 172.16.9.1\n", {{"ADDRESS[:PORT]"}, {}}, prepare_add},
                {"del", "delete", "ADDRESS[:PORT]", "Takes no VXLAN there any more.", "  ferryctl local del 172.16.0.1:8472\n",
                 {{"ADDRESS[:PORT]"}, {}}, prepare_del},
            }};
}

}  // namespace ferryd
