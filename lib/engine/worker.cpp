#include <ferry/engine/worker.hpp>

#include <algorithm>
#include <new>
#include <utility>

#include "engine/burst.hpp"
#include "engine/decap.hpp"
#include "engine/decide.hpp"
#include "engine/dispatch.hpp"
#include "engine/guard.hpp"
#include "engine/learn.hpp"
#include "engine/parse_outer.hpp"
#include "engine/receive.hpp"
#include "engine/relay.hpp"
#include "engine/sender.hpp"

namespace ferry {
namespace {

/// A reader number of the tables', given back in the end.
class Reader {
public:
    Reader(Qsbr& qsbr, std::uint32_t number) noexcept : qsbr_(&qsbr), number_(number) {}
    Reader(Reader&& other) noexcept : qsbr_(std::exchange(other.qsbr_, nullptr)), number_(other.number_) {}
    Reader& operator=(Reader&&) = delete;
    ~Reader()
    {
        if (qsbr_ != nullptr) {
            qsbr_->offline(number_);
            qsbr_->remove_reader(number_);
        }
    }

    void online() noexcept { qsbr_->online(number_); }
    void offline() noexcept { qsbr_->offline(number_); }
    void quiescent() noexcept { qsbr_->quiescent(number_); }
    std::uint32_t number() const noexcept { return number_; }

private:
    Qsbr* qsbr_;
    std::uint32_t number_;
};

}  // namespace

struct Worker::State {
    State(Tables& all, const WorkerConfig& given, Reader number, std::unique_ptr<WorkerCounters> zeros)
        : tables(all), config(given), reader(std::move(number)), counters(std::move(zeros)), outbox(*counters),
          rules{config.local_vtep, tables.local_vteps(), config.pass_irregular},
          entropy_ports(config.entropy_ports)
    {
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void from_attachment(AttachmentId from, rte_mbuf** frames, std::size_t count, std::uint32_t now_seconds,
                         Sink& sink);
    void from_underlay(rte_mbuf** frames, std::size_t count, std::uint32_t now_seconds, Sink& sink);
    std::uint16_t relay(AttachmentId from, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count, VtepId to,
                        Vni vni, engine::PortFull when_full, Sink& sink);

    engine::Delivery delivery(AttachmentId from, Epoch epoch, engine::Trash& trash, std::uint32_t now_seconds)
    {
        return {from,          tables.vteps(),  epoch,     entropy_ports, config.pool, tables.turns(),
                tables.exits(), reader.number(), *counters, outbox,               trash,       relay_news,
                now_seconds,   config.share_from};
    }

    Tables& tables;
    WorkerConfig config;
    Reader reader;
    std::unique_ptr<WorkerCounters> counters;
    engine::Outbox outbox;
    engine::OuterRules rules;
    const wire::PortScale entropy_ports;
    LearnQueue learned;
    engine::RelayNews relay_news;
    engine::Burst burst;
    engine::OuterHeaders outer;
    engine::RecentSenders senders;
    engine::Sightings seen;
};

void Worker::State::from_attachment(AttachmentId from, rte_mbuf** frames, std::size_t count, std::uint32_t now_seconds,
                                    Sink& sink)
{
    const Epoch epoch = tables.epoch();
    engine::Trash trash(*counters);
    outbox.open(sink);
    burst.start(frames, count);
    seen.count = 0;

    // First of all, for each of these loads waits for the one before it: the frames' fill the time.
    const Attachment* const attachment = tables.attachments().at(from, epoch);
    const Segment* const segment = attachment != nullptr ? tables.segments().at(attachment->segment, epoch) : nullptr;

    TrafficCounters& of_attachment = counters->attachment(from);
    of_attachment.in_frames.add(count);
    burst.bytes = engine::receive(burst, config.pool, Adjacency::header_size);
    of_attachment.in_bytes.add(burst.bytes);

    engine::Delivery out = delivery(from, epoch, trash, now_seconds);
    if (segment != nullptr) [[likely]] {
        const LookUp look_up = tables.fdb().look_up(epoch);
        engine::guard(burst, *attachment, *segment, look_up, seen);
        engine::learn(seen, tables.fdb(), look_up, now_seconds, learned, counters->learn_overflow);
        out.detours = attachment->detours.empty() ? nullptr : &attachment->detours;
        engine::decide_from_attachment(burst, segment->vni, look_up, out);
    } else {
        burst.drop_all(DropReason::attachment_unknown);
    }
    engine::dispatch(burst, out);
    outbox.flush();
}

void Worker::State::from_underlay(rte_mbuf** frames, std::size_t count, std::uint32_t now_seconds, Sink& sink)
{
    const Epoch epoch = tables.epoch();
    engine::Trash trash(*counters);
    outbox.open(sink);
    burst.start(frames, count);
    seen.count = 0;

    counters->underlay_in_frames.add(count);
    counters->underlay_in_bytes.add(engine::receive(burst, config.pool, 0));

    engine::parse_outer(burst, outer, rules, {tables.vteps(), senders, *counters});
    const LookUp look_up = tables.fdb().look_up(epoch);
    counters->decapsulated.add(engine::decap(burst, outer, tables, epoch, look_up, seen));
    engine::learn(seen, tables.fdb(), look_up, now_seconds, learned, counters->learn_overflow);
    engine::Delivery out = delivery(AttachmentId::none, epoch, trash, now_seconds);
    engine::decide_from_underlay(burst, look_up, out);
    engine::dispatch(burst, out);
    outbox.flush();
}

/// Returns how many of the first frames are done with: all, where a full port drops.
std::uint16_t Worker::State::relay(AttachmentId from, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count,
                                   VtepId to, Vni vni, engine::PortFull when_full, Sink& sink)
{
    engine::Trash trash(*counters);
    const engine::Delivery out = delivery(from, tables.epoch(), trash, 0);
    std::uint16_t done = 0;
    while (done < count) {
        const std::uint16_t part = std::min(static_cast<std::uint16_t>(count - done), max_burst);
        const std::uint16_t taken =
            engine::relay_burst(from, frames + done, arrivals + done, part, to, vni, when_full, out, sink);
        done = static_cast<std::uint16_t>(done + taken);
        if (taken < part)
            break;
    }
    return done;
}

namespace {

/// Copies of the data room that a pool gives must take outer headers and hold what the steps look at.
Expected<void> check(const WorkerConfig& config)
{
    if (auto checked = check_local_vtep(config.local_vtep); !checked)
        return checked;
    if (!config.entropy_ports.valid())
        return fail(ErrorCode::invalid_argument, "outer source ports must be a range of ports from 1 on");
    if (config.pool == nullptr)
        return fail(ErrorCode::invalid_argument, "a worker needs a buffer pool for copies");
    const std::size_t room = rte_pktmbuf_data_room_size(config.pool);
    const std::size_t headroom = std::min<std::size_t>(RTE_PKTMBUF_HEADROOM, room);
    if (headroom < 64 || room - headroom < engine::contiguous_size)
        return fail(ErrorCode::invalid_argument, "the pool's buffers need 64 bytes of headroom and 128 more");
    return {};
}

}  // namespace

Expected<std::unique_ptr<Worker>> Worker::make(Tables& tables, const WorkerConfig& config)
{
    if (auto checked = check(config); !checked)
        return tl::unexpected<Error>(checked.error());
    auto counters = WorkerCounters::make(tables.limits());
    if (!counters)
        return tl::unexpected<Error>(counters.error());
    const auto number = tables.qsbr().add_reader();
    if (!number)
        return tl::unexpected<Error>(number.error());
    Reader reader(tables.qsbr(), *number);
    try {
        auto state = std::make_unique<State>(tables, config, std::move(reader), std::move(*counters));
        return std::unique_ptr<Worker>(new Worker(std::move(state)));
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::no_memory, "no memory for a worker");
    }
}

Worker::Worker(std::unique_ptr<State> state) : state_(std::move(state)) {}

Worker::~Worker() = default;

void Worker::from_attachment(AttachmentId from, rte_mbuf** frames, std::uint16_t count, std::uint32_t now_seconds,
                             Sink& sink)
{
    for (std::size_t done = 0; done < count; done += max_burst)
        state_->from_attachment(from, frames + done, std::min<std::size_t>(count - done, max_burst), now_seconds, sink);
}

void Worker::from_underlay(rte_mbuf** frames, std::uint16_t count, std::uint32_t now_seconds, Sink& sink)
{
    for (std::size_t done = 0; done < count; done += max_burst)
        state_->from_underlay(frames + done, std::min<std::size_t>(count - done, max_burst), now_seconds, sink);
}

void Worker::relay(AttachmentId from, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count, VtepId to,
                   Vni vni, Sink& sink)
{
    state_->relay(from, frames, arrivals, count, to, vni, engine::PortFull::drops, sink);
}

std::uint16_t Worker::flush_dock(AttachmentId from, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count,
                                 VtepId to, Vni vni, Sink& sink)
{
    return state_->relay(from, frames, arrivals, count, to, vni, engine::PortFull::leaves, sink);
}

void Worker::drop(DropReason reason, AttachmentId attachment, rte_mbuf** frames, std::uint16_t count) noexcept
{
    const auto number = static_cast<std::size_t>(reason);
    WorkerCounters& counters = *state_->counters;
    counters.drops[number].add(count);
    if (attachment != AttachmentId::none)
        counters.attachment(attachment).drops[number].add(count);
    for (std::size_t i = 0; i < count; ++i)
        if (const VtepId peer{frames[i]->hash.usr}; peer != VtepId::none)
            counters.vtep(peer).drops[number].add(1);
    rte_pktmbuf_free_bulk(frames, count);
}

void Worker::online() noexcept
{
    state_->reader.online();
}

void Worker::offline() noexcept
{
    state_->reader.offline();
}

void Worker::quiescent() noexcept
{
    state_->reader.quiescent();
}

const WorkerCounters& Worker::counters() const noexcept
{
    return *state_->counters;
}

LearnQueue& Worker::learned() noexcept
{
    return state_->learned;
}

RelayQueue& Worker::relayed() noexcept
{
    return state_->relay_news.queue;
}

}  // namespace ferry
