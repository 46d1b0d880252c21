"""What the kernel drops because ferryd has not taken it in time is counted to the frame, on both kinds of port.

    vm1 ── A ferryd ── underlay ── B Linux ── vm2        VNI 100; ferryd is stopped for a while (SIGSTOP)
"""

import os
import signal

from support.frames import ethernet, marker, send
from support.outcome import check, step, wait_until
from support.pair import Pair
from support.sandbox import run

FRAMES = 6000  # more than twice the 2,048 that the ports' rings hold


def port(pair: Pair, name: str) -> dict:
    return next(status for status in pair.a.ctl("port", "show") if status["name"] == name)


def test():
    pair = Pair()
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    for sender, receiver, name in ((pair.vm1, pair.vm2, "to-vm1"), (pair.vm2, pair.vm1, "underlay")):
        step(f"{FRAMES} frames from {sender.name} while ferryd stands still: port {name} accounts for each")
        before = port(pair, name)
        check(before["kernel_drops"] == 0, f"drops beforehand: {before}")
        frames = [ethernet(receiver.mac, sender.mac, marker()) for _ in range(FRAMES)]
        os.kill(pair.a.pid, signal.SIGSTOP)
        try:
            send(sender.namespace, "eth0", *frames)
        finally:
            os.kill(pair.a.pid, signal.SIGCONT)

        def accounted() -> bool:  # other frames, such as ARP of the guests' kernels, may come besides
            now = port(pair, name)
            return now["in_frames"] - before["in_frames"] + now["kernel_drops"] >= FRAMES

        wait_until(accounted, "received and dropped frames to add up")
        now = port(pair, name)
        check(now["kernel_drops"] > FRAMES / 2, f"most did not fit into the ring: {now}")
        check(now["in_frames"] - before["in_frames"] + now["kernel_drops"] < FRAMES + 20, f"more than was sent: {now}")
    step("frames pass as before")
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    pair.a.stop()


run(test)
