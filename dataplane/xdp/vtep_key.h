/* Where VXLAN goes that is this host's: the key of steer.bpf.c's map `vteps`, for the program and for ferryd. */
#pragma once

#include <linux/types.h>

struct vtep_key {
    __be32 address[4]; /* IPv6, or IPv4 as ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2) */
    __be16 port;       /* UDP */
    __u16 zero;
};
