// The UDP header.
#pragma once

#include <ferry/wire/bytes.hpp>

namespace ferry::wire {

/// The UDP header (RFC 768). A zero checksum means that none was computed.
struct UdpHeader {
    be16 source_port;
    be16 destination_port;
    be16 length;  ///< bytes of header and payload
    be16 checksum;
};
static_assert(sizeof(UdpHeader) == 8 && WireStruct<UdpHeader>);

}  // namespace ferry::wire
