"""A learned row stays while its endpoint is heard of, and goes when it has been silent for too long.

    vm1 ── A ferryd, ageing after 3 s ── underlay ── B Linux ── vm2        VNI 100
"""

import time

from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI, Pair
from support.sandbox import run


def test():
    pair = Pair(learning={"ageing_seconds": 3})
    pair.vm2.namespace.ping(pair.vm1.ipv4)
    pair.a.wait_for_row(VNI, pair.vm2.mac, pair.b.address)
    step("a ping each quarter of a second keeps the row beyond the three seconds")
    began = heard = time.monotonic()
    longest = 0.0
    while heard < began + 5:
        pair.vm2.namespace.ping(pair.vm1.ipv4, count=1)
        longest, heard = max(longest, time.monotonic() - heard), time.monotonic()
        time.sleep(0.25)
    row = pair.a.row_of(VNI, pair.vm2.mac)
    check(row is not None, "the row is there")
    check_equal((row["origin"], row["dst"]), ("learned", pair.b.address), "the row")
    aged = pair.a.ctl("stats")["totals"]["aged"]
    if longest < 2:  # on a machine that was too busy to ping so often the row may have gone and come again
        check_equal(aged, 0, "rows that aged")
    step("silence lets it go")
    pair.vm1.namespace.ip("link set dev eth0 down")
    pair.vm2.namespace.ip("link set dev eth0 down")
    wait_until(lambda: pair.a.row_of(VNI, pair.vm2.mac) is None, "the row to age", 20)
    check(pair.a.ctl("stats")["totals"]["aged"] > aged, "the row was counted as aged")
    check_equal(pair.a.row_of(VNI, pair.vm1.mac)["kind"], "local", "the attachment's own row, which does not age")


run(test)
