// What the forwarding tables say of one endpoint, in one 64-bit word, so that a change is one atomic store.
#pragma once

#include <compare>
#include <cstdint>

#include <ferry/wire/address.hpp>

namespace ferry {

/// Local index of a segment (one VNI's broadcast domain on this host). 0 is never a segment.
enum class SegmentIndex : std::uint16_t { none = 0 };
/// Local index of a remote VTEP, and so of its adjacency. 0 stands for "a VTEP that is not in the table".
enum class VtepId : std::uint32_t { none = 0 };
/// Local index of an attachment. 0 is never an attachment.
enum class AttachmentId : std::uint32_t { none = 0 };
/// Names a turn (turns.hpp). 0 is never one.
enum class TurnId : std::uint32_t { none = 0 };

constexpr std::uint16_t index_of(SegmentIndex id) noexcept { return static_cast<std::uint16_t>(id); }
constexpr std::uint32_t index_of(VtepId id) noexcept { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t index_of(AttachmentId id) noexcept { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t index_of(TurnId id) noexcept { return static_cast<std::uint32_t>(id); }

/// What to do with a frame for the endpoint.
enum class RowKind : std::uint8_t {
    absent,     ///< no such row: flood
    local,      ///< target is an AttachmentId on this host
    remote,     ///< target is the VtepId behind which the endpoint is
    blackhole,  ///< drop and count
    pending,    ///< inside the table only: the row is part of a transaction; readers never see this kind
    gated,      ///< target is an AttachmentId on this host, where the endpoint comes or goes: to its gate
    turning,    ///< target is a TurnId: this host's frames for the endpoint are changing over to its new host
};

/// Who put the row there, which decides who may change it.
enum class RowOrigin : std::uint8_t {
    permanent,  ///< configuration or an operator: nothing but an operator changes it
    endpoint,   ///< the data path saw the endpoint here, or the ferry host that has it said so
    learned,    ///< taken from a frame's source; ages, and moves with the next frame
};

/// A relay label that stands for the segment's own VNI. It is never a label itself.
inline constexpr Vni own_vni = *Vni::make(Vni::max);

/// One row's value. Bits: 63–60 kind, 59–56 origin, 55–32 relay label, 31–0 target.
///
/// The relay label is zero but in remote rows of a host that had the endpoint: such a host passes on what the underlay
/// still brings for it, under that VNI, or with own_vni under the segment's. Elsewhere a frame from the underlay for a
/// remote row is dropped. What this host's attachments send does not look at it.
class Row {
public:
    constexpr Row() noexcept = default;  ///< an absent row

    static constexpr Row local(AttachmentId target, RowOrigin origin) noexcept
    {
        return Row(RowKind::local, origin, index_of(target));
    }
    static constexpr Row remote(VtepId target, RowOrigin origin) noexcept
    {
        return Row(RowKind::remote, origin, index_of(target));
    }
    /// `label`: own_vni, or one of the labels that the new host chose; not 0.
    static constexpr Row relaying(VtepId target, RowOrigin origin, Vni label = own_vni) noexcept
    {
        Row row(RowKind::remote, origin, index_of(target));
        row.word_ |= std::uint64_t{label.value()} << 32;
        return row;
    }
    static constexpr Row gated(AttachmentId target, RowOrigin origin) noexcept
    {
        return Row(RowKind::gated, origin, index_of(target));
    }
    static constexpr Row turning(TurnId target, RowOrigin origin) noexcept
    {
        return Row(RowKind::turning, origin, index_of(target));
    }
    static constexpr Row blackhole(RowOrigin origin) noexcept { return Row(RowKind::blackhole, origin, 0); }
    static constexpr Row from_word(std::uint64_t word) noexcept
    {
        Row row;
        row.word_ = word;
        return row;
    }

    constexpr RowKind kind() const noexcept { return static_cast<RowKind>(word_ >> 60); }
    constexpr RowOrigin origin() const noexcept { return static_cast<RowOrigin>(word_ >> 56 & 0xf); }
    constexpr bool is_absent() const noexcept { return word_ == 0; }
    /// Meaningful where kind() is remote.
    constexpr VtepId vtep() const noexcept { return VtepId{static_cast<std::uint32_t>(word_)}; }
    /// Meaningful where kind() is remote: the VNI under which frames from the underlay are passed on; 0: they are not.
    constexpr Vni relay_label() const noexcept { return *Vni::make(word_ >> 32 & Vni::max); }
    /// Meaningful where kind() is local or gated.
    constexpr AttachmentId attachment() const noexcept { return AttachmentId{static_cast<std::uint32_t>(word_)}; }
    /// Meaningful where kind() is turning.
    constexpr TurnId turn() const noexcept { return TurnId{static_cast<std::uint32_t>(word_)}; }
    constexpr std::uint64_t word() const noexcept { return word_; }

    friend constexpr bool operator==(Row, Row) noexcept = default;

private:
    constexpr Row(RowKind kind, RowOrigin origin, std::uint32_t target) noexcept
        : word_(std::uint64_t{static_cast<std::uint8_t>(kind)} << 60 |
                std::uint64_t{static_cast<std::uint8_t>(origin)} << 56 | target)
    {
    }

    std::uint64_t word_ = 0;
};
static_assert(sizeof(Row) == 8);

/// The key of a row: segment in the upper 16 bits, MAC in the lower 48. Never 0 and never all ones, because segments
/// 0 and 65535 are none.
class FdbKey {
public:
    constexpr FdbKey() noexcept = default;
    constexpr FdbKey(SegmentIndex segment, MacAddress mac) noexcept
        : word_(std::uint64_t{index_of(segment)} << 48 | mac.to_u48())
    {
    }
    static constexpr FdbKey from_word(std::uint64_t word) noexcept
    {
        FdbKey key;
        key.word_ = word;
        return key;
    }

    constexpr SegmentIndex segment() const noexcept { return SegmentIndex{static_cast<std::uint16_t>(word_ >> 48)}; }
    constexpr MacAddress mac() const noexcept { return MacAddress::from_u48(word_ & 0xffff'ffff'ffff); }
    constexpr std::uint64_t word() const noexcept { return word_; }
    friend constexpr auto operator<=>(FdbKey, FdbKey) noexcept = default;

private:
    std::uint64_t word_ = 0;
};

}  // namespace ferry
