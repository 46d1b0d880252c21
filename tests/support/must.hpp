// Values where an error ends everything.
#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include <ferry/error.hpp>

namespace ferry::test {

/// The value, or an exception with the error's sentence.
template <typename T>
T must(Expected<T> expected)
{
    if (!expected)
        throw std::runtime_error(expected.error().sentence);
    if constexpr (!std::is_void_v<T>)
        return std::move(*expected);
}

}  // namespace ferry::test
