/* What announce.bpf.c tells ferryd: an endpoint has said on an interface that it is there. For both of them. */
#pragma once

#include <linux/types.h>

/* Announcements of one interface that ferryd hears of in each second of the kernel's clock; more are counted. */
#define ANNOUNCEMENTS_EACH_SECOND 100

enum announcement_kind {
    ANNOUNCED_BY_RARP = 1,
    ANNOUNCED_BY_ARP = 2, /* gratuitous */
    ANNOUNCED_BY_NA = 3,  /* unsolicited neighbour advertisement */
};

struct announcement {
    __u64 time;      /* CLOCK_MONOTONIC in nanoseconds, when the program saw the frame */
    __u32 interface; /* its index */
    __u8 mac[6];     /* the frame's source */
    __u8 kind;
    __u8 zero[5];
};
