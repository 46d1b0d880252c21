// Transactions over attachments.
#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("an attachment is a member of its segment from the commit on")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    REQUIRE(transaction.commit());
    const AttachmentId id = *transaction.add_attachment(vni(1), {mac(1), mac(2)});
    CHECK(tables->attachments().newest(id) == nullptr);
    CHECK(tables->segments().newest(vni(1))->attachments.empty());
    REQUIRE(transaction.commit());
    const Attachment* attachment = tables->attachments().at(id, tables->epoch());
    REQUIRE(attachment != nullptr);
    CHECK(attachment->id == id);
    CHECK(attachment->vni == vni(1));
    CHECK(attachment->segment == tables->segments().newest(vni(1))->index);
    CHECK(attachment->macs == std::vector{mac(1), mac(2)});
    CHECK(tables->segments().newest(vni(1))->attachments == std::vector{id});
    CHECK(tables->fdb().size() == 0);
}

TEST_CASE("an attachment that could not work is refused")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    CHECK(code_of(transaction.add_attachment(vni(1), {})) == ErrorCode::not_found);
    REQUIRE(transaction.add_segment(vni(1), true));
    CHECK(code_of(transaction.add_attachment(vni(1), {mac(1), MacAddress{}})) == ErrorCode::invalid_argument);
    CHECK(code_of(transaction.add_attachment(vni(1), {broadcast_mac})) == ErrorCode::invalid_argument);
    for (int i = 0; i < 4; ++i)
        REQUIRE(transaction.add_attachment(vni(1), {}));
    CHECK(code_of(transaction.add_attachment(vni(1), {})) == ErrorCode::table_full);
    REQUIRE(transaction.commit());
    CHECK(tables->segments().newest(vni(1))->attachments.size() == 4);
}

TEST_CASE("removing an attachment deletes the rows that name it, whoever made them")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    CHECK(code_of(transaction.remove_attachment(AttachmentId{1})) == ErrorCode::not_found);
    REQUIRE(transaction.add_segment(vni(1), true));
    const AttachmentId id = *transaction.add_attachment(vni(1), {});
    const AttachmentId other = *transaction.add_attachment(vni(1), {});
    REQUIRE(transaction.set_row(vni(1), mac(1), Row::local(id, RowOrigin::permanent)));
    REQUIRE(transaction.set_row(vni(1), mac(2), Row::local(id, RowOrigin::learned)));
    REQUIRE(transaction.set_row(vni(1), mac(3), Row::local(other, RowOrigin::endpoint)));
    if (GENERATE(false, true))
        REQUIRE(transaction.commit());
    REQUIRE(transaction.remove_attachment(id));
    CHECK(code_of(transaction.set_row(vni(1), mac(4), Row::local(id, RowOrigin::endpoint))) == ErrorCode::not_found);
    REQUIRE(transaction.commit());
    CHECK(row_now(*tables, vni(1), mac(1)).is_absent());
    CHECK(row_now(*tables, vni(1), mac(2)).is_absent());
    CHECK(row_now(*tables, vni(1), mac(3)).attachment() == other);
    CHECK(tables->segments().newest(vni(1))->attachments == std::vector{other});
    CHECK(tables->attachments().at(id, tables->epoch()) == nullptr);
    CHECK(code_of(transaction.remove_attachment(id)) == ErrorCode::not_found);
}

TEST_CASE("attachments may come and go without end")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    for (std::uint64_t i = 0; i < 200; ++i) {
        const AttachmentId id = *transaction.add_attachment(vni(1), {});
        REQUIRE(transaction.set_row(vni(1), mac(i), Row::local(id, RowOrigin::endpoint)));
        REQUIRE(transaction.commit());
        REQUIRE(transaction.remove_attachment(id));
        REQUIRE(transaction.commit());
        reclaim(*tables);
    }
    CHECK(tables->fdb().size() == 0);
    CHECK(tables->attachments().all().empty());
}
