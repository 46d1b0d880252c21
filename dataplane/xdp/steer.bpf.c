// Chooses the frames of an AF_XDP underlay port: VXLAN to one of this host's VTEPs goes to the socket of its receive queue,
// everything else to the kernel's stack, as if nobody were here. So does VXLAN where the queue has no socket.
//
// DPDK's driver (xdp_prog=) loads this and puts its sockets into xsks_map; ferryd fills `vteps` (steering.hpp).
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "vtep_key.h"

#define MOST_QUEUES 64
#define MOST_VTEPS 256
#define FRAGMENT_BITS 0x3fff  // "more fragments" and the offset

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, MOST_QUEUES);
    __type(key, __u32);
    __type(value, __u32);
} xsks_map SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, MOST_VTEPS);
    __type(key, struct vtep_key);
    __type(value, __u8);
} vteps SEC(".maps");

struct tag {
    __be16 tci, type;
};

static __always_inline int key_of_ipv4(const void* at, const void* end, struct vtep_key* key, const struct udphdr** udp)
{
    const struct iphdr* ip = at;
    if ((const void*)(ip + 1) > end || ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP ||
        (ip->frag_off & bpf_htons(FRAGMENT_BITS)) != 0)
        return 0;
    key->address[2] = bpf_htonl(0xffff);
    key->address[3] = ip->daddr;
    *udp = (const void*)(ip + 1);
    return 1;
}

static __always_inline int key_of_ipv6(const void* at, const void* end, struct vtep_key* key, const struct udphdr** udp)
{
    const struct ipv6hdr* ip = at;
    if ((const void*)(ip + 1) > end || ip->version != 6 || ip->nexthdr != IPPROTO_UDP)
        return 0;
    __builtin_memcpy(key->address, &ip->daddr, sizeof(key->address));
    *udp = (const void*)(ip + 1);
    return 1;
}

SEC("xdp")
int ferry_steer(struct xdp_md* context)
{
    const void* const end = (const void*)(long)context->data_end;
    const struct ethhdr* ethernet = (const void*)(long)context->data;
    const void* at = ethernet + 1;
    if (at > end)
        return XDP_PASS;
    __be16 type = ethernet->h_proto;
    if (type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD)) {
        const struct tag* tag = at;
        at = tag + 1;
        if (at > end)
            return XDP_PASS;
        type = tag->type;
    }

    struct vtep_key key = {};
    const struct udphdr* udp = 0;
    if (type == bpf_htons(ETH_P_IP)) {
        if (!key_of_ipv4(at, end, &key, &udp))
            return XDP_PASS;
    } else if (type == bpf_htons(ETH_P_IPV6)) {
        if (!key_of_ipv6(at, end, &key, &udp))
            return XDP_PASS;
    } else {
        return XDP_PASS;
    }
    if ((const void*)(udp + 1) > end)
        return XDP_PASS;
    key.port = udp->dest;
    if (!bpf_map_lookup_elem(&vteps, &key))
        return XDP_PASS;
    return bpf_redirect_map(&xsks_map, context->rx_queue_index, XDP_PASS);
}

char _license[] SEC("license") = "Apache-2.0";
