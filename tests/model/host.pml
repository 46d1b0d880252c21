/* A host: merge stage, output stage, dock, and its side of the protocol. The frame in hand is in the process's variables
 * number, label, mark and wave.
 *
 * Mechanisms that can be taken out:
 *   NO_FLUSH_COUNT   D opens once it is granted          COUNT_AT_GRANT  the count is the dock's length at the grant
 *   COUNT_ANY        relayed frames count as flushed     OPEN_ON_TIMER   D opens without an answer though S lives
 *   TURN_EARLY       S turns P while its dock drains     MARK_LIVES_ON   a mark is not taken off where its barrier is
 *   NO_T_PLAIN       direct frames of L do not wait      GRANT_RUNNING   S grants although its ring runs
 *   GRANT_UNMERGED   D grants while frames wait in its merge stage
 *   GRANT_OLD_CLAIM  a claim is granted whatever version it knows
 *   TAKE_STOPPED     a claimant takes K unanswered though its ring has stopped again
 *   SETTLE_HELD      D settles while frames are still held behind the barrier
 *   T_PLAIN_ONE_HOP  T_plain does not cover what the host before held for its own T_plain
 *   CLAIM_AT_ONCE    a host to which K comes back claims it though the turn to which it sent P is not over
 *   NO_RELAY_COUNT   the claim of a host that K comes back to does not say how much that host relayed
 */
#define SERVES(h) (row[h] == OWNER || row[h] == MERGING || row[h] == CLAIMING)

/* ---- output stage: ring, dock, or relay ---- */
inline relay(h, flow) {
    if :: !IS_PLAIN(flow) -> hit[h] = 1 :: else fi;
    relayed[h]++;
    send(h, to[h], flow)
}

inline output(h, flow) {
    if
    :: SERVES(h) && ring[h] && len(dock[h]) == 0 -> deliver(h, flow)
    :: row[h] == RELAYING -> label = RELAY(relay_life[h]); relay(h, flow)
    :: else -> dock[h]!flow, number, mark, wave
    fi
}

/* ---- merge stage: direct frames wait here for the opening, their barrier, or T_plain ---- */
#define BARRIER_OVER(h, s) (merge_waited[h] || settled[h] >= turned[h] || \
    (knows_count[h] && count_known && marked[(h) * STREAMS + (s)] >= turned_count[s]))
#define PASSES(h, m) (open[h] && (!IS_BEHIND(m) || BARRIER_OVER(h, (m) - BEHIND(0))))
#ifdef NO_T_PLAIN
#define PLAIN_OVER(h) true
#else
#define PLAIN_OVER(h) (DETOUR(h, 1) == 0 && HELD_BEFORE(h) == 0)
#endif
#ifdef SETTLE_HELD
#define SETTLE_EARLY true
#else
#define SETTLE_EARLY false
#endif
#ifdef TURN_EARLY
#define MAY_TURN(h) (row[h] == DRAINING || row[h] == RELAYING)
#else
#define MAY_TURN(h) (row[h] == RELAYING && !ring[h])
#endif

/* a direct frame is past its barrier: its mark has done its work */
inline pass_barrier() {
    if :: IS_BEHIND(mark) -> mark = 0 :: else fi
}

#ifdef COUNT_ANY
#define COUNTS(label) true
#else
#define COUNTS(label) IS_FLUSH(label)
#endif

inline arrive(h, flow) {
    if
    :: row[h] == REMOTE || row[h] == DEAD -> lose()                  /* split horizon: no row may send it on */
    :: else ->
        if
        :: label != DIRECT && LIFE(label) != life[h] -> lose()       /* of a claim before a restart */
        :: label != DIRECT && LIFE(label) == life[h] ->
            came_relayed[h]++;
            if
            :: COUNTS(label) -> flushed[h]++
            :: else
            fi;
            if
            :: IS_VIA(mark) -> marked[h * STREAMS + mark - VIA(0)]++;
#ifndef MARK_LIVES_ON
               mark = 0
#endif
            :: else
            fi;
            output(h, flow)
        :: label == DIRECT && IS_PLAIN(flow) ->
            if
            :: len(merge_l[h]) == 0 && open[h] && plain_waited[h] -> output(h, flow)
            :: else -> merge_l[h]!flow, number, mark, wave
            fi
        :: else ->
            if
            :: len(merge_p[h]) == 0 && PASSES(h, mark) -> pass_barrier(); output(h, flow)
            :: else -> merge_p[h]!flow, number, mark, wave
            fi
        fi
    fi
}

/* the head of a merge queue, when it may pass */
#define HEAD(queue, m) queue?[_, _, eval(m), _]
#define HEAD_OF_STREAM(h, s) (HEAD(merge_p[h], VIA(s)) || (HEAD(merge_p[h], BEHIND(s)) && BARRIER_OVER(h, s)))

/* ---- T_plain, T_merge: no frame of the flow is under way but from its sender to h ---- */
#if HOSTS == 2
#define DETOUR(h, flow) (len(WIRE(SENDER, 1 - (h), flow)) + len(WIRE(S, D, flow)) + len(WIRE(D, S, flow)))
#else
#define DETOUR(h, flow) (len(WIRE(SENDER, ((h) + 1) % 3, flow)) + len(WIRE(SENDER, ((h) + 2) % 3, flow)) \
    + len(WIRE(S, D, flow)) + len(WIRE(S, E, flow)) + len(WIRE(D, E, flow)))
#endif
#if defined(T_PLAIN_ONE_HOP) || HOSTS == 2
#define HELD_BEFORE(h) 0
#else
#define HELD_BEFORE(h) ((h) == E -> len(merge_l[D]) : 0)
#endif
#if FLOWS > 1
#define ALL_DETOURS(h) (DETOUR(h, 0) + DETOUR(h, 1))
#else
#define ALL_DETOURS(h) DETOUR(h, 0)
#endif

/* T_merge has to step in where marked frames were lost, or came back to where K is again. */
#ifdef ROLLBACK
#define BARRIER_MAY_FAIL true
#define HELD_BY_OTHERS(h) len(merge_p[1 - (h)])
#else
#define BARRIER_MAY_FAIL crashed
#define HELD_BY_OTHERS(h) 0
#endif

#define T_MERGE(h) (BARRIER_MAY_FAIL && ALL_DETOURS(h) == 0 && HELD_BY_OTHERS(h) == 0)

/* ---- claiming ---- */
/* A host that relays claims again only when the turn to which it has sent P is over: what P marked for the other host's
 * barrier must get there. */
#ifdef CLAIM_AT_ONCE
#define TURN_PENDING(h) false
#else
#define TURN_PENDING(h) (turn[h] == version[h] && \
    ((p_row == (h) && p_version < version[h]) || (p_version == version[h] && behind)))
#endif
#define CLAIMS_AGAIN(h) (row[h] == RELAYING && ring[h] && !GRANTS_RUNNING && !TURN_PENDING(h))

inline claim(h) { claims!!h, to[h], version[h], life[h] }

inline start_claim(h) {
    row[h] = CLAIMING; open[h] = 0; plain_waited[h] = 0; flushed[h] = 0; came_relayed[h] = 0;
    knows_count[h] = 0; merge_waited[h] = 0; marked[h * STREAMS] = 0; marked[h * STREAMS + STREAMS - 1] = 0;
    claim(h)
}

/* ---- granting ---- */
#ifdef GRANT_RUNNING
#define GRANTS_RUNNING true
#else
#define GRANTS_RUNNING false
#endif
#define STOPPED(h) (!ring[h] || GRANTS_RUNNING)
#ifdef GRANT_UNMERGED
#define GRANTS(h) (OWNS(h) && STOPPED(h))
#else
#define GRANTS(h) (row[h] == OWNER && STOPPED(h) && len(merge_p[h]) + len(merge_l[h]) == 0)
#endif
#ifdef GRANT_OLD_CLAIM
#define CLAIMED(c, h, a_life) claims??[eval(c), eval(h), _, eval(a_life)]
#else
#define CLAIMED(c, h, a_life) claims??[eval(c), eval(h), eval(version[h]), eval(a_life)]
#endif
#define ASKED(c, h, a_life) claims??[eval(c), eval(h), _, eval(a_life)]

/* c was K's owner before h: what it relayed to h must have come before h has drained. The claim tells how much that is. */
#ifdef NO_RELAY_COUNT
#define CAME_FROM(h, c) false
#else
#define CAME_FROM(h, c) (to[c] == h)
#endif

inline grant(h, c, a_life) {
    set_version(h, NEXT(version[h], c));
    to[h] = c; relay_life[h] = a_life; sent_flushed[h] = 0; hit[h] = 0;
    granted[c] = version[h]; granted_life[c] = a_life;
    row[h] = DRAINING;
    owed[h] = (CAME_FROM(h, c) -> relayed[c] : 0); relayed[h] = 0;
#ifdef COUNT_AT_GRANT
    drained[c] = version[h]; drained_count[c] = len(dock[h]);
#endif
    finish_draining(h)
}

/* A worker whose dock is empty relays from now on, and not before. */
inline finish_draining(h) {
    if
    :: len(dock[h]) == 0 && came_relayed[h] >= owed[h] ->
        row[h] = RELAYING;
#ifndef COUNT_AT_GRANT
        drained[to[h]] = version[h]; drained_count[to[h]] = sent_flushed[h];
#endif
    :: else
    fi
}

/* What h answers to c: GRANT; GRANT under new labels when c forgot that it was given K; MOVED. WAIT, DENY and NOT_MINE
 * change nothing, so they need no message here. */
#define ANSWER(c, a_life) \
    :: atomic { (c) != h && GRANTS(h) && CLAIMED(c, h, a_life) -> grant(h, c, a_life) } \
    :: atomic { (c) != h && (row[h] == DRAINING || row[h] == RELAYING) && to[h] == (c) && relay_life[h] < (a_life) \
                && ASKED(c, h, a_life) -> grant(h, c, a_life) }
#define SAY_MOVED(c) \
    :: atomic { (c) != h && row[c] == CLAIMING && (OWNS(h) || row[h] == DRAINING || row[h] == RELAYING) \
                && !(!OWNS(h) && to[h] == (c)) && version[h] > version[c] && version[h] > moved[c] \
                && ASKED(c, h, life[c]) -> \
                moved[c] = version[h]; moved_to[c] = (OWNS(h) -> h : to[h]) }

#ifdef NO_FLUSH_COUNT
#define FLUSHED(h) true
#else
#define FLUSHED(h) (drained[h] == version[h] && flushed[h] >= drained_count[h])
#endif

#define CLEAR number = 0; label = 0; mark = 0; wave = 0; flow = 0
#define RECEIVE(from, f) \
    :: atomic { nempty(WIRE(from, h, f)) -> WIRE(from, h, f)?number, label, mark, wave; flow = f; COUNT_WAVE(flow, -); \
                arrive(h, flow); CLEAR }

proctype Host(byte h) {
    byte number, label, mark, flow;
    byte wave;
end: do
    /* frames come */
    RECEIVE(SENDER, 0)
    RECEIVE(S, 0)
    RECEIVE(D, 0)
#if HOSTS > 2
    RECEIVE(E, 0)
#endif
#if FLOWS > 1
    RECEIVE(SENDER, 1)
    RECEIVE(S, 1)
    RECEIVE(D, 1)
#if HOSTS > 2
    RECEIVE(E, 1)
#endif
#endif
    /* the worker empties the dock at its head, one frame a step: into the ring, or towards the new owner */
    :: atomic { len(dock[h]) > 0 && SERVES(h) && ring[h] ->
        dock[h]?flow, number, mark, wave; deliver(h, flow); CLEAR }
    :: atomic { len(dock[h]) > 0 && row[h] == DRAINING ->
        dock[h]?flow, number, mark, wave; label = FLUSH(relay_life[h]); sent_flushed[h]++;
        relay(h, flow); CLEAR }
    :: atomic { row[h] == DRAINING && len(dock[h]) == 0 && came_relayed[h] >= owed[h] -> finish_draining(h) }
    /* and the merge queues */
    :: atomic { open[h] && (HEAD(merge_p[h], 0) || HEAD_OF_STREAM(h, 0) || HEAD_OF_STREAM(h, STREAMS - 1)) ->
        merge_p[h]?flow, number, mark, wave; pass_barrier(); output(h, flow); CLEAR }
    :: atomic { open[h] && plain_waited[h] && len(merge_l[h]) > 0 ->
        merge_l[h]?flow, number, mark, wave; output(h, flow); CLEAR }
    :: atomic { open[h] && !plain_waited[h] && len(merge_l[h]) > 0 && PLAIN_OVER(h) -> plain_waited[h] = 1 }

    /* the VM came back */
    :: atomic { CLAIMS_AGAIN(h) -> start_claim(h) }

    /* claims of others */
    ANSWER(S, 0)
    ANSWER(D, 0)
#if HOSTS > 2
    ANSWER(E, 0)
    SAY_MOVED(E)
#endif
#ifdef CRASH_D
    ANSWER(D, 1)
#endif
    SAY_MOVED(S)
    SAY_MOVED(D)

    /* the own claim */
    :: atomic { row[h] == CLAIMING && granted[h] > version[h] && granted_life[h] == life[h] ->
        set_version(h, granted[h]); become_owner(h, MERGING) }
    :: atomic { row[h] == CLAIMING && moved[h] > version[h] && moved_to[h] != h ->
        set_version(h, moved[h]); to[h] = moved_to[h]; claim(h) }
    :: atomic { row[h] == CLAIMING && !ring[h] && OWNS(to[h]) && ring[to[h]] ->   /* DENY: the VM went back */
        assert(len(dock[h]) + len(merge_p[h]) + len(merge_l[h]) == 0); row[h] = REMOTE }
    :: atomic { row[h] == CLAIMING && row[to[h]] == DEAD ->             /* connection refused: D takes K */
        set_version(h, NEXT(version[h], h)); become_owner(h, MERGING) }
    :: atomic { row[h] == CLAIMING && version[h] == 0 && row[to[h]] == REMOTE ->   /* NOT_MINE, say all */
        set_version(h, VERSION(term[h], 1, h)); become_owner(h, MERGING); open[h] = 1 }
    :: atomic { row[h] == MERGING && !open[h] && (FLUSHED(h) || row[to[h]] == DEAD) ->
        open[h] = 1; announced = version[h]; announced_by = h }
#ifdef TAKE_STOPPED
    :: atomic { row[h] == CLAIMING && !ring[h] ->
        set_version(h, NEXT(version[h], h)); become_owner(h, MERGING); open[h] = 1 }
#endif
#ifdef OPEN_ON_TIMER
    :: atomic { row[h] == CLAIMING -> set_version(h, NEXT(version[h], h)); row[h] = MERGING; open[h] = 1 }
#endif
    :: atomic { row[h] == MERGING && open[h] && len(merge_p[h]) + len(merge_l[h]) == 0 -> row[h] = OWNER }

    /* turning P */
    :: atomic { MAY_TURN(h) && (hit[h] || asked == h + 1) && turn[h] < version[h] ->
        turn[h] = version[h]; turn_to[h] = to[h] }
    :: atomic { !knows_count[h] && turned[h] > settled[h] -> knows_count[h] = 1 }
    :: atomic { knows_count[h] && turned[h] > settled[h] && open[h] && BARRIER_OVER(h, 0) && BARRIER_OVER(h, STREAMS - 1) && (SETTLE_EARLY || len(merge_p[h]) == 0) ->
        settled[h] = turned[h]; knows_count[h] = 0; merge_waited[h] = 0; marked[h * STREAMS] = 0;
        marked[h * STREAMS + STREAMS - 1] = 0 }
    :: atomic { T_MERGE(h) && open[h] && !merge_waited[h] && turned[h] > settled[h] -> merge_waited[h] = 1 }
    od
}
