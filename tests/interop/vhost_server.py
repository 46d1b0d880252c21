"""ferryd as the server of a vhost-user socket: what it offers, guests that come and go, and an attachment that does.

    guest 02::09 ── A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2 ── vm2        VNI 100
"""

import socket
import stat
import struct

from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI, Pair
from support.sandbox import run
from support.vhost_guest import VhostGuest

MAC, ADDRESS = "02:00:00:00:00:09", "10.0.0.9"
GET_FEATURES, VERSION = 1, 1  # of the vhost-user protocol
VERSION_1, LOG_ALL = 1 << 32, 1 << 26
# CSUM, GUEST_CSUM, GUEST_TSO4, GUEST_TSO6, GUEST_ECN, GUEST_UFO, HOST_TSO4, HOST_TSO6, HOST_ECN and HOST_UFO of
# virtio 1.1, section 5.1.3
UNFINISHED = 1 << 0 | 1 << 1 | 0xFF << 7


def offered_features(path: str) -> int:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as guest:
        guest.settimeout(10)
        guest.connect(path)
        guest.sendall(struct.pack("=III", GET_FEATURES, VERSION, 0))
        request, _, size, features = struct.unpack("=IIIQ", guest.recv(20, socket.MSG_WAITALL))
        check_equal((request, size), (GET_FEATURES, 8), "kind and size of the answer")
        return features


def state(pair: Pair) -> str:
    return next(port["state"] for port in pair.a.ctl("port", "show") if port["name"] == "guest")


def test():
    pair = Pair()
    path = pair.a.folder / "guest.sock"
    pair.a.ctl("port", "add", "guest", "vni", VNI, "mac", MAC, "vhost-user", path, "server")
    check(stat.S_ISSOCK(path.stat().st_mode), "ferryd made the socket")
    check_equal(state(pair), "waiting", "state of the port")

    step("no feature that would leave checksums or segments unfinished is offered")
    features = offered_features(str(path))
    check(features & VERSION_1 and features & LOG_ALL, f"a modern device that can migrate: {features:#x}")
    check_equal(features & UNFINISHED, 0, f"bits of unfinished frames in {features:#x}")
    wait_until(lambda: state(pair) == "waiting", "the port to wait again")

    pair.vm2.namespace.ip(f"neighbour replace {ADDRESS} lladdr {MAC} dev eth0 nud permanent")
    guest = VhostGuest("guest", MAC)
    for _ in range(2):
        step("a guest connects, and is reached")
        guest.start(path, server=False)
        wait_until(lambda: state(pair) == "up", "the guest's ring to run")
        check_equal(pair.a.row_of(VNI, MAC)["kind"], "local", "the guest's row")
        # testpmd's ring runs before testpmd has put buffers into it.
        wait_until(lambda: pair.vm2.namespace.reaches(ADDRESS), "the guest's first answer")
        pair.vm2.namespace.ping(ADDRESS)
        step("it goes, and ferryd waits for the next")
        guest.stop()
        wait_until(lambda: state(pair) == "waiting", "the port to wait")
    step("the attachment goes while a guest is connected; so does its socket")
    guest.start(path, server=False)
    wait_until(lambda: state(pair) == "up", "the guest's ring to run")
    pair.a.ctl("port", "del", "guest")
    check(not path.exists(), "the socket is gone")
    check_equal(pair.a.row_of(VNI, MAC), None, "the guest's row")
    guest.stop()
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    pair.a.stop()


run(test)
