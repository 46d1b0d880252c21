// ferryctl moves --follow: each move when it is new and when more is known of it, until ferryd is gone.
#include <catch2/catch.hpp>

#include "call.hpp"

using namespace ferryd;
using ferry::move::Phase;

namespace {

/// Answers each question for moves with the next of a list, then fails.
class Script final : public ControlApi {
public:
    explicit Script(std::vector<std::vector<MoveStatus>> answers) : answers_(std::move(answers)) {}

    Expected<std::vector<MoveStatus>> move_statuses(std::uint64_t after) override
    {
        if (next_ == answers_.size())
            return ferry::fail(ferry::ErrorCode::unavailable, "the connection failed");
        std::vector<MoveStatus> moves;
        for (const MoveStatus& move : answers_[next_])
            if (move.change > after)
                moves.push_back(move);
        ++next_;
        return moves;
    }
    Expected<void> set_worker_threads(std::uint32_t) override { return {}; }
    Expected<void> hold_port(const std::string&) override { return {}; }
    Expected<void> release_port(const std::string&) override { return {}; }
    Expected<std::vector<PeerStatus>> peers() override { return {}; }

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
    Expected<void> add_local_vtep(const ferry::LocalVtep&) override { return {}; }
    Expected<void> remove_local_vtep(const ferry::LocalVtep&) override { return {}; }
    Expected<std::vector<ferry::LocalVtep>> local_vteps() override { return {}; }
    Expected<FdbChange> set_fdb(ferry::Vni, ferry::MacAddress, const Place&, FdbMode) override { return {}; }
    Expected<FdbChange> remove_fdb(ferry::Vni, ferry::MacAddress) override { return {}; }
    Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni>) override { return {}; }
    Expected<StatsStatus> stats() override { return {}; }

private:
    std::vector<std::vector<MoveStatus>> answers_;
    std::size_t next_ = 0;
};

MoveStatus move(std::uint64_t id, std::uint64_t change, std::vector<Phase> phases, bool closed = false)
{
    MoveStatus made;
    made.id = id;
    made.change = change;
    made.key = {vni(100), mac(id == 2 ? "52:54:00:00:00:02" : "52:54:00:00:00:01")};
    made.closed = closed;
    for (const Phase phase : phases)
        made.phases.push_back({phase, {}, {}, 0, 1'000'000 * static_cast<std::int64_t>(made.phases.size())});
    return made;
}

std::vector<std::pair<std::uint64_t, std::size_t>> ids_and_phases(const std::string& lines)
{
    std::vector<std::pair<std::uint64_t, std::size_t>> seen;
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = lines.find('\n', at);
        const Json object = Json::parse(lines.substr(at, end - at));
        if (object.contains("id"))
            seen.emplace_back(object["id"], object["phases"].size());
        at = end + 1;
    }
    return seen;
}

std::size_t count(const std::string& text, const std::string& part)
{
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

}  // namespace

TEST_CASE("a move is printed when it is new and when more is known of it")
{
    const MoveStatus first = move(1, 1, {Phase::ring_stopped}), second = move(2, 2, {Phase::ring_started});
    const MoveStatus more = move(1, 3, {Phase::ring_stopped, Phase::granted});
    Script script({{first, second}, {first, second}, {more, second, move(3, 4, {})}});
    const Printed printed = call(script, "moves show --follow", Output::Form::json);
    CHECK(printed.code == ExitCode::refused);
    CHECK(ids_and_phases(printed.out) ==
          std::vector<std::pair<std::uint64_t, std::size_t>>{{1, 1}, {2, 1}, {1, 2}, {3, 0}});
    CHECK(printed.out.find("{\"error\":{\"code\":\"unavailable\"") != std::string::npos);
}

TEST_CASE("following begins behind the change that is named, and keeps to the endpoint that is named")
{
    Script script({{move(1, 1, {}), move(2, 2, {}), move(3, 3, {})}, {move(2, 4, {}), move(1, 5, {})}});
    const Printed printed = call(script, "moves --after 2 --follow mac 52:54:00:00:00:01", Output::Form::json);
    CHECK(ids_and_phases(printed.out) == std::vector<std::pair<std::uint64_t, std::size_t>>{{3, 0}, {1, 0}});
}

TEST_CASE("as text only what is new of a move is printed, and its ledger again when its books are closed")
{
    Script script({{move(1, 1, {Phase::ring_stopped})},
                   {move(1, 2, {Phase::ring_stopped, Phase::granted})},
                   {move(1, 3, {Phase::ring_stopped, Phase::granted, Phase::closed}, true)}});
    const Printed printed = call(script, "moves --follow");
    CHECK(count(printed.out, "the VM stopped here") == 1);
    CHECK(count(printed.out, "+1.000 ms  granted") == 1);
    CHECK(count(printed.out, "+2.000 ms  books closed") == 1);
    CHECK(count(printed.out, "frames: received 0") == 2);
    CHECK(count(printed.out, "1 source 52:54:00:00:00:01 vni 100") == 3);
}
