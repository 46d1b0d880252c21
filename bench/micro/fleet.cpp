#include "fleet.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>

namespace ferry::bench {
namespace {

constexpr std::uint32_t rows_of_a_transaction = 16'384;

std::uint64_t resident_bytes_now()
{
    std::uint64_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

TableLimits limits_for(std::uint32_t endpoints)
{
    TableLimits limits;
    limits.rows = endpoints;
    limits.transaction_rows = rows_of_a_transaction;
    limits.segments = fleet_segments;
    limits.vteps = fleet_vteps;
    limits.attachments = fleet_segments;
    return limits;
}

}  // namespace

Fleet::Fleet(std::uint32_t endpoints_, Place place_)
    : endpoints(endpoints_), place(place_), resident_bytes(resident_bytes_now())
{
    using clock = std::chrono::steady_clock;
    tables = must(Tables::make(limits_for(endpoints)));
    Transaction transaction(*tables);
    for (std::uint32_t i = 0; i < fleet_segments; ++i)
        must(transaction.add_segment(vni(i), false));
    for (std::uint32_t i = 0; i < fleet_segments; ++i)
        attachments.push_back(must(transaction.add_attachment(vni(i), {})));
    const std::vector<VtepId> vteps = add_vteps(transaction, fleet_vteps);
    settle(*tables, transaction);

    Xorshift random;
    const auto begin = clock::now();
    for (std::uint32_t i = 0; i < endpoints; ++i) {
        const std::uint32_t segment = i % fleet_segments;
        const Row row = place == Place::local ? Row::local(attachments[segment], RowOrigin::endpoint)
                                              : Row::remote(vteps[random.below(fleet_vteps)], RowOrigin::endpoint);
        must(transaction.set_row(vni(segment), mac(i), row));
        if (i % rows_of_a_transaction == rows_of_a_transaction - 1 || i == endpoints - 1)
            must(transaction.commit());
    }
    load_seconds = std::chrono::duration<double>(clock::now() - begin).count();
    reclaim(*tables);
    reclaim(*tables);
    resident_bytes = resident_bytes_now() - resident_bytes;
}

Fleet& Fleet::of(std::uint32_t endpoints, Place place)
{
    static std::unique_ptr<Fleet> fleet;
    if (fleet == nullptr || fleet->endpoints != endpoints || fleet->place != place) {
        fleet.reset();
        fleet = std::make_unique<Fleet>(endpoints, place);
    }
    return *fleet;
}

}  // namespace ferry::bench
