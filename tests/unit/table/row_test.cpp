// Row: what its word holds, and that the kinds of a move do not disturb those that were there before.
#include <catch2/catch.hpp>

#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("each kind of row keeps what it was made of")
{
    for (const RowOrigin origin : {RowOrigin::permanent, RowOrigin::endpoint, RowOrigin::learned}) {
        const Row gated = Row::gated(AttachmentId{0xffff'fffe}, origin);
        CHECK(gated.kind() == RowKind::gated);
        CHECK(gated.origin() == origin);
        CHECK(gated.attachment() == AttachmentId{0xffff'fffe});
        const Row turning = Row::turning(TurnId{7}, origin);
        CHECK(turning.kind() == RowKind::turning);
        CHECK(turning.origin() == origin);
        CHECK(turning.turn() == TurnId{7});
        const Row relaying = Row::relaying(VtepId{0xffff'fffe}, origin, vni(0xf0'1235));
        CHECK(relaying.kind() == RowKind::remote);
        CHECK(relaying.origin() == origin);
        CHECK(relaying.vtep() == VtepId{0xffff'fffe});
        CHECK(relaying.relay_label() == vni(0xf0'1235));
        for (const Row row : {gated, turning, relaying})
            CHECK_FALSE(row.is_absent());
    }
}

TEST_CASE("a remote row without a relay has no label, and a plain relay the label of its own VNI")
{
    CHECK(Row::remote(VtepId{9}, RowOrigin::learned).relay_label() == Vni{});
    CHECK(Row::relaying(VtepId{9}, RowOrigin::learned).relay_label() == own_vni);
    CHECK(own_vni.value() == 0xff'ffff);
    CHECK(Row::relaying(VtepId{9}, RowOrigin::learned) != Row::remote(VtepId{9}, RowOrigin::learned));
}
