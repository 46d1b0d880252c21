"""An attachment on a kernel interface whose VM announces itself: the port is started and the row becomes local, by a
program that sees the frame on the interface, also while nobody polls the port. Prints how long that takes.

    vm 02::09 ── eth0 ══ to-vm ── A ferryd ── underlay        VNI 100
                 ftap (net_tap) ──┘
"""

import os
import time

from support.announce import arp_request, gratuitous_arp, rarp
from support.ferryd import FerryVtep
from support.frames import send
from support.hosts import Guest, Underlay
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run

MAC, ADDRESS, OTHER = "02:00:00:00:00:09", "10.0.0.9", "02:00:00:00:00:08"
TAP_MAC = "02:00:00:00:00:0a"
ROUNDS = 200 if "FERRY_TEST_LONG" in os.environ else 20


class Host:
    def __init__(self):
        underlay = Underlay()
        self.a = FerryVtep(underlay, "A", "172.16.0.1")
        self.vm = Guest("vm", MAC)
        self.vm.plug(self.a.namespace, "to-vm")
        self.a.segment(VNI, [])
        self.port = {"name": "vm", "vni": VNI, "macs": [MAC], "hold_ms": 1, "held": True,
                     "device": f"net_af_packet{self.a.next_device()},iface=to-vm"}
        self.a.config["port"].append(self.port)

    def says(self, *frames: bytes) -> None:
        send(self.vm.namespace, "eth0", *frames)

    def counts(self) -> dict:
        return self.a.ctl("stats")["announcements"]

    def state(self, name: str = "vm") -> dict:
        return next(port for port in self.a.ctl("port", "show") if port["name"] == name)

    def programs(self, device: str = "to-vm", side: str = "ingress") -> list[str]:
        """The numbers of the programs that see announcements on an interface."""
        lines = self.a.namespace.command("tc", "filter", "show", "dev", device, side).splitlines()
        return [line.split(" id ")[1].split()[0] for line in lines if "name ferry_announce" in line]

    def has_hook(self, device: str = "to-vm") -> bool:
        return "clsact" in self.a.namespace.command("tc", "qdisc", "show", "dev", device)

    def is_here(self) -> bool:
        row = self.a.row_of(VNI, MAC)
        return row is not None and (row["kind"], row.get("port")) == ("local", "vm")

    def hold(self) -> None:
        """The port is held, and what was held for a while is dropped, so that there is no row."""
        self.a.ctl("hold", "vm")
        wait_until(lambda: self.a.row_of(VNI, MAC) is None, "no row")


def what_announces_nothing(host: Host) -> None:
    step("what announces nothing, or another's MAC, does not start a held port")
    check_equal((host.state()["state"], host.state()["announcements"]), ("held", "kernel"), "the port")
    host.says(arp_request(MAC, ADDRESS, "10.0.0.1"), rarp(OTHER))
    wait_until(lambda: host.counts()["seen"] == 1, "the other MAC's announcement")
    check_equal(host.counts(), {"seen": 1, "started": 0, "refused": 1, "lost": 0, "limited": 0}, "announcements")
    check_equal((host.state()["state"], host.a.row_of(VNI, MAC)), ("held", None), "the port's state, and the row")


def an_announcement(host: Host) -> None:
    step("an announcement starts it: its row is local, and frames come from it")
    host.says(gratuitous_arp(MAC, ADDRESS))
    wait_until(host.is_here, "the row")
    check_equal(host.state()["state"], "up", "the port's state")
    check(host.a.moves(MAC, "destination")[-1]["visible_us"] > 0, "how long it took")
    before = host.state()["in_frames"]
    host.says(arp_request(MAC, ADDRESS, "10.0.0.1"))
    wait_until(lambda: host.state()["in_frames"] > before, "a frame taken from the port")

    step("another one is no news")
    before = host.counts()
    host.says(rarp(MAC))
    wait_until(lambda: host.counts()["seen"] > before["seen"], "it to be seen")
    check_equal(host.counts(), {**before, "seen": before["seen"] + 1}, "announcements")

    step("an operator's row stands; once it is deleted an announcement makes the row local again")
    host.a.vtep("172.16.0.2")
    host.a.ctl("fdb", "replace", MAC, "vni", VNI, "vtep", "172.16.0.2")
    refused = host.counts()["refused"]
    host.says(rarp(MAC))
    wait_until(lambda: host.counts()["refused"] == refused + 1, "its refusal")
    check_equal(host.a.row_of(VNI, MAC)["dst"], "172.16.0.2", "the row")
    host.a.ctl("fdb", "delete", MAC, "vni", VNI)
    # Once in a second a running port is started again.
    wait_until(lambda: host.says(rarp(MAC)) or host.is_here(), "the row")


def from_frame_to_row(host: Host) -> None:
    step(f"from the frame to the changed row, {ROUNDS} times")
    total, kernel = [], []
    for _ in range(ROUNDS):
        host.hold()
        sent = time.time_ns()
        host.says(rarp(MAC))
        wait_until(host.is_here, "the row")
        move = host.a.moves(MAC, "destination")[-1]
        kernel.append(move["visible_us"])
        total.append((move["phases"][0]["time_ns"] - sent) / 1e3 + move["visible_us"])
    load = os.getloadavg()[0]
    for what, taken in (("from send() on", sorted(total)), ("from the program on", sorted(kernel))):
        print(f"  {what}: p50 {taken[len(taken) // 2]:.0f} us, p99 {taken[int(len(taken) * 0.99)]:.0f} us, "
              f"longest {taken[-1]:.0f} us; load {load:.1f} on {os.cpu_count()} CPUs", flush=True)


def a_tap(host: Host) -> None:
    step("on a tap that DPDK holds it is what the kernel sends to it")
    host.a.ctl("port", "add", "tap", "vni", VNI, "mac", TAP_MAC, "device", "net_tap0,iface=ftap", "held")
    host.a.namespace.ip("link set dev ftap up")
    check_equal((len(host.programs("ftap", "egress")), host.programs("ftap")), (1, []), "programs on the tap")
    send(host.a.namespace, "ftap", rarp(TAP_MAC))
    wait_until(lambda: (host.a.row_of(VNI, TAP_MAC) or {}).get("port") == "tap", "the row")
    host.a.ctl("port", "del", "tap")


def its_life(host: Host) -> None:
    step("a kill -9 leaves the program, and the next start replaces it")
    before = host.programs()
    check_equal(len(before), 1, "programs on to-vm")
    host.a.kill()
    check_equal(host.programs(), before, "programs on to-vm, after the kill")
    host.a.start()
    after = host.programs()
    check(len(after) == 1 and after != before, f"one program, and a new one: {before} {after}")
    host.says(rarp(MAC))
    wait_until(host.is_here, "the row")

    step("a port that is removed and a ferryd that stops leave nothing")
    host.a.ctl("port", "del", "vm")
    check_equal((host.programs(), host.has_hook()), ([], False), "programs, and the hook, after the port has gone")
    host.a.ctl("port", "add", "vm", "vni", VNI, "mac", MAC, "device", host.port["device"], "held")
    check_equal(len(host.programs()), 1, "programs on to-vm")
    host.a.stop()
    check_equal((host.programs(), host.has_hook()), ([], False), "programs, and the hook, after the stop")


def goes_without(host: Host, why: str) -> None:
    step(f"{why}: the port is as before, and an announcement starts nothing")
    host.a.start()
    check("announcements" not in host.state() and host.programs() == [], "nobody sees announcements")
    host.says(rarp(MAC), gratuitous_arp(MAC, ADDRESS))
    host.a.ctl("release", "vm")
    wait_until(host.is_here, "the row")
    check_equal((host.counts()["seen"], len(host.a.moves(MAC, "destination"))), (0, 1), "announcements, and starts")
    host.a.stop()


def few_rights(host: Host) -> None:
    step("CAP_BPF and CAP_NET_ADMIN are enough")
    host.a.wrapper = ["setpriv", "--bounding-set", "-sys_admin,-perfmon"]
    host.a.start()
    check_equal((host.state().get("announcements"), len(host.programs())), ("kernel", 1), "who sees announcements")
    host.says(rarp(MAC))
    wait_until(host.is_here, "the row")
    host.a.stop()
    check_equal((host.programs(), host.has_hook()), ([], False), "programs, and the hook, after the stop")


def test():
    host = Host()
    host.a.start()
    what_announces_nothing(host)
    an_announcement(host)
    from_frame_to_row(host)
    a_tap(host)
    its_life(host)
    host.port["announcements"] = "frames"
    goes_without(host, 'announcements = "frames"')
    del host.port["announcements"]
    few_rights(host)
    host.a.wrapper = ["setpriv", "--bounding-set", "-sys_admin,-bpf"]
    goes_without(host, "no right to load programs")
    check("the program that sees announcements does not start" in host.a.log_text(), "a warning that says so")


run(test)
