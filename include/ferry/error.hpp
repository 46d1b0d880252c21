// The one way in which set-up and control calls fail: a code to act on and a sentence to read.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace ferry {

/// What kind of thing went wrong. Codes are stable; programs may switch on them.
enum class ErrorCode : std::uint8_t {
    invalid_argument,  ///< the caller's value is outside what is allowed
    not_found,         ///< what is named does not exist
    already_exists,    ///< what is to be made exists
    in_use,            ///< it cannot go while others refer to it
    table_full,        ///< a bound set by configuration is reached
    no_memory,         ///< the system gave no memory
    unavailable,       ///< a device, peer or kernel facility is not there, or not now
    internal,          ///< a call into the system failed in a way that ferry does not expect
};

/// Returns the code's name, for instance "not_found".
constexpr const char* to_string(ErrorCode code) noexcept
{
    switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::already_exists: return "already_exists";
    case ErrorCode::in_use: return "in_use";
    case ErrorCode::table_full: return "table_full";
    case ErrorCode::no_memory: return "no_memory";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::internal: return "internal";
    }
    return "internal";
}

/// A failure: its code, and a sentence that says what is wrong and what to do about it.
struct Error {
    ErrorCode code;
    std::string sentence;
};

template <typename T>
using Expected = tl::expected<T, Error>;

/// Makes the failing side of an Expected.
inline tl::unexpected<Error> fail(ErrorCode code, std::string sentence)
{
    return tl::unexpected<Error>(Error{code, std::move(sentence)});
}

}  // namespace ferry
