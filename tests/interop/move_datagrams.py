"""Datagrams between hosts: a move's messages go by them where they are answered, and by streams where they are lost, on either
way, before the move or in the middle of it; nothing is lost of what the VM is sent. One that is caught and sent again, whole or
changed, is refused, counted, and changes nothing.

    vm ── S ferryd ──┬── underlay ──┬── Q ferryd ── q
    (or)─ D ferryd ──┘              └── X  sends again what it has caught
"""

import contextlib
import socket
import time

from support.capture import Capture
from support.certificates import Authority
from support.moving_hosts import ADDRESSES, VM, MovingHosts
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run
from support.xdp import drops

PORT = 4790
UDP_TO_PORT = [(12, 0xFF, 0x08), (13, 0xFF, 0x00), (23, 0xFF, 17), (36, 0xFF, PORT >> 8), (37, 0xFF, PORT & 0xFF)]


def peer(bed: MovingHosts, here: str, there: str) -> dict:
    return next(one for one in bed.hosts[here].ctl("peers") if one["vtep"] == ADDRESSES[there])


def answered(bed: MovingHosts, here: str, there: str) -> bool:
    return peer(bed, here, there)["datagram_rtt_us"] is not None


def by_datagram(bed: MovingHosts, here: str, there: str) -> int:
    return peer(bed, here, there)["sent_by_datagram"]


def refused(bed: MovingHosts, name: str) -> int:
    return sum(one["dropped"] for one in bed.hosts[name].ctl("peers") if one["vtep"] == "0.0.0.0")


def moved(bed: MovingHosts, here: str, there: str) -> None:
    """One move with traffic, by the grant of the old host and without a loss."""
    bed.check_lossless_move(here, there)
    for name in (here, there):
        wait_until(lambda: all(move["closed"] for move in bed.moves(name)), f"{name}'s closed books", 20)
    check("grant_received" in bed.phases(there, "destination"), f"{there} was granted the VM: {bed.moves(there)[-1]}")


def lost(bed: MovingHosts, name: str):
    """Datagrams of other hosts do not get to this one inside the block."""
    return drops(bed.hosts[name].namespace, "ul0", UDP_TO_PORT, 42)


def test():
    bed = MovingHosts("SDQ", absent="X", tls=Authority("ours"), move={"hold_ms": 3000, "arm_ms": 100, "lease_ms": 700})
    pairs = [(here, there) for here in "SDQ" for there in "SDQ" if here != there]
    step("all hosts answer each other's datagrams")
    wait_until(lambda: all(answered(bed, *pair) for pair in pairs), "answers to all datagrams", 10)

    step("a move's messages go by datagram")
    caught = Capture(bed.hosts["S"].namespace, "ul0")
    moved(bed, "S", "D")
    for here, there in (("D", "S"), ("S", "D"), ("S", "Q"), ("Q", "D"), ("D", "Q")):
        check(by_datagram(bed, here, there) > 0, f"{here} has sent datagrams to {there}: {peer(bed, here, there)}")
    here, there = "D", "S"

    step("caught datagrams are sent again, as they were and changed")
    datagrams = [frame[42:] for frame in caught.frames()
                 if frame[12:14] == b"\x08\x00" and frame[23] == 17 and frame[36:38] == PORT.to_bytes(2, "big")
                 and frame[30:34] == socket.inet_aton(ADDRESSES["S"])]
    check(len(datagrams) >= 4, f"{len(datagrams)} datagrams were caught on their way to S")
    check(not any(bytes.fromhex(VM.replace(":", "")) in datagram or bytes.fromhex(VM.replace(":", ""))[::-1] in datagram
                  for datagram in datagrams), "the VM's MAC is not to be read")
    before = refused(bed, "S")
    again = datagrams + [datagram[:20] + bytes([datagram[20] ^ 1]) + datagram[21:] for datagram in datagrams]
    # As if they came later: the number is another one.
    again += [datagram[:12] + bytes([datagram[12] ^ 0x40]) + datagram[13:] for datagram in datagrams]
    with bed.absent["X"].socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for datagram in again:
            out.sendto(datagram, (ADDRESSES["S"], PORT))
    wait_until(lambda: refused(bed, "S") - before == len(again), f"{len(again)} refused datagrams at S")
    check_equal(bed.hosts["D"].row_of(VNI, VM)["kind"], "local", "D's row of the VM")
    moved(bed, here, there)
    here, there = there, here

    for victims in ("D", "S", "SD", "SDQ"):
        step(f"datagrams to {' and '.join(victims)} are lost from now on, and the VM moves from {here} to {there}")
        wait_until(lambda: all(answered(bed, *pair) for pair in pairs), "answers to all datagrams", 10)
        with contextlib.ExitStack() as losses:
            for name in victims:
                losses.enter_context(lost(bed, name))
            moved(bed, here, there)
            here, there = there, here
            step("and again when nobody uses datagrams to there any more")
            wait_until(lambda: not any(answered(bed, *pair) for pair in pairs if pair[1] in victims), "no answers", 10)
            counts = {pair: by_datagram(bed, *pair) for pair in pairs if pair[1] in victims}
            moved(bed, here, there)
            here, there = there, here
            check_equal({pair: by_datagram(bed, *pair) for pair in counts}, counts, "messages by datagram")
    step("they come again: and are used again")
    wait_until(lambda: all(answered(bed, *pair) for pair in pairs), "answers to all datagrams", 10)
    before = by_datagram(bed, there, here)
    moved(bed, here, there)
    check(by_datagram(bed, there, here) > before, "the claim went by datagram")
    bed.check_books()
    time.sleep(0.1)
    bed.stop_all()


run(test)
