// ferryctl move show --follow: each event when it is new and when more is known of it, until ferryd is gone.
#include <catch2/catch.hpp>

#include "call.hpp"

using namespace ferryd;

namespace {

/// Answers each question for events with the next of a list, then fails.
class Script final : public ControlApi {
public:
    explicit Script(std::vector<std::vector<MoveEvent>> answers) : answers_(std::move(answers)) {}

    Expected<std::vector<MoveEvent>> moves(std::uint64_t after) override
    {
        if (next_ == answers_.size())
            return ferry::fail(ferry::ErrorCode::unavailable, "the connection failed");
        std::vector<MoveEvent> events;
        for (const MoveEvent& event : answers_[next_])
            if (event.id > after)
                events.push_back(event);
        ++next_;
        return events;
    }

    Expected<void> add_port(const PortConfig&) override { return {}; }
    Expected<void> remove_port(const std::string&) override { return {}; }
    Expected<std::vector<PortStatus>> ports() override { return {}; }
    Expected<void> add_segment(const SegmentConfig&) override { return {}; }
    Expected<void> remove_segment(ferry::Vni) override { return {}; }
    Expected<void> set_flood(ferry::Vni, std::vector<ferry::Ipv4Address>) override { return {}; }
    Expected<std::vector<SegmentStatus>> segments() override { return {}; }
    Expected<void> add_vtep(const VtepConfig&) override { return {}; }
    Expected<void> change_vtep(const VtepConfig&) override { return {}; }
    Expected<void> remove_vtep(ferry::Ipv4Address) override { return {}; }
    Expected<std::vector<VtepStatus>> vteps() override { return {}; }
    Expected<MoveEvent> set_fdb(ferry::Vni, ferry::MacAddress, const Place&, FdbMode) override { return {}; }
    Expected<MoveEvent> remove_fdb(ferry::Vni, ferry::MacAddress) override { return {}; }
    Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni>) override { return {}; }
    Expected<StatsStatus> stats() override { return {}; }

private:
    std::vector<std::vector<MoveEvent>> answers_;
    std::size_t next_ = 0;
};

MoveEvent event(std::uint64_t id, std::vector<std::string> told = {})
{
    MoveEvent made;
    made.id = id;
    made.peers_told = std::move(told);
    return made;
}

std::vector<std::pair<std::uint64_t, std::size_t>> ids_and_peers(const std::string& lines)
{
    std::vector<std::pair<std::uint64_t, std::size_t>> seen;
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = lines.find('\n', at);
        const Json object = Json::parse(lines.substr(at, end - at));
        if (object.contains("id"))
            seen.emplace_back(object["id"], object["peers_told"].size());
        at = end + 1;
    }
    return seen;
}

}  // namespace

TEST_CASE("an event is printed when it is new and when more is known of it")
{
    Script script({{event(1), event(2)}, {event(1), event(2)}, {event(1), event(2, {"a"}), event(3)}});
    const Printed printed = call(script, "move show --follow", Output::Form::json);
    CHECK(printed.code == ExitCode::refused);
    CHECK(ids_and_peers(printed.out) ==
          std::vector<std::pair<std::uint64_t, std::size_t>>{{1, 0}, {2, 0}, {2, 1}, {3, 0}});
    CHECK(printed.out.find("{\"error\":{\"code\":\"unavailable\"") != std::string::npos);
}

TEST_CASE("following begins behind the event that is named")
{
    Script script({{event(1), event(2), event(3)}, {event(4)}});
    const Printed printed = call(script, "move show --after 2 --follow", Output::Form::json);
    CHECK(ids_and_peers(printed.out) == std::vector<std::pair<std::uint64_t, std::size_t>>{{3, 0}, {4, 0}});
}

TEST_CASE("events that were missed are owned up to")
{
    Script script({{event(5)}, {event(9)}});
    const Printed printed = call(script, "move show --follow");
    CHECK(printed.err.find("ferryctl: events 6 to 8 were forgotten before they could be shown\n") == 0);
}
