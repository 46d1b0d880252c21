/* The senders.
 *
 * P, a ferry host, sends where its row points. When the host there tells it to turn, its workers begin to mark what they
 * send, one after the other; when all do and T_arm is over it changes its row, tells the new host how many it marked, and
 * marks what goes there as behind the barrier until that is settled. L sends to whoever K was last heard from.
 *
 * Mechanisms that can be taken out:
 *   TOLD_BY_D      P changes its row as soon as D announces K     NO_T_ARM     it does not wait between mark and change
 *   STOP_MARKING   it need not mark what it sends past the barrier
 *   T_ARM_TRANSIT  T_arm does not cover the time of a claim on the way back
 *   NO_BARRIER_AT_DEATH  it does not mark what it sends to D when S is dead
 * ASKS: an announcement makes P ask the host that its row names.
 */
#ifdef NO_T_ARM
#define ARMED true
#else
/* On the way back the old host may hold P's frames for its own claim's time; T_arm has to cover that too. */
#if defined(ROLLBACK) && !defined(T_ARM_TRANSIT)
#define HELD_AT_ROW len(merge_p[p_row])
#else
#define HELD_AT_ROW 0
#endif
#define ARMED (HELD_AT_ROW + on_wires[0] + (turns > 1 -> on_wires[1] : 0) + (turns > 2 -> on_wires[2] : 0) == 0)
#endif
#if STREAMS > 1
#define ALL_MARK (marking[0] && marking[1])
#else
#define ALL_MARK marking[0]
#endif

inline send_as_p(flow) {
    sent[flow]++; number = sent[flow]; wave = begun[STREAM(flow)];
    if
    :: behind -> mark = BEHIND(STREAM(flow))
#ifdef STOP_MARKING
    :: behind
#endif
    :: !behind && marking[STREAM(flow)] -> mark = VIA(STREAM(flow)); mark_count[STREAM(flow)]++
    :: else
    fi;
    send(SENDER, p_row, flow);
    number = 0; mark = 0; wave = 0
}

inline stop_marking() {
    marking[0] = 0; mark_count[0] = 0;
#if STREAMS > 1
    marking[1] = 0; mark_count[1] = 0
#endif
}

/* P's row changes; what it sends from now on is behind the barrier. */
inline change_row(target, new_version, known) {
    assert(new_version > p_version);
    p_row = target; p_version = new_version;
    turned_count[0] = mark_count[0];
#if STREAMS > 1
    turned_count[1] = mark_count[1];
#endif
    count_known = known; turned[target] = new_version;
    behind = 1; turning = 0; turn_version = 0; turn_target = 0;
    stop_marking()
}

proctype P() {
    byte number, label, mark;
    byte wave;
end: do
    :: atomic { sent[0] < NP -> send_as_p(0) }
#ifdef TWO_FLOWS
    :: atomic { sent[1] < NP -> send_as_p(1) }
#endif
    :: atomic { turn[p_row] > p_version && !turning && !behind ->
        turning = 1; turns++; turn_version = turn[p_row]; turn_target = turn_to[p_row] }
    :: atomic { turning && !marking[0] -> marking[0] = 1; begun[0]++ }
#if STREAMS > 1
    :: atomic { turning && !marking[1] -> marking[1] = 1; begun[1]++ }
#endif
    :: atomic { turning && ALL_MARK && ARMED -> change_row(turn_target, turn_version, true) }
    :: atomic { behind && settled[p_row] >= p_version -> behind = 0 }
    :: atomic { row[p_row] == DEAD && announced > p_version && announced_by != p_row ->   /* nobody left to ask */
        change_row(announced_by, announced, false);
#ifdef NO_BARRIER_AT_DEATH
        behind = 0
#endif
    }
#ifdef ASKS
    :: atomic { announced > p_version && announced_by != p_row && asked != p_row + 1 -> asked = p_row + 1 }
#endif
#ifdef TOLD_BY_D
    :: atomic { announced > p_version -> p_row = announced_by; p_version = announced }
#endif
    od
}

#ifdef PLAIN
byte l_row = S;

proctype L() {
    byte number, label, mark;
    byte wave;
end: do
    :: atomic { sent[1] < N -> sent[1]++; number = sent[1]; send(SENDER, l_row, 1); number = 0 }
    :: atomic { l_row != vm && ring[vm] -> l_row = vm }               /* the VM speaks as soon as it runs */
    od
}
#endif
