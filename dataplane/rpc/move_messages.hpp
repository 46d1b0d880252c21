// Messages about moves (ferry/move/message.hpp) as messages of ferry.proto and back.
#pragma once

#include <optional>

#include <ferry/error.hpp>
#include <ferry/move/message.hpp>

#include "ferry.pb.h"

namespace ferryd {

namespace v1 = ferry::v1;
using ferry::Expected;

v1::MoveMessage to_message(const ferry::move::Message& message);

/// Nothing for a message of a kind that this host does not know. Fails with invalid_argument where a value is outside its
/// range: addresses that no endpoint or VTEP has, labels that are no VNIs, streams above 255 or 0.
Expected<std::optional<ferry::move::Message>> from_message(const v1::MoveMessage& message);

}  // namespace ferryd
