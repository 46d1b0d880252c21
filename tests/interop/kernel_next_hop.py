"""ferryd has no next hop in its configuration and goes by the kernel's routes and neighbours, also while they change.

                                           ┌── R1 172.16.0.254  172.17.0.254 ──┐
    vm1 ── A ferryd 172.16.0.1 ── underlay ┤                                   ├ far ── B Linux 172.17.0.2 ── vm2   VNI 100
                                           └── R2 172.16.0.253  172.17.0.253 ──┘
"""

import signal

from support.capture import Capture
from support.ferryd import FerryVtep
from support.frames import ethernet, marker, send
from support.hosts import Guest, LinuxVtep, Underlay, underlay_mac
from support.netns import Namespace
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run

B = "172.17.0.2"
R1, R2 = "172.16.0.254", "172.16.0.253"


class Routed:
    def __init__(self):
        self.underlay, self.far = Underlay(), Underlay(name="far")
        self.a = FerryVtep(self.underlay, "A", "172.16.0.1")
        self.b = LinuxVtep(self.far, "B", B)
        self.routers = {name: self._router(name, near, near.replace("172.16", "172.17"))
                        for name, near in (("R1", R1), ("R2", R2))}
        self.b.namespace.ip("route add 172.16.0.0/24 via 172.17.0.254")
        self.route(f"via {R1}")
        self.vm1 = Guest("vm1", "02:00:00:00:00:01", "10.0.0.1/24")
        self.vm2 = Guest("vm2", "02:00:00:00:00:02", "10.0.0.2/24")
        self.a.config["vtep"].append({"address": B})
        self.a.segment(VNI, [B])
        self.a.attach(VNI, self.vm1)
        self.b.segment(VNI, [self.a.address])
        self.b.attach(VNI, self.vm2)
        self.wires = {name: Capture(self.underlay.namespace, name) for name in self.routers}
        self.a.start()

    def _router(self, name: str, near: str, far: str) -> Namespace:
        namespace = Namespace(name)
        self.underlay.connect(namespace, near)
        self.far.connect(namespace, far, "ul1")
        namespace.sysctl("net.ipv4.ip_forward", 1)
        return namespace

    def route(self, way: str) -> None:
        """The way from A's kernel to B's network."""
        self.a.namespace.ip(f"route replace 172.17.0.0/24 {way}")

    def vtep(self, address: str = B) -> dict:
        return next(vtep for vtep in self.a.ctl("vtep", "show") if vtep["address"] == address)

    def wait_for(self, address: str = B, **wanted) -> dict:
        """Waits until ferryd shows all of this of the VTEP."""
        def as_wanted():
            shown = self.vtep(address)
            return shown if all(shown.get(key) == value for key, value in wanted.items()) else None
        return wait_until(as_wanted, f"VTEP {address} with {wanted}", 60)

    def send_marked(self, *texts: str, size: int = 0) -> list[bytes]:
        """vm1 sends a frame to vm2 for each text, with a marker that is returned."""
        marks = [marker(text) for text in texts]
        send(self.vm1.namespace, "eth0",
             *(ethernet(self.vm2.mac, self.vm1.mac, mark.ljust(size, b"\0")) for mark in marks))
        return marks

    def wait_for_drops(self, reason: str, count: int) -> None:
        wait_until(lambda: self.drops(reason) >= count, f"{count} frames dropped as {reason}: {self.a.drops()}", 60)
        check_equal(self.drops(reason), count, f"frames dropped as {reason}")

    def drops(self, reason: str) -> int:
        return self.a.drops().get(reason, 0)

    def forget_neighbour(self, address: str) -> None:
        """A's kernel does not know the router's MAC any more, and the router does not tell it."""
        self.routers["R1" if address == R1 else "R2"].ip("link set dev ul0 arp off")
        self.a.namespace.ip(f"neighbour flush to {address}")
        self.wait_for(state="unresolved", via=address)

    def tell_neighbour(self, address: str) -> None:
        """The kernel is told as by ARP. The router's own interface answers again too."""
        self.routers["R1" if address == R1 else "R2"].ip("link set dev ul0 arp on")
        self.a.namespace.ip(f"neighbour replace {address} lladdr {underlay_mac(address)} dev ul0 nud reachable")


def test():
    net = Routed()
    a, vm1, vm2 = net.a, net.vm1, net.vm2
    step("guests reach each other by the router that the kernel's route names")
    vm1.namespace.ping(vm2.ipv4)
    for guest, other in ((vm1, vm2), (vm2, vm1)):  # from now on guests send nothing of their own
        guest.namespace.ip(f"neighbour replace {other.ipv4} lladdr {other.mac} dev eth0 nud permanent")
    net.wait_for(state="resolved", via=R1, next_hop=underlay_mac(R1), mtu=1600)
    a.wait_for_row(VNI, vm2.mac, B)
    row = {key: value for key, value in a.row_of(VNI, vm2.mac).items() if key != "idle_seconds"}

    step("the route moves to the other router, and frames with it; no row changes")
    net.route(f"via {R2}")
    net.wait_for(state="resolved", via=R2, next_hop=underlay_mac(R2))
    [mark] = net.send_marked("by R2")
    wait_until(lambda: net.wires["R2"].matching(mark), "the frame going by R2")
    check_equal(len(net.wires["R1"].matching(mark)), 0, "copies by R1")
    now = a.row_of(VNI, vm2.mac)
    check(all(now.get(key) == value for key, value in row.items()), f"the row is the one before: {row}, {now}")
    vm1.namespace.ping(vm2.ipv4)

    step("the router gets another MAC")
    net.routers["R2"].ip("link set dev ul0 address 02:00:00:00:99:99")
    a.namespace.ip(f"neighbour flush to {R2}")
    net.wait_for(state="resolved", via=R2, next_hop="02:00:00:00:99:99")
    vm1.namespace.ping(vm2.ipv4)
    net.routers["R2"].ip(f"link set dev ul0 address {underlay_mac(R2)}")
    a.namespace.ip(f"neighbour flush to {R2}")
    net.wait_for(state="resolved", via=R2, next_hop=underlay_mac(R2))

    step("the kernel, which sends nothing itself, confirms a neighbour that has gone stale")
    a.namespace.ip(f"neighbour replace {R2} lladdr {underlay_mac(R2)} dev ul0 nud stale")
    wait_until(lambda: "REACHABLE" in a.namespace.ip(f"neighbour show {R2}"), "the neighbour being confirmed", 60)
    check_equal(net.vtep()["state"], "resolved", "state of the VTEP behind it")

    step("frames wait, in order, for a neighbour that is not known")
    for attempt in range(10):  # where the machine is too busy to tell before they have waited too long, they are dropped
        net.forget_neighbour(R2)
        before = net.drops("neighbour_unknown")
        marks = net.send_marked(*(f"waits {attempt} {i}" for i in range(8)))
        net.tell_neighbour(R2)
        net.wait_for(state="resolved", via=R2)

        def arrived():
            return [mark for mark in marks if net.wires["R2"].matching(mark)]
        wait_until(lambda: len(arrived()) + net.drops("neighbour_unknown") - before == len(marks),
                   "each frame having left or having been counted")
        if len(arrived()) == len(marks):
            break
    check_equal(arrived(), marks, "frames that waited")
    leave_in_order(net.wires["R2"], marks)

    step("one that never becomes known: what waits is bounded in number and time, and counted")
    net.forget_neighbour(R2)
    before = net.drops("neighbour_unknown")
    net.send_marked(*(f"in vain {i}" for i in range(40)))
    net.wait_for_drops("neighbour_unknown", before + 40)
    check("172.16.0.253" in net.vtep()["reason"], f"the reason names the neighbour: {net.vtep()}")
    net.tell_neighbour(R2)
    net.wait_for(state="resolved", via=R2)
    vm1.namespace.ping(vm2.ipv4)

    step("the route has an IPv6 gateway, as unnumbered BGP makes them")
    for host in (a.namespace, net.routers["R1"]):
        host.sysctl("net.ipv6.conf.ul0.disable_ipv6", 0)
    net.routers["R1"].ip("address add fe80::254/64 dev ul0 nodad")
    a.namespace.ip("address add fe80::1/64 dev ul0 nodad")
    net.route("via inet6 fe80::254 dev ul0")
    net.wait_for(state="resolved", via="fe80::254", next_hop=underlay_mac(R1))
    vm1.namespace.ping(vm2.ipv4)
    for host in (a.namespace, net.routers["R1"]):
        host.sysctl("net.ipv6.conf.ul0.disable_ipv6", 1)
    net.route(f"via {R2}")
    net.wait_for(state="resolved", via=R2)

    step("no route, or one by another interface: unreachable, and counted")
    a.namespace.ip("route delete 172.17.0.0/24")
    check("no route" in net.wait_for(state="unreachable")["reason"], f"the reason is the route: {net.vtep()}")
    net.send_marked("nowhere")
    net.wait_for_drops("vtep_unreachable", 1)
    net.route("dev lo")
    wait_until(lambda: "leaves by lo" in net.vtep().get("reason", ""), "the reason naming the interface")
    net.send_marked("elsewhere")
    net.wait_for_drops("vtep_unreachable", 2)

    step("the route says a smaller MTU")
    net.route(f"via {R1} mtu 1400")
    net.wait_for(state="resolved", via=R1, mtu=1400)
    net.send_marked("large", size=1380)
    net.wait_for_drops("frame_too_big", 1)
    a.namespace.ip("link set dev ul0 mtu 1300")
    net.wait_for(state="resolved", via=R1, mtu=1300)
    a.namespace.ip("link set dev ul0 mtu 1600")
    net.route(f"via {R1}")
    net.wait_for(state="resolved", via=R1, mtu=1600)

    step("a link behind the router has a smaller MTU: the router says so, and larger frames are dropped and counted")
    before = net.drops("frame_too_big")
    net.routers["R1"].ip("link set dev ul1 mtu 1400")

    def told():
        net.send_marked("too large for a link on the way", size=1480)
        return net.vtep()["mtu"] == 1400
    wait_until(told, "the MTU that the router tells", 60)
    net.send_marked("larger than the path", size=1480)
    wait_until(lambda: net.drops("frame_too_big") > before, "a frame dropped as too big")
    [mark] = net.send_marked("of the path's size", size=1300)
    wait_until(lambda: net.wires["R1"].matching(mark), "a frame that the path takes")
    net.routers["R1"].ip("link set dev ul1 mtu 1600")
    net.route(f"via {R2}")
    net.wait_for(state="resolved", via=R2, mtu=1600)
    net.route(f"via {R1}")
    net.wait_for(state="resolved", via=R1, mtu=1600)

    step("more happens than the kernel keeps for ferryd: nothing is missed")
    a.send_signal(signal.SIGSTOP)
    a.namespace.batch([f"route add 10.{i // 250}.{i % 250}.0/24 via {R1}" for i in range(5000)])
    a.namespace.ip(f"neighbour replace {R1} lladdr 02:00:00:00:77:77 dev ul0 nud permanent")
    a.send_signal(signal.SIGCONT)
    net.wait_for(state="resolved", via=R1, next_hop="02:00:00:00:77:77")
    a.namespace.ip(f"neighbour replace {R1} lladdr {underlay_mac(R1)} dev ul0 nud reachable")
    net.wait_for(state="resolved", via=R1, next_hop=underlay_mac(R1))

    step("the underlay's link goes down and comes up")
    a.namespace.ip("link set dev ul0 down")
    net.wait_for(state="down")
    net.send_marked("down")
    net.wait_for_drops("underlay_down", 1)
    a.namespace.ip("link set dev ul0 up")
    net.route(f"via {R1}")
    net.wait_for(state="resolved", via=R1)
    wait_until(lambda: vm1.namespace.reaches(vm2.ipv4), "an echo by the link that is up again", 30)

    step("a configured next hop and the kernel's take turns; a VTEP on the link is its own next hop")
    a.ctl("vtep", "change", B, "mac", underlay_mac(R2))
    check_equal(net.vtep()["state"], "configured", "its state")
    vm1.namespace.ping(vm2.ipv4)
    a.ctl("vtep", "change", B)
    net.wait_for(state="resolved", via=R1, next_hop=underlay_mac(R1))
    a.ctl("vtep", "add", R2)
    net.wait_for(R2, state="resolved", via=R2, next_hop=underlay_mac(R2))
    a.ctl("vtep", "del", R2)
    vm1.namespace.ping(vm2.ipv4)
    a.stop()


def leave_in_order(wire: Capture, marks: list[bytes]) -> None:
    """The marked frames are on the wire in the order of their marks."""
    frames = wire.frames()
    places = [next(i for i, frame in enumerate(frames) if mark in frame) for mark in marks]
    check_equal(places, sorted(places), "places of the frames on the wire")


run(test)
