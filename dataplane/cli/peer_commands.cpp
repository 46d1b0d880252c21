// ferryctl peers: the other ferry hosts.
#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"

namespace ferryd {

namespace {

using Side = TextTable::Side;

/// A host is connected both ways, one way, or not at all.
const char* state_of(const PeerStatus& peer)
{
    if (peer.vtep.is_zero())
        return "refused";
    return peer.connected ? (peer.heard ? "up" : "up, silent") : peer.heard ? "heard only" : "down";
}

Expected<Action> prepare_show(const Arguments&)
{
    return [](ControlApi& api, Output& out) {
        return api.peers().map([&](const std::vector<PeerStatus>& peers) {
            if (out.json())
                return out.print(to_json(peers));
            TextTable table({{"NAME"},
                             {"VTEP"},
                             {"ADDRESS"},
                             {"STATE"},
                             {"RTT", Side::right},
                             {"DATAGRAM", Side::right},
                             {"SENT", Side::right},
                             {"RECEIVED", Side::right},
                             {"DROPPED", Side::right},
                             {"VNIS"},
                             {"FAULT"}});
            const auto in_ms = [](const std::optional<double>& us) { return us ? fmt::format("{:.3f} ms", *us / 1e3) : "-"; };
            const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
            for (const PeerStatus& peer : peers)
                table.add({or_dash(peer.name), peer.vtep.to_string(), or_dash(peer.address), state_of(peer),
                           in_ms(peer.rtt_us), in_ms(peer.datagram_rtt_us), grouped(peer.sent), grouped(peer.received),
                           grouped(peer.dropped), or_dash(peer.vnis), or_dash(peer.fault)});
            table.print(out);
        });
    };
}

}  // namespace

Object peer_commands()
{
    return {"peers",
            "The other ferry hosts, and whether they are reached.",
            {
                {"show",
                 "list",
                 "",
                 "Lists the peers; 0.0.0.0 stands for hosts that are not configured and were refused.",
                 "  ferryctl peers\n"
                 "  ferryctl -j peers\n",
                 {},
                 prepare_show},
            }};
}

}  // namespace ferryd
