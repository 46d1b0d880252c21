// WordMap: every key is found while it is there, whatever else came and went, and a freed place is not used too early.
#include <catch2/catch.hpp>

#include <random>
#include <set>
#include <unordered_map>

#include "table/word_map.hpp"

using ferry::WordMap;

TEST_CASE("a word map takes between one key and 2^30")
{
    CHECK(WordMap::make(0).error().code == ferry::ErrorCode::invalid_argument);
    CHECK(WordMap::make(0x4000'0001).error().code == ferry::ErrorCode::invalid_argument);
    CHECK(WordMap::make(1).has_value());
}

TEST_CASE("a key is found with its word from insert to erase")
{
    auto map = *WordMap::make(10);
    CHECK(map->find(42).word == 0);
    CHECK(map->find(42).slot == WordMap::no_slot);
    const std::uint32_t slot = map->insert(42, 7);
    CHECK(map->find(42).word == 7);
    CHECK(map->find(42).slot == slot);
    CHECK(map->slot_of(42) == slot);
    map->set(slot, 8);
    CHECK(map->find(42).word == 8);
    map->erase(slot, 1);
    CHECK(map->find(42).word == 0);
    CHECK(map->find(42).slot == WordMap::no_slot);
}

TEST_CASE("the two words that are not keys are never found")
{
    auto map = *WordMap::make(10);
    map->insert(1, 1);
    for (std::uint64_t key : {WordMap::empty, WordMap::tombstone}) {
        CHECK(map->find(key).word == 0);
        CHECK(map->slot_of(key) == WordMap::no_slot);
    }
}

TEST_CASE("an erased key keeps its slot until its batch is over")
{
    auto map = *WordMap::make(10);
    const std::uint32_t slot = map->insert(42, 7);
    map->erase(slot, 5);
    map->reclaim(4);
    CHECK(map->slot_of(42) == slot);
    map->reclaim(5);
    CHECK(map->slot_of(42) == WordMap::no_slot);
}

TEST_CASE("an erased key that is set again keeps its slot for good")
{
    auto map = *WordMap::make(10);
    const std::uint32_t slot = map->insert(42, 7);
    map->erase(slot, 5);
    map->set(map->slot_of(42), 9);
    map->reclaim(5);
    CHECK(map->find(42).word == 9);
    CHECK(map->find(42).slot == slot);

    SECTION("and when it is erased again, waits again from then on")
    {
        map->erase(slot, 6);
        map->reclaim(5);
        CHECK(map->slot_of(42) == slot);
        map->reclaim(6);
        CHECK(map->slot_of(42) == WordMap::no_slot);
    }
}

TEST_CASE("a key that was erased, set and erased again before the first batch was over waits for the second")
{
    auto map = *WordMap::make(10);
    const std::uint32_t slot = map->insert(42, 7);
    map->erase(slot, 5);
    map->set(slot, 9);
    map->erase(slot, 6);
    map->reclaim(5);
    CHECK(map->slot_of(42) == slot);
    map->reclaim(6);
    CHECK(map->slot_of(42) == WordMap::no_slot);
}

TEST_CASE("room for a key takes no more than 32 bytes")
{
    for (const std::uint32_t keys : {10'000u, 1'000'000u, 10'000'000u}) {
        auto map = *WordMap::make(keys);
        CHECK(map->memory_bytes() <= std::size_t{keys} * 32);
        CHECK(map->has_room(keys + keys / 3));
    }
}

TEST_CASE("erased keys that are set again leave the others waiting, wherever they waited")
{
    for (const std::uint64_t kept : {1u, 2u, 3u, 4u, 5u, 6u}) {
        auto map = *WordMap::make(10);
        for (std::uint64_t key = 1; key <= 6; ++key)
            map->insert(key, key);
        for (std::uint64_t key = 1; key <= 6; ++key)
            map->erase(map->slot_of(key), key <= 3 ? 1 : 2);
        map->set(map->slot_of(kept), 9);
        map->reclaim(1);
        for (std::uint64_t key = 1; key <= 6; ++key)
            CHECK((map->slot_of(key) != WordMap::no_slot) == (key == kept || key > 3));
        map->reclaim(2);
        for (std::uint64_t key = 1; key <= 6; ++key)
            CHECK((map->slot_of(key) != WordMap::no_slot) == (key == kept));
        CHECK(map->find(kept).word == 9);
    }
}

TEST_CASE("keys erased in many batches are all free when the last one is over, and none before its own")
{
    auto map = *WordMap::make(100);
    for (std::uint32_t key = 1; key <= 50; ++key)
        map->erase(map->insert(key, key), key);
    for (std::uint32_t over = 0; over <= 50; ++over) {
        map->reclaim(over);
        for (std::uint32_t key = over + 1; key <= 50; ++key)
            REQUIRE(map->slot_of(key) != WordMap::no_slot);
    }
    for (std::uint32_t key = 1; key <= 50; ++key)
        CHECK(map->slot_of(key) == WordMap::no_slot);
}

TEST_CASE("batches may wrap around")
{
    auto map = *WordMap::make(10);
    const std::uint32_t slot = map->insert(42, 7);
    map->erase(slot, 0xffff'ffff);
    map->reclaim(0xffff'fffe);
    CHECK(map->slot_of(42) == slot);
    map->reclaim(0);
    CHECK(map->slot_of(42) == WordMap::no_slot);
}

TEST_CASE("room ends before the places do, and comes back with reclamation")
{
    auto map = *WordMap::make(100);
    std::uint64_t key = 1;
    for (; map->has_room(1); ++key)
        map->insert(key, key);
    CHECK(key > 140);
    CHECK(key <= map->slot_count() * 9 / 10 + 1 + 1);
    for (std::uint64_t there = 1; there < key; ++there)
        REQUIRE(map->find(there).word == there);
    map->erase(map->slot_of(1), 1);
    CHECK_FALSE(map->has_room(1));
    map->reclaim(1);
    CHECK(map->has_room(1));
    CHECK_FALSE(map->has_room(2));
}

TEST_CASE("a word map behaves as a plain map under random changes near its bound")
{
    std::mt19937_64 random(20240117);
    auto map = *WordMap::make(300);
    std::unordered_map<std::uint64_t, std::uint64_t> model;
    std::uint32_t batch = 1;
    for (int step = 0; step < 200'000; ++step) {
        const std::uint64_t key = 1 + random() % 500;
        const std::uint32_t slot = map->slot_of(key);
        if (random() % 100 < 55) {
            const std::uint64_t word = 1 + random() % 1'000'000;
            if (slot != WordMap::no_slot)
                map->set(slot, word);
            else if (map->has_room(1))
                map->insert(key, word);
            else
                continue;
            model[key] = word;
        } else if (model.erase(key) != 0) {
            map->erase(slot, batch);
        }
        if (random() % 50 == 0)
            map->reclaim(batch++ - static_cast<std::uint32_t>(random() % 2));
        const std::uint64_t asked = 1 + random() % 500;
        const auto expected = model.find(asked);
        REQUIRE(map->find(asked).word == (expected == model.end() ? 0 : expected->second));
    }
    for (std::uint64_t key = 1; key <= 500; ++key)
        REQUIRE(map->find(key).word == (model.contains(key) ? model[key] : 0));

    SECTION("and when all is erased, all its room is back")
    {
        for (const auto& [key, word] : model)
            map->erase(map->slot_of(key), batch);
        map->reclaim(batch);
        // No tombstone is left: a look-up ends in its first bucket again.
        for (std::uint32_t slot = 0; slot < map->slot_count(); ++slot)
            REQUIRE(map->key(slot) == WordMap::empty);
        CHECK(map->has_room(map->slot_count() * 9 / 10));
        std::set<std::uint32_t> slots;
        for (std::uint64_t key = 1000; map->has_room(1); ++key)
            slots.insert(map->insert(key, 1));
        CHECK(slots.size() >= map->slot_count() * 9 / 10);
    }
}

TEST_CASE("keys in patterns that networks have spread over the buckets")
{
    constexpr std::uint32_t count = 20'000;
    // How a key is made from its number: MACs in sequence, with a step, in the upper half, and the same MAC in
    // segments.
    const auto make = [](int pattern, std::uint64_t i) -> std::uint64_t {
        switch (pattern) {
        case 0: return std::uint64_t{1} << 48 | (0x5254'0000'0000 + i);
        case 1: return std::uint64_t{1} << 48 | (0x5254'0000'0000 + i * 256);
        case 2: return std::uint64_t{1} << 48 | (0x0200'0000'0000 + (i << 24));
        default: return (i + 1) << 48 | 0x5254'0000'0001;
        }
    };
    for (int pattern = 0; pattern < 4; ++pattern) {
        for (int secret = 0; secret < 30; ++secret) {
            auto map = *WordMap::make(count);
            std::uint32_t away = 0;
            for (std::uint64_t i = 0; i < count; ++i) {
                const std::uint64_t key = make(pattern, i);
                away += map->insert(key, 1) / 8 != map->view().home(key);
            }
            // Keys at random have 2.5 %, give or take half a percent.
            INFO("pattern " << pattern << ": " << away << " of " << count << " keys away from home");
            REQUIRE(away < count / 20);
        }
    }
}
