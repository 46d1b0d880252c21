/* The move of one endpoint K from host to host, for Spin: whether a frame for K can be lost, doubled or overtaken by a
 * later one, whether two hosts can own K, and whether a claim can wait for ever. `tests/run model` checks every
 * configuration below; docs/model.md says which there are, and what each of them covers.
 *
 * What is modelled
 *   Frames    N of each flow, numbered, sent at any time. A wire is FIFO for one flow between two hosts (one outer
 *             5-tuple, one path); between wires anything may overtake anything.
 *   Hosts     S, D and with CHAIN or CONFLICT E: rows, dock, merge stage, relay, flush count, turn, mark and barrier. All
 *             frames for K pass one worker of a host, so a host has one dock, and a merge queue for each sender.
 *   Senders   P, a ferry host (flow 0; with TWO_FLOWS flow 1 too), and with PLAIN L, a VTEP that only learns (flow 1).
 *   Messages  Each is a register that the sender writes and the receiver may read whenever it likes: so it may come at once,
 *             late, after a later one, or many times. One that is lost and repeated is one that comes late. A receiver
 *             that would do nothing with it is not bothered with it, so that every run ends.
 *   Time      A timer that is long enough fires when what it waits out is over: T_arm when no frame that P sent before
 *             it marked is on a wire, T_plain when no frame of L is on a wire of the detour, T_merge likewise.
 *   Crashes   CRASH_S, CRASH_D, RESTART: rows, docks and queues are gone, messages not yet read perhaps too, frames that
 *             arrive are lost. The term is on disk.
 * What is not: broadcast, bounds of docks, a wire that loses frames, workers' lagging views of a row, mistaken death; and
 *           labels that are new with each claim, so that with PASSING P has one frame.
 *
 * Configurations, by macro; without any, K moves from S to D
 *   TWO_FLOWS  flow 1 is P's too            STREAMS=2  and a second worker of P marks it in a stream of its own
 *   PLAIN      flow 1 is L's                CANCEL     the VM may start again on S first
 *   CHAIN      it goes on to E              STALE      whose FDB still names S
 *   PASSING    with CHAIN: and from E back to D at once, perhaps before E's claim has been answered
 *   ROLLBACK   it goes back to S            CONFLICT   a second VM with K's address starts on E
 *   CRASH_S    S dies once D's ring runs    CRASH_D    D dies then, and starts again
 *   RESTART    S dies and starts again before the VM moves to D
 *   IMPOSTOR   D's ring starts while S's runs, and S's never stops
 * NO_… and others of peers.pml and host.pml take one mechanism out; each of those must be found wrong.
 */

/* ---- sizes ---- */
#ifndef N
#define N 2
#endif
#ifndef NP
#define NP N                               /* of P */
#endif
#if defined(CHAIN) || defined(CONFLICT)
#define HOSTS 3
#else
#define HOSTS 2
#endif
#if defined(TWO_FLOWS) || defined(PLAIN)
#define FLOWS 2
#else
#define FLOWS 1
#endif
#ifndef STREAMS
#define STREAMS 1
#endif
#define S 0
#define D 1
#define E 2
#define SENDER HOSTS                       /* as a wire's first end: whoever sends the flow */
#ifdef PLAIN
#define IS_PLAIN(flow) ((flow) == 1)
#else
#define IS_PLAIN(flow) false
#endif
#define LAST(flow) (IS_PLAIN(flow) -> N : NP)
#define STREAM(flow) ((flow) % STREAMS)    /* P's worker that sends it */
#define ROOM (N * FLOWS)

/* ---- versions: (term, epoch, host), compared in that order ---- */
#define VERSION(term, epoch, host) ((term) * 64 + (epoch) * 4 + (host))
#define TERM(version) ((version) / 64)
#ifdef RESTART
#define FIRST_VERSION VERSION(1, 2, S)     /* K came from D, whose term is 1 */
#else
#define FIRST_VERSION VERSION(0, 1, S)
#endif
#define NEXT(version, host) ((version) - (version) % 4 + 4 + (host))

/* ---- frames ---- */
/* Label, under which a host relays: 0 none, otherwise of the claim that D made in its life number `life`. */
#define DIRECT 0
#define FLUSH(life) (1 + 2 * (life))
#define RELAY(life) (2 + 2 * (life))
#define IS_FLUSH(label) ((label) % 2 == 1)
#define LIFE(label) (((label) - 1) / 2)
/* Mark: 0 none; VIA, still by way of the old host, for its barrier to count; BEHIND the barrier, direct. */
#define VIA(stream) (1 + (stream))
#define BEHIND(stream) (1 + STREAMS + (stream))
#define IS_VIA(mark) ((mark) > 0 && (mark) <= STREAMS)
#define IS_BEHIND(mark) ((mark) > STREAMS)

#define WIRE(from, to, flow) wire[((from) * HOSTS + (to)) * FLOWS + (flow)]
chan wire[(HOSTS + 1) * HOSTS * FLOWS] = [N] of {byte, byte, byte, byte};   /* number, label, mark, wave */
byte on_wires[4];                          /* frames of P, by how many turns their worker had begun when it sent them */
byte delivered[FLOWS];                     /* the highest number that is in K's ring */
bool crashed;                              /* from here on frames may be lost, by the crash */

/* ---- a host's state of K ---- */
mtype = {REMOTE, CLAIMING, MERGING, OWNER, DRAINING, RELAYING, DEAD};   /* OWNER is Local or Held, as the ring says */
mtype row[HOSTS];
byte to[HOSTS];                            /* where the row points: whom to ask, to whom to relay */
byte version[HOSTS];                       /* of the row */
byte term[HOSTS];                          /* on disk */
byte life[HOSTS];                          /* how often it started: its labels are new each time */
bool ring[HOSTS];
bool won[HOSTS];                           /* the VM that runs here got K */
bool open[HOSTS];                          /* the merge stage lets direct frames through */
bool plain_waited[HOSTS];                  /* T_plain is over */
byte flushed[HOSTS];                       /* flush frames that are in the ring, or in the dock when it stopped */
byte sent_flushed[HOSTS];
byte relayed[HOSTS];                       /* frames sent to the new owner */
byte came_relayed[HOSTS];                  /* frames that came under this host's labels */
byte owed[HOSTS];                          /* how many must have come so before it has drained */
byte relay_life[HOSTS];                    /* of the label under which it relays */
byte marked[HOSTS * STREAMS];              /* marked frames that are in the ring, by stream */
bool knows_count[HOSTS];                   /* TURNED has come */
bool merge_waited[HOSTS];                  /* T_merge is over */
bool hit[HOSTS];                           /* a frame of P took the relay */
chan dock[HOSTS] = [ROOM] of {byte, byte, byte, byte};                  /* flow, number, mark, wave */
chan merge_p[HOSTS] = [ROOM] of {byte, byte, byte, byte};
chan merge_l[HOSTS] = [N] of {byte, byte, byte, byte};

/* ---- messages; 0 where none was sent ---- */
chan claims = [8] of {byte, byte, byte, byte};   /* all that were ever sent: claimant, asked, version known, life */
byte granted[HOSTS]; byte granted_life[HOSTS];   /* GRANT to this host: version, life of the claim that it answers */
byte moved[HOSTS]; byte moved_to[HOSTS];   /* MOVED to this host: version, owner */
byte drained[HOSTS]; byte drained_count[HOSTS];  /* DRAINED to this host: version of the grant, flush frames */
byte turn[HOSTS]; byte turn_to[HOSTS];     /* TURN from this host to P: version, new owner */
byte turned[HOSTS];                        /* TURNED to this host: version */
byte turned_count[STREAMS]; bool count_known;    /* P turns once at a time, so one count will do */
byte settled[HOSTS];                       /* SETTLED from this host: version */
byte announced; byte announced_by;         /* D's or E's announcement: version */
byte asked;                                /* 1 + the host that P asked about K */

/* ---- P ---- */
byte p_row = S; byte p_version;            /* its row of K */
bool turning; byte turn_version; byte turn_target;   /* the TURN that it carries out */
byte turns; byte begun[STREAMS];           /* turns that P has begun, and each of its workers */
bool marking[STREAMS];                     /* this worker marks what it sends by way of the old host */
byte mark_count[STREAMS];
bool behind;                               /* it sends to the new host, behind the barrier, until that is settled */
byte sent[FLOWS];

/* ---- the VM ---- */
byte vm;                                   /* where it runs, or will run next */
bool script_done;

#define COUNT_WAVE(flow, by) if :: !IS_PLAIN(flow) -> on_wires[wave] = on_wires[wave] by 1 :: else fi
/* The frame in the process's number, label, mark and wave goes on a wire. */
inline send(from, towards, flow) {
    WIRE(from, towards, flow)!number, label, mark, wave;
    COUNT_WAVE(flow, +)
}

inline lose() { assert(crashed) }          /* M1 */

#define OTHER_VM(h, other) (h != (other) && ring[other] && won[other])
inline deliver(h, flow) {
    assert(ring[h]);
    assert(number > delivered[flow]);                               /* M2, M3: neither twice nor late */
    assert(number == delivered[flow] + 1 || crashed);               /* M1, M3: none was left out */
    delivered[flow] = number;
    assert(!OTHER_VM(h, S) && !OTHER_VM(h, D) && !OTHER_VM(h, HOSTS - 1))          /* no two VMs get frames of K */
}

/* A row gets a new version: never a lower one. */
inline set_version(h, v) { assert(v > version[h] || row[h] == DEAD); version[h] = v }

#define OWNS(h) (row[h] == OWNER || row[h] == MERGING)
inline become_owner(h, state) {
    row[h] = state; won[h] = ring[h];
#ifdef CONFLICT
    vm = h;
#endif
    assert(OWNS(S) + OWNS(D)
#if HOSTS > 2
        + OWNS(E)
#endif
        == 1)
}

#include "host.pml"
#include "peers.pml"
#include "vm.pml"

/* ---- at the end of every run ---- */
#ifdef CONFLICT
#define MAY_WAIT(h) ((h) != vm)            /* the second VM's claim is denied for as long as the first one runs */
#elif defined(IMPOSTOR)
#define MAY_WAIT(h) ((h) == D)
#else
#define MAY_WAIT(h) false
#endif

proctype Checker() {
    byte i;
    timeout -> atomic {
        assert(script_done);
        for (i : 0 .. FLOWS - 1) { assert(delivered[i] == LAST(i) || crashed) }          /* M1 */
        for (i : 0 .. HOSTS - 1) {
            assert(row[i] != DRAINING && row[i] != MERGING);
            assert(row[i] != CLAIMING || MAY_WAIT(i));                             /* every claim ends */
            assert(MAY_WAIT(i) || (len(dock[i]) == 0 && len(merge_p[i]) == 0 && len(merge_l[i]) == 0))
        }
        assert(row[vm] == OWNER);
        /* P's row leads to the VM: at once if P sent anything by way of a relay, otherwise by relays. */
        assert(!turning && !behind);
        i = p_row;
        assert(i == vm || row[i] == DEAD || !hit[i]);
        do :: row[i] == RELAYING -> assert(version[to[i]] >= version[i]); i = to[i] :: else -> break od;
        assert(i == vm || row[i] == DEAD || row[i] == REMOTE)
    }
}

init {
    atomic {
        byte i;
        p_version = FIRST_VERSION;
        row[S] = OWNER; ring[S] = 1; won[S] = 1; open[S] = 1; plain_waited[S] = 1; to[S] = S;
        for (i : 0 .. HOSTS - 1) { version[i] = FIRST_VERSION; if :: i != S -> row[i] = REMOTE :: else fi }
        for (i : 0 .. HOSTS - 1) { run Host(i) }
        run P();
#ifdef PLAIN
        run L();
#endif
        run VM();
        run Checker()
    }
}
