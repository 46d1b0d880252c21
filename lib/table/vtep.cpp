#include <ferry/table/vtep.hpp>

#include <new>
#include <unordered_map>

#include "table/no_memory.hpp"
#include "table/versioned_table.hpp"
#include "table/word_map.hpp"

namespace ferry {
namespace {

/// Never 0, whatever the address.
constexpr std::uint64_t key_of(Ipv4Address address) noexcept
{
    return std::uint64_t{1} << 32 | address.host();
}

/// Commits number the batches of erased addresses. Numbers may wrap, as GraceBatches' do.
constexpr std::uint32_t batch_of(Epoch since) noexcept
{
    return static_cast<std::uint32_t>(since);
}

}  // namespace

struct Vteps::State {
    State(std::uint32_t max_vteps, std::unique_ptr<WordMap> map)
        : table(max_vteps), visible(std::move(map)), addresses(std::size_t{max_vteps} + 1)
    {
        ids.reserve(max_vteps);
    }

    void vacated(std::uint32_t id) noexcept { ids.erase(addresses[id]); }

    VersionedTable<Adjacency> table;
    std::unique_ptr<WordMap> visible;                     ///< address to id, for readers
    std::unordered_map<Ipv4Address, std::uint32_t> ids;   ///< address to id, reserved and deleted ones too
    std::vector<Ipv4Address> addresses;                   ///< by id, where the id is not vacant
};

Vteps::Vteps() = default;
Vteps::~Vteps() = default;

Expected<std::unique_ptr<Vteps>> Vteps::make(std::uint32_t max_vteps)
{
    auto map = WordMap::make(max_vteps);
    if (!map)
        return tl::unexpected(std::move(map.error()));
    try {
        std::unique_ptr<Vteps> vteps(new Vteps);
        vteps->state_ = std::make_unique<State>(max_vteps, std::move(*map));
        vteps->view_.cells_ = vteps->state_->table.cells();
        vteps->view_.max_ = max_vteps;
        return vteps;
    } catch (const std::bad_alloc&) {
        return no_memory();
    }
}

VtepId Vteps::find(Ipv4Address address) const noexcept
{
    return VtepId{static_cast<std::uint32_t>(state_->visible->find(key_of(address)).word)};
}

const Adjacency* Vteps::newest(VtepId id) const noexcept
{
    return state_->table.newest(index_of(id));
}

VtepId Vteps::id_of(Ipv4Address address) const noexcept
{
    const auto found = state_->ids.find(address);
    return found != state_->ids.end() ? VtepId{found->second} : VtepId::none;
}

Expected<VtepId> Vteps::allocate(Ipv4Address address)
{
    if (const VtepId id = id_of(address); id != VtepId::none) {
        if (state_->table.reserve_deleted(index_of(id)))
            return id;
        return fail(ErrorCode::already_exists, "the address has a VTEP already");
    }
    const std::uint32_t id = state_->table.reserve();
    if (id == 0)
        return fail(ErrorCode::table_full, "every VTEP id is taken; remove a VTEP or raise the bound of VTEPs");
    try {
        state_->ids.emplace(address, id);
    } catch (const std::bad_alloc&) {
        state_->table.release(id);
        return no_memory();
    }
    state_->addresses[id] = address;
    return VtepId{id};
}

void Vteps::release(VtepId id) noexcept
{
    if (state_->table.release(index_of(id)))
        state_->vacated(index_of(id));
}

Expected<PreparedVersion<Adjacency>> Vteps::prepare(Epoch since, VtepId id, const std::optional<Adjacency>& adjacency)
try {
    return PreparedVersion<Adjacency>(index_of(id), since, std::optional(adjacency));
} catch (const std::bad_alloc&) {
    return no_memory();
}

void Vteps::push(PreparedVersion<Adjacency> prepared) noexcept
{
    // The map always has room: each address in it, erased or not, still has its id, and there are no more ids.
    const std::uint32_t id = prepared.change.front().index;
    const std::uint64_t key = key_of(state_->addresses[id]);
    const std::uint32_t slot = state_->visible->slot_of(key);
    const std::uint64_t before = slot == WordMap::no_slot ? 0 : state_->visible->word(slot);
    if (prepared.version->value() != nullptr && slot == WordMap::no_slot)
        state_->visible->insert(key, id);
    else if (prepared.version->value() != nullptr)
        state_->visible->set(slot, id);
    else if (slot != WordMap::no_slot)
        state_->visible->erase(slot, batch_of(prepared.version->since()));
    if (before != (prepared.version->value() != nullptr ? id : 0))
        address_changes_.fetch_add(1, std::memory_order_release);
    if ((before != 0) != (prepared.version->value() != nullptr))
        size_.store(before != 0 ? size() - 1 : size() + 1, std::memory_order_relaxed);
    state_->table.push(std::move(prepared));
}

Expected<void> Vteps::push(Epoch since, const Adjacency& adjacency)
{
    return prepare(since, adjacency.vtep, adjacency).map([this](auto&& prepared) { push(std::move(prepared)); });
}

Expected<void> Vteps::push_deleted(Epoch since, VtepId id)
{
    return prepare(since, id, std::nullopt).map([this](auto&& prepared) { push(std::move(prepared)); });
}

void Vteps::forget_before(Epoch since) noexcept
{
    state_->table.forget_before(since, [this](std::uint32_t id) { state_->vacated(id); });
    state_->visible->reclaim(batch_of(since));
}

std::vector<const Adjacency*> Vteps::all() const
{
    return state_->table.all();
}

std::uint32_t Vteps::max_vteps() const noexcept
{
    return state_->table.max();
}

}  // namespace ferry
