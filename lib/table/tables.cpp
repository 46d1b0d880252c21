#include <ferry/table/tables.hpp>

#include <chrono>
#include <new>

#include "table/no_memory.hpp"
#include "table/writer_state.hpp"

namespace ferry {

Tables::Tables() = default;
Tables::~Tables() = default;

Expected<std::unique_ptr<Tables>> Tables::make(const TableLimits& limits)
{
    std::unique_ptr<Tables> tables(new (std::nothrow) Tables);
    if (tables == nullptr)
        return no_memory();
    tables->limits_ = limits;

    // Puts a part into its place; keeps the first error.
    Expected<void> result;
    const auto put = [&](auto& place, auto part) {
        if (part)
            place = std::move(*part);
        else if (result)
            result = tl::unexpected(std::move(part.error()));
    };
    put(tables->qsbr_, Qsbr::make(limits.workers));
    put(tables->fdb_, Fdb::make(limits.rows, limits.transaction_rows));
    put(tables->segments_, Segments::make(limits.segments));
    put(tables->vteps_, Vteps::make(limits.vteps));
    put(tables->attachments_, Attachments::make(limits.attachments));
    put(tables->labels_, Labels::make(limits.first_label, limits.labels));
    put(tables->exits_, DetourExits::make(2 * limits.detours));
    put(tables->turns_, Turns::make(limits.turns, limits.workers));
    if (!result)
        return tl::unexpected(std::move(result.error()));
    try {
        tables->writer_ = std::make_unique<WriterState>(limits, *tables->turns_);
    } catch (const std::bad_alloc&) {
        return no_memory();
    }
    return tables;
}

std::uint32_t steady_seconds() noexcept
{
    using namespace std::chrono;
    return static_cast<std::uint32_t>(duration_cast<seconds>(steady_clock::now().time_since_epoch()).count());
}

}  // namespace ferry
