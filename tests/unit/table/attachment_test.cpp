// Attachments by id and epoch.
#include <catch2/catch.hpp>

#include "helpers.hpp"

using namespace ferry;
using ferry::test::vni;

TEST_CASE("room for no attachment is refused")
{
    CHECK(Attachments::make(0).error().code == ErrorCode::invalid_argument);
    CHECK((*Attachments::make(7))->max_attachments() == 7);
}

TEST_CASE("an attachment is found by id until it is deleted")
{
    auto attachments = *Attachments::make(2);
    const AttachmentId id = *attachments->allocate();
    CHECK(id != AttachmentId::none);
    CHECK(attachments->at(id, 1) == nullptr);
    REQUIRE(attachments->push(1, Attachment{id, SegmentIndex{1}, vni(100), {MacAddress::from_u48(2)}}));
    CHECK(attachments->at(id, 1)->vni == vni(100));
    CHECK(attachments->at(id, 0)->id == id);
    CHECK(attachments->at(AttachmentId{2}, 1) == nullptr);
    CHECK(attachments->at(AttachmentId{3}, 1) == nullptr);
    CHECK(attachments->newest(id)->macs.size() == 1);
    CHECK(attachments->all().size() == 1);

    REQUIRE(attachments->push_deleted(2, id));
    CHECK(attachments->at(id, 1) != nullptr);
    CHECK(attachments->at(id, 2) == nullptr);
    CHECK(attachments->all().empty());
    CHECK(attachments->allocate().has_value());
    CHECK(attachments->allocate().error().code == ErrorCode::table_full);
    attachments->forget_before(2);
    CHECK(*attachments->allocate() == id);
}
