// Sees RARP, gratuitous ARP and unsolicited neighbour advertisements on the interfaces that ferryd names, tells ferryd
// of them through a ring buffer, and lets every frame go on as it is, to whatever other filters the interface has.
//
// The endpoint that is announced is the frame's source, whose frame it is; what the packet says of other addresses is
// not looked at. VLAN tags do not matter, as they do not in ferry's tables.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "announcement.h"

#define RING_BYTES (1 << 16)
#define ND_HOP_LIMIT 255
#define ND_NEIGHBOUR_ADVERTISEMENT 136
#define NA_SOLICITED 0x40000000
#define ARP_REQUEST 1
#define ARP_REPLY 2
#define RARP_REQUEST 3

struct tag {
    __be16 tci, type;
};

/* Of Ethernet and IPv4, RFC 826. */
struct arp_packet {
    __be16 hardware, protocol;
    __u8 hardware_size, protocol_size;
    __be16 operation;
    __u8 sender_mac[ETH_ALEN];
    __u8 sender_ip[4];
    __u8 target_mac[ETH_ALEN];
    __u8 target_ip[4];
};

struct advertisement {
    __u8 type, code;
    __be16 checksum;
    __be32 flags;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, RING_BYTES);
} announced SEC(".maps");

struct watched {
    struct bpf_spin_lock lock;
    __u32 count; /* in `second` */
    __u64 second;
};

/* By index. ferryd says how many there may be (limits.attachments). */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct watched);
} interfaces SEC(".maps");

/* Announcements that ferryd does not hear of: the ring was full, or the interface had too many in a second. */
__u64 lost = 0, limited = 0;

static __always_inline int is_zero(const __u8* bytes, int count)
{
    __u8 any = 0;
    for (int i = 0; i < count; ++i)
        any |= bytes[i];
    return any == 0;
}

/* RFC 5227 section 3, either form: sender and target are one address. */
static __always_inline int is_arp_announcement(struct __sk_buff* frame, int at, __be16 wanted)
{
    struct arp_packet arp;
    if (bpf_skb_load_bytes(frame, at, &arp, sizeof(arp)) != 0 || arp.hardware != bpf_htons(1) ||
        arp.protocol != bpf_htons(ETH_P_IP) || arp.hardware_size != ETH_ALEN || arp.protocol_size != 4)
        return 0;
    if (wanted == bpf_htons(ETH_P_RARP))
        return arp.operation == bpf_htons(RARP_REQUEST);
    return (arp.operation == bpf_htons(ARP_REQUEST) || arp.operation == bpf_htons(ARP_REPLY)) &&
           __builtin_memcmp(arp.sender_ip, arp.target_ip, 4) == 0 && !is_zero(arp.sender_ip, 4);
}

/* RFC 4861 section 7.2.6: to all nodes, and not because somebody asked. */
static __always_inline int is_unsolicited_advertisement(struct __sk_buff* frame, int at)
{
    struct ipv6hdr ip;
    if (bpf_skb_load_bytes(frame, at, &ip, sizeof(ip)) != 0 || ip.version != 6 || ip.nexthdr != IPPROTO_ICMPV6 ||
        ip.hop_limit != ND_HOP_LIMIT)
        return 0;
    const __be32* to = ip.daddr.in6_u.u6_addr32;
    if (to[0] != bpf_htonl(0xff020000) || to[1] != 0 || to[2] != 0 || to[3] != bpf_htonl(1))
        return 0;
    struct advertisement na;
    return bpf_skb_load_bytes(frame, at + sizeof(ip), &na, sizeof(na)) == 0 && na.type == ND_NEIGHBOUR_ADVERTISEMENT &&
           na.code == 0 && (na.flags & bpf_htonl(NA_SOLICITED)) == 0;
}

static __always_inline int kind_of(struct __sk_buff* frame, __be16 type)
{
    int at = sizeof(struct ethhdr);
    if (type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD)) {
        struct tag tag;
        if (bpf_skb_load_bytes(frame, at, &tag, sizeof(tag)) != 0)
            return 0;
        type = tag.type;
        at += sizeof(tag);
    }
    if (type == bpf_htons(ETH_P_RARP))
        return is_arp_announcement(frame, at, type) ? ANNOUNCED_BY_RARP : 0;
    if (type == bpf_htons(ETH_P_ARP))
        return is_arp_announcement(frame, at, type) ? ANNOUNCED_BY_ARP : 0;
    if (type == bpf_htons(ETH_P_IPV6))
        return is_unsolicited_advertisement(frame, at) ? ANNOUNCED_BY_NA : 0;
    return 0;
}

static __always_inline int may_tell(struct watched* interface, __u64 now)
{
    const __u64 second = now / 1000000000;
    bpf_spin_lock(&interface->lock);
    if (interface->second != second) {
        interface->second = second;
        interface->count = 0;
    }
    const int may = interface->count < ANNOUNCEMENTS_EACH_SECOND;
    if (may)
        interface->count += 1;
    bpf_spin_unlock(&interface->lock);
    return may;
}

SEC("tc")
int ferry_announce(struct __sk_buff* frame)
{
    struct ethhdr ethernet;
    if (bpf_skb_load_bytes(frame, 0, &ethernet, sizeof(ethernet)) != 0)
        return TC_ACT_UNSPEC;
    const int kind = kind_of(frame, ethernet.h_proto);
    if (kind == 0 || (ethernet.h_source[0] & 1) != 0 || is_zero(ethernet.h_source, ETH_ALEN))
        return TC_ACT_UNSPEC;
    const __u32 index = frame->ifindex;
    struct watched* interface = bpf_map_lookup_elem(&interfaces, &index);
    if (!interface)
        return TC_ACT_UNSPEC;
    const __u64 now = bpf_ktime_get_ns();
    if (!may_tell(interface, now)) {
        __sync_fetch_and_add(&limited, 1);
        return TC_ACT_UNSPEC;
    }
    struct announcement* told = bpf_ringbuf_reserve(&announced, sizeof(*told), 0);
    if (!told) {
        __sync_fetch_and_add(&lost, 1);
        return TC_ACT_UNSPEC;
    }
    __builtin_memset(told, 0, sizeof(*told));
    told->time = now;
    told->interface = index;
    __builtin_memcpy(told->mac, ethernet.h_source, ETH_ALEN);
    told->kind = kind;
    bpf_ringbuf_submit(told, 0);
    return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Apache-2.0";
