/* The VM's hypervisors: which ring stops and starts when, and which ferry host dies. QEMU waits for S's ring to have
 * stopped before D's starts. */
inline stop_ring(h) { ring[h] = 0; won[h] = 0 }

inline start_ring(h) {
    ring[h] = 1;
#ifndef CONFLICT
    vm = h;
#endif
    if
    :: OWNS(h) -> won[h] = 1                                          /* cancelled: the dock is replayed */
    :: row[h] == CLAIMING || row[h] == DRAINING || row[h] == RELAYING /* what is under way goes on: CLAIMS_AGAIN */
    :: else -> start_claim(h)
    fi
}

/* Everything in h's memory is gone. */
inline forget(h) {
    crashed = 1;
    do :: nempty(dock[h]) -> dock[h]?_, _, _, _ :: empty(dock[h]) -> break od;
    do :: nempty(merge_p[h]) -> merge_p[h]?_, _, _, _ :: empty(merge_p[h]) -> break od;
    do :: nempty(merge_l[h]) -> merge_l[h]?_, _, _, _ :: empty(merge_l[h]) -> break od;
    open[h] = 0; plain_waited[h] = 0; knows_count[h] = 0; merge_waited[h] = 0; flushed[h] = 0; sent_flushed[h] = 0;
    hit[h] = 0; won[h] = 0; relayed[h] = 0; came_relayed[h] = 0; owed[h] = 0; version[h] = 0; marked[h * STREAMS] = 0; marked[h * STREAMS + STREAMS - 1] = 0
}

/* A message of a host that died may still come, or never. */
inline perhaps_lost(message) {
    if :: message = 0 :: message != 0 fi
}

inline restart(h) {
    forget(h);
    ring[h] = 0; row[h] = REMOTE; life[h]++; to[h] = 1 - h;
#ifdef NO_TERMS
    term[h] = 0
#else
    term[h]++
#endif
}

proctype VM() {
#ifdef RESTART
#if !defined(TERM_USED)
    term[S] = TERM(FIRST_VERSION);                                    /* it has seen K's version */
#endif
    atomic { restart(S) };
    atomic { start_ring(S) };
    atomic { row[S] == OWNER };
#endif
#ifdef IMPOSTOR
    atomic { ring[D] = 1; to[D] = S; start_claim(D); vm = S };
#else
    atomic { stop_ring(S) };
#ifdef CANCEL
    if
    :: atomic { start_ring(S) }; atomic { stop_ring(S) }
    :: skip
    fi;
#endif
    atomic { to[D] = S; start_ring(D) };
#endif
#ifdef CHAIN
    atomic { stop_ring(D) };
#ifdef STALE
    atomic { row[D] != CLAIMING -> to[E] = S; start_ring(E) };
#else
    atomic { to[E] = D; start_ring(E) };
#endif
#endif
#ifdef PASSING
    atomic { stop_ring(E) };
    atomic { start_ring(D) };
#endif
#ifdef ROLLBACK
    atomic { stop_ring(D) };
    atomic { start_ring(S) };
#endif
#ifdef CONFLICT
    atomic { to[E] = S; start_ring(E) };
#endif
#ifdef CRASH_S
    if
    :: atomic { forget(S); row[S] = DEAD;
        perhaps_lost(granted[D]); perhaps_lost(drained[D]); perhaps_lost(turn[S]); perhaps_lost(moved[D]) }
    fi;
#endif
#ifdef CRASH_D
    atomic { restart(D); perhaps_lost(settled[D]); perhaps_lost(announced) };
    atomic { start_ring(D) };
#endif
    script_done = 1
}
