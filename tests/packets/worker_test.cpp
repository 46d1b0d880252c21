// Making a worker, and its place among the readers of the tables.
#include <catch2/catch.hpp>

#include <chrono>

#include "host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

WorkerConfig right()
{
    WorkerConfig config;
    config.local_vtep.address = ip({172, 16, 0, 1});
    config.pool = pool();
    return config;
}

ErrorCode failure(Tables& tables, const std::function<void(WorkerConfig&)>& spoil)
{
    WorkerConfig config = right();
    spoil(config);
    const auto worker = Worker::make(tables, config);
    REQUIRE(!worker);
    CHECK(!worker.error().sentence.empty());
    return worker.error().code;
}

}  // namespace

TEST_CASE("A worker wants a configuration that can work")
{
    const auto tables = must(Tables::make({}));
    constexpr auto invalid = ErrorCode::invalid_argument;
    CHECK(failure(*tables, [](WorkerConfig& c) { c.local_vtep = {}; }) == invalid);
    CHECK(failure(*tables, [](WorkerConfig& c) { c.local_vtep.address = ip({239, 1, 1, 1}); }) == invalid);
    CHECK(failure(*tables, [](WorkerConfig& c) { c.local_vtep.port = 0; }) == invalid);
    CHECK(failure(*tables, [](WorkerConfig& c) { c.entropy_ports = {5000, 4999}; }) == invalid);
    CHECK(failure(*tables, [](WorkerConfig& c) { c.entropy_ports = {0, 10}; }) == invalid);
    CHECK(failure(*tables, [](WorkerConfig& c) { c.pool = nullptr; }) == invalid);
    rte_mempool* const narrow = rte_pktmbuf_pool_create("narrow", 7, 0, 0, 255, SOCKET_ID_ANY);
    REQUIRE(narrow != nullptr);
    CHECK(failure(*tables, [&](WorkerConfig& c) { c.pool = narrow; }) == invalid);
    rte_mempool_free(narrow);
}

TEST_CASE("There are as many workers as the tables have room for, and a worker's place is free again after it")
{
    TableLimits limits;
    limits.workers = 2;
    const auto tables = must(Tables::make(limits));
    const auto first = must(Worker::make(*tables, right()));
    {
        const auto second = must(Worker::make(*tables, right()));
        CHECK(failure(*tables, [](WorkerConfig&) {}) == ErrorCode::table_full);
        second->online();
    }
    CHECK(Worker::make(*tables, right()));
}

TEST_CASE("The writer waits for workers that are online, until they are quiescent, and for no others")
{
    Host host;
    host.add_segment(100);
    Qsbr& qsbr = host.tables().qsbr();
    const GraceToken token = qsbr.start();
    CHECK(!qsbr.passed(token));
    host.worker().quiescent();
    CHECK(qsbr.passed(token));
    const GraceToken next = qsbr.start();
    CHECK(!qsbr.passed(next));
    host.worker().offline();
    CHECK(qsbr.passed(next));
    host.worker().online();
}

TEST_CASE("Every drop has a name of its own and a sentence")
{
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
        CHECK(!drop_texts[i].name.empty());
        CHECK(drop_texts[i].sentence.ends_with('.') + drop_texts[i].sentence.ends_with(')') == 1);
        for (std::size_t j = 0; j < i; ++j)
            CHECK(drop_texts[i].name != drop_texts[j].name);
    }
    CHECK(text_of(DropReason::underlay_down).name == "underlay_down");
    CHECK(text_of(DropReason::ring_full).name == "ring_full");
    CHECK(text_of(DropReason::vni_unknown).name == "vni_unknown");
}

TEST_CASE("Counters of ids beyond the tables are those of the unknown")
{
    TableLimits limits;
    limits.attachments = 3;
    limits.vteps = 5;
    const auto counters = must(WorkerCounters::make(limits));
    CHECK(&counters->attachment(AttachmentId{3}) != &counters->attachment(AttachmentId::none));
    CHECK(&counters->attachment(AttachmentId{4}) == &counters->attachment(AttachmentId::none));
    CHECK(&counters->vtep(VtepId{5}) != &counters->vtep(VtepId::none));
    CHECK(&counters->vtep(VtepId{0xffff'ffff}) == &counters->vtep(VtepId::none));
    CHECK(&counters->vtep(VtepId::none) != &counters->attachment(AttachmentId::none));
    CHECK(reinterpret_cast<std::uintptr_t>(&counters->vtep(VtepId{1})) % 64 == 0);
}
