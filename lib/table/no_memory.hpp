// Running out of memory as an Error.
#pragma once

#include <ferry/error.hpp>

namespace ferry {

/// The sentence is short enough for std::string's own buffer, so that saying it needs no memory.
inline tl::unexpected<Error> no_memory()
{
    return fail(ErrorCode::no_memory, "out of memory");
}

}  // namespace ferry
