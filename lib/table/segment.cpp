#include <ferry/table/segment.hpp>

#include <algorithm>
#include <array>
#include <new>

#include "table/no_memory.hpp"
#include "table/versioned_table.hpp"

namespace ferry {
namespace {

/// From VNI to index in two levels of 12 bits. Readers look an index up without any protection; they compare the VNI in
/// the segment they find, so leaves and indices may be used again at once.
class VniIndex {
public:
    std::uint16_t get(Vni vni) const noexcept
    {
        const Leaf* leaf = root_[vni.value() >> leaf_bits].load(std::memory_order_acquire);
        return leaf != nullptr ? leaf->indices[vni.value() % leaf_size].load(std::memory_order_acquire)
                               : std::uint16_t{0};
    }

    /// Writer: `index` is not 0. There are as many leaves as there were indices in use at a time, at most. May throw
    /// std::bad_alloc.
    void set(Vni vni, std::uint16_t index)
    {
        Leaf* leaf = root_[vni.value() >> leaf_bits].load(std::memory_order_relaxed);
        if (leaf == nullptr) {
            if (spare_ == nullptr) {
                leaves_.reserve(leaves_.size() + 1);
                spare_ = leaves_.emplace_back(std::make_unique<Leaf>()).get();
            }
            leaf = std::exchange(spare_, spare_->next_spare);
            root_[vni.value() >> leaf_bits].store(leaf, std::memory_order_release);
        }
        leaf->indices[vni.value() % leaf_size].store(index, std::memory_order_release);
        ++leaf->used;
    }

    /// Writer: the VNI has an index.
    void clear(Vni vni) noexcept
    {
        Leaf* leaf = root_[vni.value() >> leaf_bits].load(std::memory_order_relaxed);
        leaf->indices[vni.value() % leaf_size].store(0, std::memory_order_release);
        if (--leaf->used == 0) {
            root_[vni.value() >> leaf_bits].store(nullptr, std::memory_order_release);
            leaf->next_spare = std::exchange(spare_, leaf);
        }
    }

private:
    static constexpr unsigned leaf_bits = 12;
    static constexpr std::size_t leaf_size = 1 << leaf_bits;
    struct Leaf {
        std::array<std::atomic<std::uint16_t>, leaf_size> indices{};
        std::uint32_t used = 0;
        Leaf* next_spare = nullptr;
    };

    std::array<std::atomic<Leaf*>, (Vni::max + 1) / leaf_size> root_{};
    std::vector<std::unique_ptr<Leaf>> leaves_;
    Leaf* spare_ = nullptr;
};

}  // namespace

struct Segments::State {
    explicit State(std::uint32_t max_segments) : table(max_segments), vnis(std::size_t{max_segments} + 1) {}

    VersionedTable<Segment> table;
    VniIndex indices;
    std::vector<Vni> vnis;  ///< by index, where the index is not vacant
};

Segments::Segments() = default;
Segments::~Segments() = default;

Expected<std::unique_ptr<Segments>> Segments::make(std::uint32_t max_segments)
{
    if (max_segments == 0 || max_segments > 0xfffe)
        return fail(ErrorCode::invalid_argument,
                    "the bound of segments must be 1 to 65534: their index has 16 bits, and 0 and 65535 are none's");
    try {
        std::unique_ptr<Segments> segments(new Segments);
        segments->state_ = std::make_unique<State>(max_segments);
        return segments;
    } catch (const std::bad_alloc&) {
        return no_memory();
    }
}

const Segment* Segments::find(Vni vni, Epoch epoch) const noexcept
{
    const Segment* segment = state_->table.read(state_->indices.get(vni), epoch);
    return segment != nullptr && segment->vni == vni ? segment : nullptr;
}

const Segment* Segments::at(SegmentIndex index, Epoch epoch) const noexcept
{
    return state_->table.read(ferry::index_of(index), epoch);
}

const Segment* Segments::newest(Vni vni) const noexcept
{
    return state_->table.newest(state_->indices.get(vni));
}

const Segment* Segments::newest(SegmentIndex index) const noexcept
{
    return state_->table.newest(ferry::index_of(index));
}

SegmentIndex Segments::index_of(Vni vni) const noexcept
{
    return SegmentIndex{state_->indices.get(vni)};
}

Expected<SegmentIndex> Segments::allocate(Vni vni)
{
    if (const std::uint16_t index = state_->indices.get(vni); index != 0) {
        if (state_->table.reserve_deleted(index))
            return SegmentIndex{index};
        return fail(ErrorCode::already_exists, "the VNI has a segment already");
    }
    const auto index = static_cast<std::uint16_t>(state_->table.reserve());
    if (index == 0)
        return fail(ErrorCode::table_full,
                    "every segment index is taken; remove a segment or raise the bound of segments");
    try {
        state_->indices.set(vni, index);
    } catch (const std::bad_alloc&) {
        state_->table.release(index);
        return no_memory();
    }
    state_->vnis[index] = vni;
    return SegmentIndex{index};
}

void Segments::release(SegmentIndex index) noexcept
{
    if (state_->table.release(ferry::index_of(index)))
        state_->indices.clear(state_->vnis[ferry::index_of(index)]);
}

Expected<PreparedVersion<Segment>> Segments::prepare(Epoch since, SegmentIndex index, std::optional<Segment> segment)
try {
    return PreparedVersion<Segment>(ferry::index_of(index), since, std::move(segment));
} catch (const std::bad_alloc&) {
    return no_memory();
}

void Segments::push(PreparedVersion<Segment> prepared) noexcept
{
    state_->table.push(std::move(prepared));
}

Expected<void> Segments::push(Epoch since, Segment segment)
{
    const SegmentIndex index = segment.index;
    return prepare(since, index, std::move(segment)).map([this](auto&& prepared) { push(std::move(prepared)); });
}

Expected<void> Segments::push_deleted(Epoch since, SegmentIndex index)
{
    return prepare(since, index, std::nullopt).map([this](auto&& prepared) { push(std::move(prepared)); });
}

void Segments::forget_before(Epoch since) noexcept
{
    state_->table.forget_before(since, [this](std::uint32_t index) { state_->indices.clear(state_->vnis[index]); });
}

std::vector<const Segment*> Segments::all() const
{
    std::vector<const Segment*> segments = state_->table.all();
    std::sort(segments.begin(), segments.end(), [](const Segment* a, const Segment* b) { return a->vni < b->vni; });
    return segments;
}

std::uint32_t Segments::max_segments() const noexcept
{
    return state_->table.max();
}

}  // namespace ferry
