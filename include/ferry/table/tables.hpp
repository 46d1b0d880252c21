// All tables of one data plane, with the epoch and the grace periods that they share.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <ferry/error.hpp>
#include <ferry/table/attachment.hpp>
#include <ferry/table/detour.hpp>
#include <ferry/table/fdb.hpp>
#include <ferry/table/labels.hpp>
#include <ferry/table/local_vteps.hpp>
#include <ferry/table/qsbr.hpp>
#include <ferry/table/segment.hpp>
#include <ferry/table/turns.hpp>
#include <ferry/table/vtep.hpp>

namespace ferry {

struct WriterState;

/// Bounds of memory, fixed when the tables are made, whatever the network sends.
struct TableLimits {
    std::uint32_t rows = 65'536;               ///< FDB rows, of which learned ones are bounded besides
    std::uint32_t transaction_rows = 16'384;   ///< rows in transactions that are not settled yet
    std::uint32_t segments = 4'096;            ///< at most 65,534
    std::uint32_t vteps = 4'096;
    std::uint32_t attachments = 1'024;
    std::uint32_t flood_remotes = 512;         ///< remotes in one segment's flood list
    std::uint32_t workers = 64;                ///< reader threads
    std::uint32_t first_label = 0xf0'0000;     ///< the first of the VNIs that are reserved for moves (Labels); even
    std::uint32_t labels = 65'536;             ///< how many there are; no segment has one of them
    std::uint32_t turns = 256;                 ///< endpoints for which frames change over at a time
    std::uint32_t detours = 1'024;             ///< exits of detours (as many again may rest), and each attachment's
};

/// The tables. Exactly one thread, the writer, changes them, by transactions; workers read.
class Tables {
public:
    static Expected<std::unique_ptr<Tables>> make(const TableLimits& limits);
    ~Tables();
    Tables(const Tables&) = delete;
    Tables& operator=(const Tables&) = delete;

    /// Reader: once a burst, before the first look-up of the burst; what the burst sees is as of this epoch.
    Epoch epoch() const noexcept { return epoch_.load(std::memory_order_acquire); }

    const TableLimits& limits() const noexcept { return limits_; }
    Fdb& fdb() noexcept { return *fdb_; }
    const Fdb& fdb() const noexcept { return *fdb_; }
    Segments& segments() noexcept { return *segments_; }
    const Segments& segments() const noexcept { return *segments_; }
    Vteps& vteps() noexcept { return *vteps_; }
    const Vteps& vteps() const noexcept { return *vteps_; }
    Attachments& attachments() noexcept { return *attachments_; }
    const Attachments& attachments() const noexcept { return *attachments_; }
    Labels& labels() noexcept { return *labels_; }
    const Labels& labels() const noexcept { return *labels_; }
    /// Changed without a transaction.
    LocalVteps& local_vteps() noexcept { return local_vteps_; }
    const LocalVteps& local_vteps() const noexcept { return local_vteps_; }
    Turns& turns() noexcept { return *turns_; }
    const Turns& turns() const noexcept { return *turns_; }
    DetourExits& exits() noexcept { return *exits_; }
    const DetourExits& exits() const noexcept { return *exits_; }
    Qsbr& qsbr() noexcept { return *qsbr_; }

    /// Writer: makes everything prepared for epoch() + 1 visible, in one store, and returns that epoch. For commit().
    Epoch publish() noexcept { return epoch_.fetch_add(1, std::memory_order_acq_rel) + 1; }

    /// Writer: what transactions keep from one to the next; not for callers.
    WriterState& writer() noexcept { return *writer_; }

private:
    Tables();
    TableLimits limits_;
    std::atomic<Epoch> epoch_{0};
    std::unique_ptr<Qsbr> qsbr_;
    std::unique_ptr<Fdb> fdb_;
    std::unique_ptr<Segments> segments_;
    std::unique_ptr<Vteps> vteps_;
    std::unique_ptr<Attachments> attachments_;
    std::unique_ptr<Labels> labels_;
    LocalVteps local_vteps_;
    std::unique_ptr<Turns> turns_;
    std::unique_ptr<DetourExits> exits_;
    std::unique_ptr<WriterState> writer_;
};

/// Seconds of the clock by which transactions say when a row was made: CLOCK_MONOTONIC. Workers and learning take the
/// same, or rows age wrongly. Reading it costs some 20 ns: once a burst, or once in many.
std::uint32_t steady_seconds() noexcept;

}  // namespace ferry
