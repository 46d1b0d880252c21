// mbufs from bytes and back.
#pragma once

#include <vector>

#include <rte_mbuf.h>

#include "bytes.hpp"

namespace ferry::test {

/// The pool of this process; all its buffers are free between tests.
rte_mempool* pool();

/// One buffer, with the usual headroom.
rte_mbuf* make_frame(const Bytes& bytes);

/// A buffer whose memory is exactly `bytes` and nothing more, from the heap, so that AddressSanitizer sees every byte
/// read beyond it. It has no headroom.
rte_mbuf* make_exact_frame(const Bytes& bytes);

/// A chain of buffers, of which the first ones hold `sizes` bytes and the last one the rest. Each begins behind the
/// usual headroom.
rte_mbuf* make_chain(const Bytes& bytes, const std::vector<std::size_t>& sizes);

/// The bytes of all its buffers. Checks that the lengths in the chain agree.
Bytes bytes_of_frame(const rte_mbuf& frame);

}  // namespace ferry::test
