"""ferryd stops cleanly by SIGTERM and SIGINT and leaves nothing; after a kill -9 it starts again over what was left.

    vm1 ── A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2 ── vm2        VNI 100
"""

import signal

from support.outcome import check, check_equal, step
from support.pair import Pair
from support.sandbox import files_under_run, processes, run


def namespaces(pair: Pair) -> set[str]:
    """The files that the test's own namespaces are."""
    return {f"/run/netns/{name}" for name in ("underlay", pair.a.name, pair.b.name, pair.vm1.name, pair.vm2.name)}


def test():
    pair = Pair()
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    for number in (signal.SIGTERM, signal.SIGINT):
        step(f"stop by {number.name}")
        pair.a.stop(number)
        check_equal(files_under_run(), namespaces(pair), "files under /run")
        check_equal(processes(), {}, "processes")
        step("start again")
        pair.a.start()
        pair.vm1.namespace.ping(pair.vm2.ipv4)

    for turn in range(3):
        step("kill -9 and start again")
        pair.a.kill()
        check_equal(processes(), {}, "processes")
        pair.a.start()
        pair.vm2.namespace.ping(pair.vm1.ipv4)
    step("a second ferryd with the same configuration is refused and does not disturb the first")
    another = pair.a.run_another()
    check(another.returncode > 0 and str(pair.a.socket) in another.stderr, f"{another.returncode}: {another.stderr}")
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    step("stop while traffic runs")
    flood = pair.vm1.namespace.start("ping", "-q", "-f", "-w", "30", pair.vm2.ipv4)
    pair.vm2.namespace.ping(pair.vm1.ipv4)
    pair.a.stop()
    flood.kill()
    flood.wait()
    check_equal(files_under_run(), namespaces(pair), "files under /run")
    check_equal(processes(), {}, "processes")


run(test)
