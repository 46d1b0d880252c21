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
    labels->words_.reset(new (std::nothrow) std::atomic<std::uint64_t>[count]());
    if (labels->words_ == nullptr)
        return no_memory();
    labels->first_ = first;
    labels->count_ = count;
    return labels;
}

Expected<void> Labels::set(Vni label, FdbKey key)
{
    return set_word(label, key.word());
}

Expected<void> Labels::set(Vni label, ExitId exit)
{
    return set_word(label, index_of(exit));
}

Expected<void> Labels::set_word(Vni label, std::uint64_t wanted)
{
    if (!contains(label))
        return fail(ErrorCode::invalid_argument, fmt::format("VNI {} is not in the range of labels", label.value()));
    std::atomic<std::uint64_t>& word = words_[label.value() - first_];
    const std::uint64_t before = word.load(std::memory_order_relaxed);
    if (before != 0 && before != wanted)
        return fail(ErrorCode::already_exists,
                    fmt::format("label {} leads elsewhere; clear it first", label.value()));
    word.store(wanted, std::memory_order_release);
    return {};
}

void Labels::demote(Vni label) noexcept
{
    if (contains(label) && word_of(label) != 0)
        words_[label.value() - first_].store(word_of(label) | demoted, std::memory_order_release);
}

void Labels::clear(Vni label) noexcept
{
    if (contains(label))
        words_[label.value() - first_].store(0, std::memory_order_release);
}

}  // namespace ferry
