#include <ferry/control/transaction.hpp>

#include <algorithm>
#include <new>
#include <tuple>

#include <fmt/format.h>

#include "control/staged.hpp"
#include "table/no_memory.hpp"
#include "table/writer_state.hpp"

namespace ferry {
namespace {

tl::unexpected<Error> no_segment(Vni vni)
{
    return fail(ErrorCode::not_found, fmt::format("VNI {} has no segment; add it first", vni.value()));
}

tl::unexpected<Error> no_vtep(Ipv4Address address)
{
    return fail(ErrorCode::not_found, fmt::format("{} is not a VTEP in the table; add it first", address.to_string()));
}

tl::unexpected<Error> no_endpoint(MacAddress mac)
{
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is no endpoint's MAC: it is zero or multicast", mac.to_string()));
}

bool is_endpoint(MacAddress mac) noexcept
{
    return !mac.is_zero() && !mac.is_multicast();
}

}  // namespace

Transaction::Transaction(Tables& tables) : tables_(tables), staged_(new (std::nothrow) Staged(tables))
{
    if (staged_ != nullptr)
        staged_->is_second = std::exchange(tables.writer().transaction_is_open, true);
}

Transaction::~Transaction()
{
    if (staged_ == nullptr || staged_->is_second)
        return;
    staged_->abandon();
    tables_.writer().transaction_is_open = false;
}

Expected<void> Transaction::ready() const
{
    if (staged_ == nullptr)
        return no_memory();
    if (staged_->is_second)
        return fail(ErrorCode::in_use, "another transaction is open; commit or destroy it first");
    return {};
}

Expected<SegmentIndex> Transaction::add_segment(Vni vni, bool learning)
try {
    if (auto state = ready(); !state)
        return tl::unexpected(std::move(state.error()));
    if (tables_.labels().contains(vni))
        return fail(ErrorCode::invalid_argument,
                    fmt::format("VNI {} is one of those reserved for moves, {} to {}; take another, or reserve others",
                                vni.value(), tables_.labels().first(),
                                tables_.labels().first() + tables_.labels().count() - 1));
    if (staged_->segment(vni) != nullptr)
        return fail(ErrorCode::already_exists, fmt::format("VNI {} has a segment already", vni.value()));
    if (const auto removed = staged_->segments.find(tables_.segments().index_of(vni));
        removed != staged_->segments.end()) {
        removed->second.value = Segment{removed->first, vni, learning, {}, {}};
        return removed->first;
    }
    return tables_.segments().allocate(vni).map([&](SegmentIndex index) {
        try {
            staged_->segments.emplace(index, StagedCell<Segment>{Segment{index, vni, learning, {}, {}}, true});
        } catch (const std::bad_alloc&) {
            tables_.segments().release(index);
            throw;
        }
        return index;
    });
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<void> Transaction::remove_segment(Vni vni)
try {
    if (auto state = ready(); !state)
        return state;
    const Segment* segment = staged_->segment(vni);
    if (segment == nullptr)
        return no_segment(vni);
    if (!segment->attachments.empty())
        return fail(ErrorCode::in_use, fmt::format("VNI {} has attachments; remove them first", vni.value()));
    const SegmentIndex index = segment->index;
    const RowCount& count = tables_.writer().rows_in_segment[index_of(index)];
    const auto keys =
        staged_->keys_of(count.learned + count.other != 0, [&](FdbKey key, Row) { return key.segment() == index; });
    staged_->edit(index);
    return staged_->erase(keys).map([&] { staged_->remove(index); });
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<void> Transaction::set_learning(Vni vni, bool learning)
try {
    if (auto state = ready(); !state)
        return state;
    const Segment* segment = staged_->segment(vni);
    if (segment == nullptr)
        return no_segment(vni);
    if (segment->learning != learning)
        staged_->edit(segment->index).value->learning = learning;
    return {};
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<void> Transaction::set_flood(Vni vni, std::vector<Ipv4Address> remotes)
try {
    if (auto state = ready(); !state)
        return state;
    const Segment* segment = staged_->segment(vni);
    if (segment == nullptr)
        return no_segment(vni);
    if (remotes.size() > tables_.limits().flood_remotes)
        return fail(ErrorCode::table_full,
                    fmt::format("a flood list takes {} remotes", tables_.limits().flood_remotes));
    std::vector<VtepId> flood;
    flood.reserve(remotes.size());
    for (Ipv4Address remote : remotes) {
        const Adjacency* vtep = staged_->vtep(remote);
        if (vtep == nullptr)
            return no_vtep(remote);
        flood.push_back(vtep->vtep);
    }
    std::sort(remotes.begin(), remotes.end());
    if (const auto twice = std::adjacent_find(remotes.begin(), remotes.end()); twice != remotes.end())
        return fail(ErrorCode::invalid_argument, fmt::format("the flood list names {} twice", twice->to_string()));
    staged_->edit(segment->index).value->flood = std::move(flood);
    return {};
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<VtepId> Transaction::add_vtep(Ipv4Address address, const AdjacencySpec& spec)
try {
    if (auto state = ready(); !state)
        return tl::unexpected(std::move(state.error()));
    if (staged_->vtep(address) != nullptr)
        return fail(ErrorCode::already_exists, fmt::format("{} is a VTEP in the table already", address.to_string()));
    auto adjacency = Adjacency::make(VtepId::none, address, spec);
    if (!adjacency)
        return tl::unexpected(std::move(adjacency.error()));
    if (const auto removed = staged_->vteps.find(tables_.vteps().id_of(address)); removed != staged_->vteps.end()) {
        adjacency->vtep = removed->first;
        removed->second.value = *adjacency;
        return removed->first;
    }
    return tables_.vteps().allocate(address).map([&](VtepId id) {
        adjacency->vtep = id;
        try {
            staged_->vteps.emplace(id, StagedCell<Adjacency>{*adjacency, true});
        } catch (const std::bad_alloc&) {
            tables_.vteps().release(id);
            throw;
        }
        return id;
    });
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<void> Transaction::set_adjacency(Ipv4Address address, const AdjacencySpec& spec)
try {
    if (auto state = ready(); !state)
        return state;
    const Adjacency* vtep = staged_->vtep(address);
    if (vtep == nullptr)
        return no_vtep(address);
    return Adjacency::make(vtep->vtep, address, spec).map([&](const Adjacency& adjacency) {
        staged_->edit(adjacency.vtep).value = adjacency;
    });
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<void> Transaction::remove_vtep(Ipv4Address address)
try {
    if (auto state = ready(); !state)
        return state;
    const Adjacency* vtep = staged_->vtep(address);
    if (vtep == nullptr)
        return no_vtep(address);
    const VtepId id = vtep->vtep;
    if (staged_->users_of(id) != 0)
        return fail(
            ErrorCode::in_use,
            fmt::format("rows or flood lists name {}; remove them, or name another VTEP there", address.to_string()));
    const bool learned = tables_.writer().rows_to_vtep[index_of(id)].learned != 0;
    const auto keys =
        staged_->keys_of(learned, [&](FdbKey, Row row) { return row.kind() == RowKind::remote && row.vtep() == id; });
    const std::vector<DetourList*> detours = staged_->detours_by(id);
    staged_->edit(id);
    return staged_->erase(keys).map([&] {
        for (DetourList* of_one : detours)
            std::erase_if(*of_one, [&](const Detour& detour) { return names(detour, id); });
        staged_->remove(id);
    });
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<AttachmentId> Transaction::add_attachment(Vni vni, std::vector<MacAddress> macs)
try {
    if (auto state = ready(); !state)
        return tl::unexpected(std::move(state.error()));
    const Segment* segment = staged_->segment(vni);
    if (segment == nullptr)
        return no_segment(vni);
    if (const auto bad = std::find_if_not(macs.begin(), macs.end(), is_endpoint); bad != macs.end())
        return no_endpoint(*bad);
    std::vector<AttachmentId>& members = staged_->edit(segment->index).value->attachments;
    members.reserve(members.size() + 1);
    return tables_.attachments().allocate().map([&](AttachmentId id) {
        try {
            staged_->attachments.emplace(
                id, StagedCell<Attachment>{Attachment{id, segment->index, vni, std::move(macs), {}}, true});
        } catch (const std::bad_alloc&) {
            tables_.attachments().release(id);
            throw;
        }
        members.push_back(id);
        return id;
    });
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<void> Transaction::remove_attachment(AttachmentId id)
try {
    if (auto state = ready(); !state)
        return state;
    const Attachment* attachment = staged_->attachment(id);
    if (attachment == nullptr)
        return fail(ErrorCode::not_found, fmt::format("there is no attachment {}", index_of(id)));
    const RowCount& count = tables_.writer().rows_to_attachment[index_of(id)];
    const auto keys = staged_->keys_of(count.learned + count.other != 0, [&](FdbKey, Row row) {
        return staged_->attachment_of(row) == id;
    });
    std::vector<AttachmentId>& members = staged_->edit(attachment->segment).value->attachments;
    staged_->edit(id);
    return staged_->erase(keys).map([&] {
        members.erase(std::find(members.begin(), members.end(), id));
        staged_->remove(id);
    });
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<void> Transaction::set_detours(AttachmentId id, DetourList detours)
try {
    if (auto state = ready(); !state)
        return state;
    if (staged_->attachment(id) == nullptr)
        return fail(ErrorCode::not_found, fmt::format("there is no attachment {}", index_of(id)));
    if (detours.size() > tables_.limits().detours)
        return fail(ErrorCode::table_full, fmt::format("an attachment takes {} detours", tables_.limits().detours));
    const auto place = [](const Detour& detour) { return std::tuple(detour.source, detour.peer); };
    std::sort(detours.begin(), detours.end(), [&](const Detour& a, const Detour& b) { return place(a) < place(b); });
    for (std::size_t i = 0; i < detours.size(); ++i) {
        for (const VtepId vtep : {detours[i].peer, detours[i].via})
            if (staged_->vtep(vtep) == nullptr)
                return fail(ErrorCode::not_found, fmt::format("there is no VTEP with id {}", index_of(vtep)));
        if (detours[i].peer == detours[i].via || (i != 0 && place(detours[i - 1]) == place(detours[i])))
            return fail(ErrorCode::invalid_argument,
                        "an address has one detour to a VTEP at most, by way of another one");
    }
    staged_->edit(id).value->detours = std::move(detours);
    return {};
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<void> Transaction::set_row(Vni vni, MacAddress mac, Row row)
try {
    if (auto state = ready(); !state)
        return state;
    const Segment* segment = staged_->segment(vni);
    if (segment == nullptr)
        return no_segment(vni);
    if (!is_endpoint(mac))
        return no_endpoint(mac);
    if (auto target = staged_->check_target(*segment, row); !target)
        return target;
    return staged_->set(FdbKey(segment->index, mac), row);
} catch (const std::bad_alloc&) {
    return no_memory();
}

Expected<void> Transaction::remove_row(Vni vni, MacAddress mac)
try {
    if (auto state = ready(); !state)
        return state;
    const Segment* segment = staged_->segment(vni);
    if (segment == nullptr)
        return no_segment(vni);
    const FdbKey key(segment->index, mac);
    if (staged_->row(key).is_absent())
        return fail(ErrorCode::not_found, fmt::format("VNI {} has no row for {}", vni.value(), mac.to_string()));
    return staged_->set(key, Row{});
} catch (const std::bad_alloc&) {
    return no_memory();
}

}  // namespace ferry
