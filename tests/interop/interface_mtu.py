"""A kernel interface whose MTU is smaller than ferryd was told: what is larger is dropped and counted, not lost in silence,
and the other frames of a burst pass; when the MTU is raised everything passes. The same for an interface that goes down.

    vm1 ── A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2 ── vm2        VNI 100
"""

from support.outcome import check, check_equal, step, wait_until
from support.pair import Pair
from support.sandbox import run


def state(pair: Pair, name: str) -> str:
    return next(port["state"] for port in pair.a.ctl("port", "show") if port["name"] == name)


def test():
    pair = Pair()
    full = ("-M", "do", "-s", 1472)  # 1,500 bytes inside, 1,550 outside
    pair.vm1.namespace.ping(pair.vm2.ipv4, *full)
    for interface, sender, receiver in (("ul0", pair.vm1, pair.vm2), ("to-vm1", pair.vm2, pair.vm1)):
        step(f"{interface} has an MTU of 1,400: {sender.name}'s full frames are counted as too big, its small ones pass")
        mtu = pair.a.namespace.command("cat", f"/sys/class/net/{interface}/mtu").strip()
        pair.a.namespace.ip(f"link set dev {interface} mtu 1400")
        before = pair.a.drops().get("frame_too_big", 0)

        def counted() -> bool:  # ferryd looks at the interface ten times a second
            sender.namespace.start("ping", "-n", "-c", "1", "-W", "1", *map(str, full), receiver.ipv4).wait()
            return pair.a.drops().get("frame_too_big", 0) > before

        wait_until(counted, "a frame that is too big", 10)
        sender.namespace.ping(receiver.ipv4)
        pair.a.namespace.ip(f"link set dev {interface} mtu {mtu}")
        wait_until(lambda: not sender.namespace.start("ping", "-n", "-c", "1", "-W", "1", *map(str, full), receiver.ipv4).wait(),
                   "full frames to pass again", 10)

    for interface, name, reason in (("ul0", "underlay", "underlay_down"), ("to-vm1", "to-vm1", "transmit_failed")):
        step(f"{interface} is down: frames for it are counted as {reason}, and pass again when it is up")
        pair.a.namespace.ip(f"link set dev {interface} down")
        wait_until(lambda: state(pair, name) == "down", f"{name} to be seen down")
        sender, receiver = (pair.vm1, pair.vm2) if name == "underlay" else (pair.vm2, pair.vm1)
        sender.namespace.start("ping", "-n", "-c", "3", "-i", "0.2", "-W", "1", receiver.ipv4).wait()
        check(pair.a.drops().get(reason, 0) > 0, f"no drops as {reason}: {pair.a.drops()}")
        pair.a.namespace.ip(f"link set dev {interface} up")
        wait_until(lambda: state(pair, name) == "up", f"{name} to be seen up")
        wait_until(lambda: not sender.namespace.start("ping", "-n", "-c", "1", "-W", "1", receiver.ipv4).wait(), "frames to pass again")

    step("a port whose interface has gone can be removed, and ferryd ends cleanly without it")
    pair.a.namespace.ip("link del dev to-vm1")
    pair.a.ctl("port", "del", "to-vm1")
    check_equal([port["name"] for port in pair.a.ctl("port", "show")], ["underlay"], "ports")
    pair.a.stop()


run(test)
