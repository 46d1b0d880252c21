"""Finds the rate: four fifths of the highest one that the guest carries without loss while nothing moves."""

START = 1000
LOWEST = 10
HIGHEST = 32000
TRIAL_SECONDS = 1.5
# What has been found has to hold for longer: the guest's buffers hide for a while that it cannot keep up.
PROOF_SECONDS = 6.0
# A trial that loses is done once more: another process on the machine may have had the cores.
ATTEMPTS = 2
# The search ends when the rate that works and the one that does not are this close.
PRECISION = 1.25
SHARE = 0.8


def find_rate(load, say):
    """Returns datagrams a second for each flow, with all flows and the TCP streams that go with that rate at once, and
    the highest rate that lost nothing."""
    good = _highest_without_loss(load, say)
    if good == 0:
        say(f"even {LOWEST}/s from each peer is not carried without loss; going on at that rate")
        return LOWEST, 0
    rate = _round(good * SHARE)
    say(f"the guest carries {good}/s from each peer without loss; the job runs at {SHARE:.0%} of that, {rate}/s")
    return rate, good


def _highest_without_loss(load, say):
    good, bad = 0, None
    rate = START
    while LOWEST <= rate <= HIGHEST:
        if _carries(rate, load, say):
            good = rate
        else:
            bad = rate
        if bad is None:
            rate = good * 2
        elif good == 0:
            rate = _round(bad / 2)
        else:
            rate = _round((good * bad) ** 0.5)
            if bad <= good * PRECISION or rate == good:
                break
    while good and not _carries(good, load, say, PROOF_SECONDS, attempts=1):
        good = _round(good * 0.9)
    return good


def _carries(rate, load, say, seconds=TRIAL_SECONDS, attempts=ATTEMPTS):
    for _ in range(attempts):
        load.start(rate, seconds)
        flows, streams = load.finish()
        # A sender that could not keep its rate proves nothing about it.
        kept = (all(one.peer["sent"] >= 0.9 * rate * seconds for one in flows)
                and all(one.kept_pace() for one in streams))
        if kept and all(one.complete() for one in flows + streams):
            say(f"  {rate}/s from each peer: all answered")
            return True
        lost = sum(one.peer["sent"] - one.peer["received"] for one in flows)
        sent = sum(one.peer["sent"] for one in flows)
        say(f"  {rate}/s from each peer: " + (
            f"{lost} of {sent} unanswered" if lost else
            "not at that pace" if not kept else
            f"TCP sent {sum(one.peer['retransmitted'] for one in streams)} segments again"))
    return False


def _round(rate):
    """Returns the rate with two leading digits, which is as exact as such a search is."""
    step = 10 ** max(0, len(str(int(rate))) - 2)
    return max(LOWEST, int(rate / step) * step) if rate >= LOWEST else 0
