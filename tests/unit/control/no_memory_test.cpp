// When memory runs out inside a call, at whatever point, the call says so, nothing has changed, and it works once
// memory is there again. The whole program's operator new is replaced by one that can be told to fail.
#include <cstdlib>
#include <functional>
#include <new>
#include <sstream>

#include <ferry/control/learning.hpp>

#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

/// Allocations of this thread until one fails; negative: none does.
thread_local int until_failure = -1;
thread_local bool has_failed = false;

void* allocate(std::size_t bytes, std::size_t alignment)
{
    if (until_failure >= 0 && until_failure-- == 0) {
        has_failed = true;
        throw std::bad_alloc();
    }
    void* memory = std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
    return memory != nullptr ? memory : throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes)
{
    return allocate(bytes, 16);
}
void* operator new(std::size_t bytes, std::align_val_t alignment)
{
    return allocate(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept
try {
    return allocate(bytes, 16);
} catch (const std::bad_alloc&) {
    return nullptr;
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept
try {
    return allocate(bytes, static_cast<std::size_t>(alignment));
} catch (const std::bad_alloc&) {
    return nullptr;
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept
{
    std::free(memory);
}

namespace {

/// All that a new reader sees.
std::string contents(const Tables& tables)
{
    std::ostringstream text;
    for (const Segment* segment : tables.segments().all()) {
        text << "segment " << segment->vni.value() << (segment->learning ? " learns" : "");
        for (VtepId id : segment->flood)
            text << " flood " << index_of(id);
        for (AttachmentId id : segment->attachments)
            text << " member " << index_of(id);
        text << '\n';
    }
    for (const Adjacency* adjacency : tables.vteps().all())
        text << "vtep " << adjacency->remote.to_string() << ' ' << int{adjacency->spec.ttl} << ' '
             << index_of(tables.vteps().find(adjacency->remote)) << '\n';
    for (const Attachment* attachment : tables.attachments().all())
        text << "attachment " << index_of(attachment->id) << ' ' << attachment->macs.size() << '\n';
    for (std::uint64_t i = 0; i < 20; ++i)
        text << "row " << row_now(tables, vni(1), mac(i)).word() << '\n';
    text << "rows " << tables.fdb().size();
    return text.str();
}

/// Segment 1 with a flood list, rows and an attachment; VTEPs 1 (static row), 2 (learned row, flood) and 3 (free).
std::unique_ptr<Tables> furnished()
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    const VtepId first = *transaction.add_vtep(address(1), spec());
    REQUIRE(transaction.add_vtep(address(2), spec()));
    const VtepId third = *transaction.add_vtep(address(3), spec());
    const AttachmentId attachment = *transaction.add_attachment(vni(1), {mac(1)});
    REQUIRE(transaction.set_flood(vni(1), {address(2)}));
    REQUIRE(transaction.set_row(vni(1), mac(1), Row::local(attachment, RowOrigin::endpoint)));
    REQUIRE(transaction.set_row(vni(1), mac(2), remote(first)));
    REQUIRE(transaction.set_row(vni(1), mac(3), remote(third, RowOrigin::learned)));
    REQUIRE(transaction.set_row(vni(1), mac(4), remote(third, RowOrigin::learned)));
    REQUIRE(transaction.commit());
    reclaim(*tables);
    return tables;
}

/// A list that is made without failing: its memory is the caller's, not the call's.
template <typename T>
std::vector<T> list(std::initializer_list<T> values)
{
    const int armed = std::exchange(until_failure, -1);
    std::vector<T> made(values);
    until_failure = armed;
    return made;
}

using Call = std::function<Expected<void>(Transaction&)>;

template <typename T>
Expected<void> without_value(const Expected<T>& result)
{
    return result ? Expected<void>{} : Expected<void>(tl::unexpect, result.error());
}

const std::pair<const char*, Call> calls[] = {
    {"add_segment", [](Transaction& t) { return without_value(t.add_segment(vni(2), true)); }},
    {"set_learning", [](Transaction& t) { return t.set_learning(vni(1), false); }},
    {"set_flood", [](Transaction& t) { return t.set_flood(vni(1), list({address(3), address(1)})); }},
    {"add_vtep", [](Transaction& t) { return without_value(t.add_vtep(address(4), spec())); }},
    {"set_adjacency", [](Transaction& t) { return t.set_adjacency(address(1), spec(9)); }},
    {"remove_vtep", [](Transaction& t) { return t.remove_vtep(address(3)); }},
    {"add_attachment", [](Transaction& t) { return without_value(t.add_attachment(vni(1), list({mac(7), mac(8)}))); }},
    {"remove_attachment", [](Transaction& t) { return t.remove_attachment(AttachmentId{1}); }},
    {"set_row", [](Transaction& t) { return t.set_row(vni(1), mac(2), Row::blackhole(RowOrigin::permanent)); }},
    {"set_row anew", [](Transaction& t) { return t.set_row(vni(1), mac(9), Row::blackhole(RowOrigin::permanent)); }},
    {"remove_row", [](Transaction& t) { return t.remove_row(vni(1), mac(2)); }},
};

}  // namespace

TEST_CASE("a call or commit that runs out of memory has changed nothing and may be repeated")
{
    for (const auto& [name, call] : calls) {
        INFO(name);
        auto wanted = furnished();
        const std::string before = contents(*wanted);
        {
            Transaction transaction(*wanted);
            REQUIRE(call(transaction));
            REQUIRE(transaction.commit());
        }
        const std::string after = contents(*wanted);
        REQUIRE(before != after);

        int failures = 0;
        for (int allocations = 0;; ++allocations) {
            auto tables = furnished();
            Transaction transaction(*tables);
            has_failed = false;
            until_failure = allocations;
            Expected<void> result = call(transaction);
            if (result)
                result = without_value(transaction.commit());
            until_failure = -1;
            if (!has_failed) {
                REQUIRE(result);
                REQUIRE(contents(*tables) == after);
                break;
            }
            ++failures;
            REQUIRE(code_of(result) == ErrorCode::no_memory);
            REQUIRE(contents(*tables) == before);
            // A commit that failed has the change staged still; a call that failed has not.
            if (const auto again = call(transaction); !again)
                REQUIRE(
                    (again.error().code == ErrorCode::already_exists || again.error().code == ErrorCode::not_found));
            REQUIRE(transaction.commit());
            if (std::string(name) != "add_attachment")
                REQUIRE(contents(*tables) == after);
        }
        CHECK(failures > 0);
    }
}

TEST_CASE("a removed segment or VTEP comes back whole after a failure")
{
    for (int allocations = 0;; ++allocations) {
        auto tables = furnished();
        const std::string before = contents(*tables);
        has_failed = false;
        {
            Transaction transaction(*tables);
            REQUIRE(transaction.remove_attachment(AttachmentId{1}));
            until_failure = allocations;
            Expected<void> result = transaction.remove_segment(vni(1));
            if (result)
                result = transaction.remove_vtep(address(1));
            if (result)
                result = without_value(transaction.add_segment(vni(1), false));
            until_failure = -1;
            if (!has_failed)
                REQUIRE(result);
            else
                REQUIRE(code_of(result) == ErrorCode::no_memory);
        }
        REQUIRE(contents(*tables) == before);
        if (!has_failed)
            break;
    }
}

TEST_CASE("tables are made whole or not at all")
{
    for (int allocations = 0;; ++allocations) {
        has_failed = false;
        until_failure = allocations;
        const auto tables = Tables::make(small_limits());
        until_failure = -1;
        if (!has_failed) {
            REQUIRE(tables);
            CHECK(allocations > 10);
            break;
        }
        REQUIRE(code_of(tables) == ErrorCode::no_memory);
    }
}

TEST_CASE("a transaction without memory for itself says so")
{
    auto tables = make_tables();
    until_failure = 0;
    Transaction transaction(*tables);
    until_failure = -1;
    CHECK(code_of(transaction.add_segment(vni(1), true)) == ErrorCode::no_memory);
    CHECK(code_of(transaction.commit()) == ErrorCode::no_memory);
}

TEST_CASE("learning and ageing without memory lose nothing but time")
{
    auto tables = furnished();
    Learner learner(*tables, LearningRules{10, 100});
    until_failure = 0;
    const LearnEvent event{FdbKey(tables->segments().index_of(vni(1)), mac(3)), remote(VtepId{1}, RowOrigin::learned)};
    learner.apply({&event, 1}, steady_seconds());
    learner.age(steady_seconds() + 1000);
    until_failure = -1;
    CHECK(learner.counters().moved == 1);
    CHECK(learner.aged() == 0);
    learner.age(steady_seconds() + 1000);
    CHECK(learner.aged() == 2);
}
