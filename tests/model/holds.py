"""Every configuration of the move's model is free of errors: M1 to M3, one owner, versions, and every claim ends."""

from support.outcome import check_equal, finish
from support.spin import LONG, check

#: what each configuration is for, and its macros; move.pml says what they mean
CONFIGURATIONS = {
    "one flow of a ferry peer": "N=4",
    "two flows of one stream": "TWO_FLOWS",
    "two streams": "TWO_FLOWS STREAMS=2",
    "the peer asks when it hears the announcement": "TWO_FLOWS ASKS",
    "a ferry peer and a plain one": "PLAIN",
    "cancelled first, two flows": "CANCEL TWO_FLOWS",
    "cancelled first, with a plain peer": "CANCEL PLAIN",
    "on to a third host": "CHAIN N=3",
    "on to a third host, two flows": "CHAIN TWO_FLOWS NP=1",
    "on to a third host that asks the first": "CHAIN STALE N=3",
    "on to a third host and back at once": "CHAIN PASSING NP=1",
    "back to the first host": "ROLLBACK N=3",
    "two VMs claim": "CONFLICT",
    "a second VM starts while the first runs": "IMPOSTOR",
    "the source dies": "CRASH_S N=3",
    "the source dies, with a plain peer": "CRASH_S PLAIN NP=1",
    "the destination dies and starts again": "CRASH_D N=3",
    "the source starts again before the move": "RESTART N=3",
}
LONG_CONFIGURATIONS = {
    "on to a third host, with a plain peer": "CHAIN PLAIN NP=1",
    "two ferry flows on to a third host": "CHAIN TWO_FLOWS",
    "the source dies, plain peer, longer": "CRASH_S PLAIN",
}
#: and those of which every run is shown to end
ENDING = ("TWO_FLOWS", "PLAIN", "CANCEL PLAIN", "CHAIN", "CHAIN PASSING NP=1", "ROLLBACK", "CONFLICT", "IMPOSTOR", "CRASH_S",
          "CRASH_D", "RESTART")


def test():
    wrong = []
    for what, macros in {**CONFIGURATIONS, **(LONG_CONFIGURATIONS if LONG else {})}.items():
        found = check(macros)
        print(f"- {what:<46} {macros:<22} {found.states:>9} states  {found.steps:>4} steps  {found.seconds:6.2f} s  "
              f"{found.error}", flush=True)
        wrong += [f"{macros}: {found.error}, in {found.steps} steps"] if found.error else []
    for macros in ENDING:
        found = check(macros, cycles=True)
        print(f"- every run ends: {macros:<30} {found.states:>9} states  {found.seconds:6.2f} s  {found.error}", flush=True)
        wrong += [f"{macros}: {found.error}"] if found.error else []
    check_equal(wrong, [], "what Spin found wrong")


finish(test)
