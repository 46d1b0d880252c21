#include <ferry/table/labels.hpp>

#include <new>

#include <fmt/format.h>

#include "table/no_memory.hpp"

namespace ferry {

Expected<std::unique_ptr<Labels>> Labels::make(std::uint32_t first, std::uint32_t count)
{
    if (count != 0 && (first == 0 || first > Vni::max || count > Vni::max - first || (first | count) % 2 != 0))
        return fail(ErrorCode::invalid_argument,
                    "labels must be VNIs from 1 to 16777214, the first one even, and their number even");
    std::unique_ptr<Labels> labels(new (std::nothrow) Labels);
    if (labels == nullptr)
        return no_memory();
    labels->keys_.reset(new (std::nothrow) std::atomic<std::uint64_t>[count]());
    if (labels->keys_ == nullptr)
        return no_memory();
    labels->first_ = first;
    labels->count_ = count;
    return labels;
}

Expected<void> Labels::set(Vni label, FdbKey key)
{
    if (!contains(label))
        return fail(ErrorCode::invalid_argument, fmt::format("VNI {} is not in the range of labels", label.value()));
    std::atomic<std::uint64_t>& word = keys_[label.value() - first_];
    const std::uint64_t before = word.load(std::memory_order_relaxed);
    if (before != 0 && before != key.word())
        return fail(ErrorCode::already_exists,
                    fmt::format("label {} leads to another endpoint; clear it first", label.value()));
    word.store(key.word(), std::memory_order_release);
    return {};
}

void Labels::demote(Vni label) noexcept
{
    if (contains(label) && word_of(label) != 0)
        keys_[label.value() - first_].store(word_of(label) | demoted, std::memory_order_release);
}

void Labels::clear(Vni label) noexcept
{
    if (contains(label))
        keys_[label.value() - first_].store(0, std::memory_order_release);
}

}  // namespace ferry
