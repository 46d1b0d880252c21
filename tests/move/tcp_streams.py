"""A VM whose operating system is not emulated moves while it talks TCP both ways, beside numbered frames: every byte comes, in
its place, and no frame is lost, duplicated or out of order. How long the streams stood still beyond the VM's pause is printed.
"""

import os
import time

from support.certificates import Authority
from support.moving_vm import MovingVm, percentile
from support.outcome import check_equal, step
from support.sandbox import run
from support.vm_streams import SENDER_ADDRESS, VM_ADDRESS, Stream, operating_systems

MOVES = 100 if "FERRY_TEST_LONG" in os.environ else 10
FRAMES = 5_000       # a second, to the VM
BYTES = 2_000_000    # a second, each way
SETTLES = 0.4        # seconds


def test():
    hosts = MovingVm(tls=Authority("ours"), taps=True, move={"merge_ms": 500})
    vm, sender = operating_systems()
    sender.ping(VM_ADDRESS)
    step(f"{MOVES} moves")
    hosts.begin(FRAMES, FRAMES / 10)
    streams = {"to the VM": Stream(sender, vm, VM_ADDRESS, 5001, BYTES),
               "from the VM": Stream(vm, sender, SENDER_ADDRESS, 5002, BYTES)}
    time.sleep(SETTLES)
    pauses = []
    for _ in range(MOVES):
        times = hosts.move(logging_ms=5, reconnect=False)
        pauses.append((times["stop_asked"], times["started"]))
        time.sleep(SETTLES)
    for stream in streams.values():
        stream.finish()
    hosts.quiet()
    for name, stream in streams.items():
        beyond = stream.beyond(pauses, int(SETTLES * 1e9))
        print(f"  {name}: {stream.received:,} bytes, {stream.retransmitted} segments sent again; stood still beyond the VM's "
              f"pause for {percentile(beyond, .5):.2f} ms (p50), {max(beyond):.2f} ms (longest)", flush=True)
        stream.check_intact()
    for name, counts in zip(("to the VM", "from the VM"), hosts.counts()):
        print(f"  {name}: {counts}", flush=True)
        check_equal((counts.lost, counts.duplicated, counts.reordered, counts.too_old), (0, 0, 0, 0),
                    f"frames {name} that were lost, duplicated, reordered, too old to tell")
    hosts.stop()


run(test)
