"""Finds the rate: half of what the guest carries without loss while nothing moves."""

from .traffic import count

START = 1000
LOWEST = 10
HIGHEST = 32000
TRIAL_SECONDS = 1.5
# A trial that loses is done once more: another process on the machine may have had the cores.
ATTEMPTS = 2
# The search ends when the rate that works and the one that does not are this close.
PRECISION = 1.2


def find_rate(flows, questions, say):
    """Returns datagrams a second for each flow, with all flows running at that rate at once."""
    good = _highest_without_loss(flows, questions, say)
    if good == 0:
        say(f"even {LOWEST}/s from each peer is not carried without loss; going on at that rate")
        return LOWEST
    rate = _round(good / 2)
    say(f"the guest carries {good}/s from each peer without loss; the job runs at half of that, {rate}/s")
    return rate


def _highest_without_loss(flows, questions, say):
    good, bad = 0, None
    rate = START
    while LOWEST <= rate <= HIGHEST:
        if _carries(rate, flows, questions, say):
            good = rate
        else:
            bad = rate
        if bad is None:
            rate = good * 2
        elif good == 0:
            rate = _round(bad / 2)
        elif bad > good * PRECISION:
            rate = _round((good * bad) ** 0.5)
        else:
            break
    return good


def _carries(rate, flows, questions, say):
    for _ in range(ATTEMPTS):
        for flow in flows:
            flow.start(rate, TRIAL_SECONDS)
        counts = count(flows, questions)
        # A sender that could not keep its rate proves nothing about it.
        kept = all(one.peer["sent"] >= 0.9 * rate * TRIAL_SECONDS for one in counts)
        if kept and all(one.complete() for one in counts):
            say(f"  {rate}/s from each peer: all answered")
            return True
        lost = sum(one.peer["sent"] - one.peer["received"] for one in counts)
        sent = sum(one.peer["sent"] for one in counts)
        say(f"  {rate}/s from each peer: " + (f"{lost} of {sent} unanswered" if lost else "the senders fell behind"))
    return False


def _round(rate):
    """Returns the rate with two leading digits, which is as exact as such a search is."""
    step = 10 ** max(0, len(str(int(rate))) - 2)
    return max(LOWEST, int(rate / step) * step) if rate >= LOWEST else 0
