// Transactions over the rows of endpoints that move, and over what such rows name.
#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

/// VNI 1 with an attachment, VNI 2 with another; two VTEPs. Labels are VNIs 1000 to 1003.
struct Place {
    static TableLimits limits()
    {
        TableLimits limits = small_limits();
        limits.first_label = 1000;
        limits.labels = 4;
        limits.turns = 2;
        return limits;
    }

    std::unique_ptr<Tables> tables = make_tables(limits());
    Transaction transaction{*tables};
    SegmentIndex segment = *transaction.add_segment(vni(1), true);
    SegmentIndex other_segment = *transaction.add_segment(vni(2), true);
    VtepId old_host = *transaction.add_vtep(address(1), spec());
    VtepId new_host = *transaction.add_vtep(address(2), spec());
    AttachmentId attachment = *transaction.add_attachment(vni(1), {});
    AttachmentId elsewhere = *transaction.add_attachment(vni(2), {});

    Place() { REQUIRE(transaction.commit()); }

    TurnId begin(const Turn& turn) { return *tables->turns().begin(turn); }
    TurnId between_hosts() { return begin({.via = old_host, .to = new_host, .stream = 1}); }
    TurnId by_gate() { return begin({.gate = attachment, .to = new_host, .stream = 1}); }
    void set(std::uint64_t endpoint, Row row)
    {
        REQUIRE(transaction.set_row(vni(1), mac(endpoint), row));
        REQUIRE(transaction.commit());
    }
    Row row(std::uint64_t endpoint) const { return row_now(*tables, vni(1), mac(endpoint)); }
};

}  // namespace

TEST_CASE("the rows of a move can be set, one store each")
{
    Place place;
    const Row gated = Row::gated(place.attachment, RowOrigin::endpoint);
    const Row turning = Row::turning(place.between_hosts(), RowOrigin::endpoint);
    const Row relaying = Row::relaying(place.new_host, RowOrigin::endpoint, vni(1001));
    const Epoch before = place.tables->epoch();
    for (const Row row : {gated, turning, relaying, Row::relaying(place.new_host, RowOrigin::endpoint)}) {
        place.set(1, row);
        CHECK(place.row(1) == row);
    }
    CHECK(place.tables->epoch() == before);
    REQUIRE(place.transaction.remove_row(vni(1), mac(1)));
    REQUIRE(place.transaction.commit());
    CHECK(place.tables->fdb().size() == 0);
}

TEST_CASE("several of them become visible together")
{
    Place place;
    const Row turning = Row::turning(place.between_hosts(), RowOrigin::endpoint);
    REQUIRE(place.transaction.set_row(vni(1), mac(1), Row::gated(place.attachment, RowOrigin::endpoint)));
    REQUIRE(place.transaction.set_row(vni(1), mac(2), turning));
    const Epoch epoch = place.transaction.commit()->epoch;
    CHECK(row_at(*place.tables, vni(1), mac(1), epoch - 1).is_absent());
    CHECK(row_at(*place.tables, vni(1), mac(2), epoch - 1).is_absent());
    CHECK(row_at(*place.tables, vni(1), mac(1), epoch).kind() == RowKind::gated);
    CHECK(row_at(*place.tables, vni(1), mac(2), epoch) == turning);
}

TEST_CASE("rows of a move that could not work are refused")
{
    Place place;
    const auto failure = [&](Row row) { return code_of(place.transaction.set_row(vni(1), mac(1), row)); };
    constexpr RowOrigin origin = RowOrigin::endpoint;
    CHECK(failure(Row::gated(AttachmentId{4}, origin)) == ErrorCode::not_found);
    CHECK(failure(Row::gated(AttachmentId::none, origin)) == ErrorCode::not_found);
    CHECK(failure(Row::gated(place.elsewhere, origin)) == ErrorCode::invalid_argument);
    CHECK(failure(Row::relaying(VtepId{4}, origin)) == ErrorCode::not_found);
    CHECK(failure(Row::turning(TurnId::none, origin)) == ErrorCode::not_found);
    CHECK(failure(Row::turning(TurnId{1}, origin)) == ErrorCode::not_found);
    CHECK(failure(Row::turning(TurnId{3}, origin)) == ErrorCode::not_found);
    const TurnId to_nobody = place.begin({.via = place.old_host, .to = VtepId{4}, .stream = 1});
    CHECK(failure(Row::turning(to_nobody, origin)) == ErrorCode::not_found);
    place.tables->turns().release(to_nobody);
    CHECK(failure(Row::turning(to_nobody, origin)) == ErrorCode::not_found);
    const TurnId from_nobody = place.begin({.via = VtepId{4}, .to = place.new_host, .stream = 1});
    CHECK(failure(Row::turning(from_nobody, origin)) == ErrorCode::not_found);
    const TurnId in_other_segment = place.begin({.gate = place.elsewhere, .to = place.new_host, .stream = 1});
    CHECK(failure(Row::turning(in_other_segment, origin)) == ErrorCode::invalid_argument);
    CHECK(failure(Row::from_word(std::uint64_t{7} << 60)) == ErrorCode::invalid_argument);
    REQUIRE(place.transaction.commit());
    CHECK(place.tables->fdb().size() == 0);
}

TEST_CASE("no segment has the VNI of a label")
{
    Place place;
    for (const std::uint32_t number : {1000u, 1003u}) {
        const auto result = place.transaction.add_segment(vni(number), true);
        CHECK(code_of(result) == ErrorCode::invalid_argument);
        CHECK(result.error().sentence.find("1000 to 1003") != std::string::npos);
    }
    CHECK(place.transaction.add_segment(vni(999), true));
    CHECK(place.transaction.add_segment(vni(1004), true));
}

TEST_CASE("an attachment takes its gated rows with it, and turns that go by its gate")
{
    Place place;
    place.set(1, Row::gated(place.attachment, RowOrigin::endpoint));
    place.set(2, Row::turning(place.by_gate(), RowOrigin::endpoint));
    place.set(3, Row::turning(place.between_hosts(), RowOrigin::endpoint));
    place.set(4, Row::local(place.attachment, RowOrigin::endpoint));
    REQUIRE(place.transaction.set_row(vni(1), mac(5), Row::gated(place.attachment, RowOrigin::endpoint)));
    REQUIRE(place.transaction.remove_attachment(place.attachment));
    REQUIRE(place.transaction.commit());
    for (const std::uint64_t endpoint : {1, 2, 4, 5})
        CHECK(place.row(endpoint).is_absent());
    CHECK(place.row(3).kind() == RowKind::turning);
    CHECK(place.tables->fdb().size() == 1);
}

TEST_CASE("a VTEP that a turn's row names stays, whatever the row's origin")
{
    const RowOrigin origin = GENERATE(RowOrigin::permanent, RowOrigin::endpoint, RowOrigin::learned);
    Place place;
    place.set(1, Row::turning(place.between_hosts(), origin));
    CHECK(code_of(place.transaction.remove_vtep(address(1))) == ErrorCode::in_use);
    CHECK(code_of(place.transaction.remove_vtep(address(2))) == ErrorCode::in_use);

    SECTION("until the row is another")
    {
        REQUIRE(place.transaction.set_row(vni(1), mac(1), Row::relaying(place.new_host, RowOrigin::endpoint)));
        CHECK(place.transaction.remove_vtep(address(1)));
        CHECK(code_of(place.transaction.remove_vtep(address(2))) == ErrorCode::in_use);
        REQUIRE(place.transaction.commit());
        CHECK(code_of(place.transaction.remove_vtep(address(2))) == ErrorCode::in_use);
    }
    SECTION("or is gone")
    {
        REQUIRE(place.transaction.remove_row(vni(1), mac(1)));
        REQUIRE(place.transaction.commit());
        CHECK(place.transaction.remove_vtep(address(1)));
        CHECK(place.transaction.remove_vtep(address(2)));
        REQUIRE(place.transaction.commit());
    }
}

TEST_CASE("a VTEP is in use by the turn of a row that is only staged")
{
    Place place;
    REQUIRE(place.transaction.set_row(vni(1), mac(1), Row::turning(place.by_gate(), RowOrigin::endpoint)));
    CHECK(code_of(place.transaction.remove_vtep(address(2))) == ErrorCode::in_use);
    CHECK(place.transaction.remove_vtep(address(1)));
}

TEST_CASE("a learned relay goes with its VTEP, as other learned rows do")
{
    Place place;
    place.set(1, Row::relaying(place.new_host, RowOrigin::learned));
    REQUIRE(place.transaction.remove_vtep(address(2)));
    REQUIRE(place.transaction.commit());
    CHECK(place.row(1).is_absent());
}

TEST_CASE("a segment takes the rows of moves with it")
{
    Place place;
    place.set(1, Row::gated(place.attachment, RowOrigin::endpoint));
    place.set(2, Row::turning(place.by_gate(), RowOrigin::endpoint));
    place.set(3, Row::turning(place.between_hosts(), RowOrigin::endpoint));
    REQUIRE(place.transaction.remove_attachment(place.attachment));
    REQUIRE(place.transaction.remove_segment(vni(1)));
    REQUIRE(place.transaction.commit());
    CHECK(place.tables->fdb().size() == 0);
    CHECK(place.transaction.remove_vtep(address(1)));
    CHECK(place.transaction.remove_vtep(address(2)));
}

TEST_CASE("an attachment's detours are set as a whole, seen together, and end with their VTEPs and with the attachment")
{
    Place place;
    const Detour first{mac(1), place.old_host, place.new_host, vni(1001)};
    const Detour second{mac(2), place.new_host, place.old_host, vni(1003)};
    const auto seen = [&](Epoch epoch) { return place.tables->attachments().at(place.attachment, epoch)->detours; };
    const auto set = [&](DetourList detours) {
        return place.transaction.set_detours(place.attachment, std::move(detours));
    };
    const Epoch before = place.tables->epoch();
    REQUIRE(set({second, first}));
    CHECK(seen(place.tables->epoch()).empty());
    REQUIRE(place.transaction.commit());
    CHECK(seen(place.tables->epoch()) == DetourList{first, second});
    CHECK(seen(before).empty());

    SECTION("what cannot be is refused, and changes nothing")
    {
        CHECK(code_of(place.transaction.set_detours(AttachmentId{4}, {})) == ErrorCode::not_found);
        CHECK(code_of(set({{mac(1), VtepId{4}, place.new_host, vni(1001)}})) == ErrorCode::not_found);
        CHECK(code_of(set({{mac(1), place.old_host, VtepId{4}, vni(1001)}})) == ErrorCode::not_found);
        CHECK(code_of(set({{mac(1), place.old_host, place.old_host, vni(1001)}})) == ErrorCode::invalid_argument);
        CHECK(code_of(set({first, first})) == ErrorCode::invalid_argument);
        REQUIRE(place.transaction.commit());
        CHECK(seen(place.tables->epoch()) == DetourList{first, second});
    }
    SECTION("no more than there is room for")
    {
        TableLimits limits = Place::limits();
        limits.detours = 1;
        const auto small = make_tables(limits);
        Transaction transaction(*small);
        REQUIRE(transaction.add_segment(vni(1), true));
        const VtepId near = *transaction.add_vtep(address(1), spec()), far = *transaction.add_vtep(address(2), spec());
        const AttachmentId attachment = *transaction.add_attachment(vni(1), {});
        const DetourList two{{mac(1), near, far, vni(1001)}, {mac(2), near, far, vni(1001)}};
        CHECK(code_of(transaction.set_detours(attachment, two)) == ErrorCode::table_full);
        CHECK(transaction.set_detours(attachment, {{mac(1), near, far, vni(1001)}}));
    }
    SECTION("a VTEP goes")
    {
        REQUIRE(place.transaction.remove_vtep(address(1)));
        REQUIRE(place.transaction.commit());
        CHECK(seen(place.tables->epoch()).empty());
    }
    SECTION("a VTEP goes that is named by what is staged only")
    {
        const VtepId third = *place.transaction.add_vtep(address(3), spec());
        REQUIRE(place.transaction.commit());
        REQUIRE(set({{mac(1), third, place.new_host, vni(1001)}, second}));
        REQUIRE(place.transaction.remove_vtep(address(3)));
        REQUIRE(place.transaction.commit());
        CHECK(seen(place.tables->epoch()) == DetourList{second});
    }
    SECTION("the attachment goes")
    {
        REQUIRE(place.transaction.remove_attachment(place.attachment));
        REQUIRE(place.transaction.remove_vtep(address(1)));
        REQUIRE(place.transaction.commit());
        CHECK(place.tables->attachments().at(place.attachment, place.tables->epoch()) == nullptr);
    }
}
