// VersionedCell: each epoch sees the value that was newest then.
#include <catch2/catch.hpp>

#include <ferry/table/snapshot.hpp>

using ferry::Epoch;
using Cell = ferry::VersionedCell<int>;

namespace {

void push(Cell& cell, Epoch since, std::optional<int> value)
{
    cell.push(std::make_unique<Cell::Version>(since, std::move(value)));
}

}  // namespace

TEST_CASE("an empty cell has no value in any epoch")
{
    Cell cell;
    CHECK(cell.read(5) == nullptr);
    CHECK(cell.read_referenced(5) == nullptr);
    CHECK(cell.newest() == nullptr);
    CHECK(cell.newest_since() == 0);
}

TEST_CASE("a reader sees the newest value of its epoch")
{
    Cell cell;
    push(cell, 10, 1);
    push(cell, 20, 2);
    push(cell, 30, std::nullopt);
    push(cell, 40, 4);
    CHECK(cell.read(9) == nullptr);
    CHECK(*cell.read(10) == 1);
    CHECK(*cell.read(19) == 1);
    CHECK(*cell.read(20) == 2);
    CHECK(cell.read(30) == nullptr);
    CHECK(cell.read(39) == nullptr);
    CHECK(*cell.read(40) == 4);
    CHECK(*cell.newest() == 4);
    CHECK(cell.newest_since() == 40);

    SECTION("by reference, where there is none, the first one after its epoch")
    {
        CHECK(*cell.read_referenced(9) == 1);
        CHECK(*cell.read_referenced(10) == 1);
        CHECK(*cell.read_referenced(25) == 2);
        CHECK(*cell.read_referenced(30) == 4);
        CHECK(*cell.read_referenced(39) == 4);
    }
    SECTION("after forgetting, epochs from then on still see theirs")
    {
        cell.forget_before(20);
        CHECK(*cell.read(20) == 2);
        CHECK(*cell.read(25) == 2);
        CHECK(cell.read(30) == nullptr);
        CHECK(*cell.read(40) == 4);
        CHECK(cell.read(19) == nullptr);
        cell.forget_before(40);
        CHECK(*cell.read(40) == 4);
        CHECK(cell.read(30) == nullptr);
    }
}

TEST_CASE("by reference a deleted value with nothing after it is gone")
{
    Cell cell;
    push(cell, 10, 1);
    push(cell, 20, std::nullopt);
    CHECK(*cell.read_referenced(15) == 1);
    CHECK(cell.read_referenced(20) == nullptr);
}
