"""With any of its mechanisms taken out the model of the move is found wrong, so its checks can fail."""

from support.outcome import check_equal, finish
from support.spin import check

#: what is taken out, the macros that do so, and what the error is about
VARIANTS = {
    "D tells the peers while S relays": ("TWO_FLOWS TOLD_BY_D", ""),
    "turned while frames are docked, count of the grant": ("TWO_FLOWS TURN_EARLY COUNT_AT_GRANT", "delivered"),
    "turned while frames are docked, any frame counts": ("TWO_FLOWS TURN_EARLY COUNT_ANY", "delivered"),
    "flush count fixed at the grant": ("PLAIN COUNT_AT_GRANT", "delivered"),
    "no flush count": ("PLAIN NO_FLUSH_COUNT", "delivered"),
    "D opens on a timer while S lives": ("PLAIN OPEN_ON_TIMER", "delivered"),
    "T_arm shorter than the transit": ("TWO_FLOWS NO_T_ARM", "delivered"),
    "T_plain shorter than the transit": ("PLAIN NO_T_PLAIN", "delivered"),
    "T_plain shorter than the last host's": ("CHAIN PLAIN NP=0 T_PLAIN_ONE_HOP", "delivered"),
    "marking stops before the barrier": ("TWO_FLOWS STOP_MARKING", "delivered"),
    "a mark survives its hop": ("CHAIN TWO_FLOWS MARK_LIVES_ON", "delivered"),
    "settled while frames are held": ("CHAIN N=3 SETTLE_HELD", "delivered"),
    "granted while frames wait to be merged": ("CHAIN PLAIN NP=0 GRANT_UNMERGED", "delivered"),
    "taken by one whose ring has stopped again": ("CHAIN PASSING NP=1 TAKE_STOPPED", "row"),
    "granted while the ring runs": ("CONFLICT GRANT_RUNNING", "won"),
    "granted while the ring runs, for good": ("IMPOSTOR GRANT_RUNNING", ""),
    "no terms": ("RESTART NO_TERMS", "row"),
    "terms of what was used, not seen": ("RESTART TERM_USED", "row"),
    "a peer that turns at S's death does not mark": ("CRASH_S NO_BARRIER_AT_DEATH", "delivered"),
    "back while a turn is under way": ("ROLLBACK N=3 CLAIM_AT_ONCE", "delivered"),
    "the way back without the count of relayed frames": ("ROLLBACK NO_RELAY_COUNT", "delivered"),
}


def test():
    unnoticed = []
    for what, (macros, about) in VARIANTS.items():
        found = check(macros)
        print(f"- {what:<52} {macros:<38} {found.steps:>4} steps  {found.error}", flush=True)
        if not found.error or about not in found.error:
            unnoticed.append(f"{what} ({macros}): {found.error or 'no error'}")
    check_equal(unnoticed, [], "variants in which Spin did not find the error")


finish(test)
