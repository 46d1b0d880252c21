"""Ferry hosts between which a VM on plain interfaces moves, as its hypervisor's hooks would have it: `ferryctl hold` where
it stops; `port add`, or later `release`, where it starts. Others send it numbered datagrams meanwhile.

    vm 02::09 ── S ferryd 172.16.0.1 ──┬── underlay ──┬── Q ferryd 172.16.0.3 ── q
     (or here) ─ D ferryd 172.16.0.2 ──┤              └── P Linux 172.16.0.9 ─── p         VNI 100
     (or here) ─ E ferryd 172.16.0.4 ──┘
"""

import contextlib
import signal
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from .capture import DATA_PORT, SO_RCVBUFFORCE
from .ferryd import FerryVtep
from .hosts import Guest, LinuxVtep, Underlay
from .netns import Namespace
from .outcome import check, check_equal, on_failure, wait_until
from .pair import VNI

VM, VM_ADDRESS = "02:00:00:00:00:09", "10.0.0.9"
ADDRESSES = {"S": "172.16.0.1", "D": "172.16.0.2", "Q": "172.16.0.3", "E": "172.16.0.4", "X": "172.16.0.5", "Y": "172.16.0.6",
             "P": "172.16.0.9"}
SENDERS = {"Q": ("02:00:00:00:01:03", "10.0.0.103"), "P": ("02:00:00:00:01:09", "10.0.0.109")}

# A whole dock, flushed at once, fits the receive queue.
_UNDERLAY = FerryVtep.AF_PACKET + ",framecnt=4096"
_SO_TIMESTAMPNS = 35  # from linux/socket.h, and the type of its ancillary data


class Arrived:
    """What one flow's receivers got."""

    def __init__(self, sent: int, arrivals: list[tuple[int, str, int]]):
        """`arrivals` are (nanoseconds, host, number)."""
        self.sent = sent
        self.arrivals = sorted(arrivals)
        self.numbers = [number for _, _, number in self.arrivals]
        seen = set(self.numbers)
        self.lost = [number for number in range(sent) if number not in seen]
        self.duplicated = len(self.numbers) - len(seen)
        #: (host, number, host, number) where a later datagram came before an earlier one
        self.swaps = [(first[1], first[2], second[1], second[2])
                      for first, second in zip(self.arrivals, self.arrivals[1:]) if second[2] < first[2]]
        self.reordered = len(self.swaps)

    def at(self, host: str) -> list[int]:
        return [number for _, place, number in self.arrivals if place == host]

    def __str__(self) -> str:
        places = sorted({place for _, place, _ in self.arrivals})
        return (f"{self.sent} sent, {len(self.lost)} lost, {self.duplicated} duplicated, {self.reordered} reordered; "
                + ", ".join(f"{len(self.at(place))} at {place}" for place in places)
                + (f"; swapped {self.swaps[:5]}" if self.swaps else ""))


class Flow:
    """Numbered datagrams to the VM at a steady rate, until finish()."""

    def __init__(self, bed: "MovingHosts", sender: str, rate: float):
        self._bed, self._interval = bed, 1 / rate
        self._inboxes = []
        for name, guest in bed.vms.items():
            inbox = guest.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
            inbox.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            inbox.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
            inbox.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            inbox.bind((VM_ADDRESS, DATA_PORT + ord(sender)))
            inbox.setblocking(False)
            self._inboxes.append((name, inbox))
        self._out = bed.senders[sender].namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._out.connect((VM_ADDRESS, DATA_PORT + ord(sender)))
        self.sent, self._arrivals, self._stopping = 0, [], threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self) -> None:
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            self._out.send(struct.pack("!I", self.sent).ljust(100, b"."))
            self.sent += 1
            due = max(due + self._interval, time.monotonic() - 0.01)  # catches up with a little, not with a burst

    def arrived(self) -> Arrived:
        sent = self.sent
        for name, inbox in self._inboxes:
            with contextlib.suppress(BlockingIOError):
                while True:
                    data, ancillary, _, _ = inbox.recvmsg(2048, 64)
                    seconds, nanoseconds = struct.unpack("@qq", ancillary[0][2])
                    self._arrivals.append((seconds * 1_000_000_000 + nanoseconds, name, struct.unpack_from("!I", data)[0]))
        return Arrived(sent, self._arrivals)

    def wait_for(self, host: str, count: int = 50, seconds: float = 15) -> None:
        """Waits until `count` more datagrams have arrived at the host's VM."""
        before = len(self.arrived().at(host))
        wait_until(lambda: len(self.arrived().at(host)) >= before + count, f"{count} more datagrams at {host}", seconds)

    def finish(self) -> Arrived:
        """Stops sending, and waits until nothing has come for a while."""
        self._stopping.set()
        self._thread.join()
        before = -1
        while len(self._arrivals) != before:
            before = len(self._arrivals)
            time.sleep(0.3)
            self.arrived()
        result = self.arrived()
        print(f"  {result}", flush=True)
        for _, inbox in self._inboxes:
            inbox.close()
        self._out.close()
        return result


class MovingHosts:
    """S has the VM when this is made; all the others know so. Moves begin with stop() and start()."""

    def __init__(self, hosts: str = "SDQ", plain: bool = False, absent: str = "", held: str = "", tls=None,
                 peer_options=None, each=None, **config):
        """`plain`: with P. `held`: hosts where the VM's port stands from the start, without the VM. `absent` are hosts that the others have as peers, and that do not run. `tls` is an Authority, or None for plain text between the hosts. `peer_options(here, there)` are further keys of how one host has another. `config` has further sections of ferryd's configuration, and `each` those
        of one host, by its name."""
        # The kernel begins to take packets' times some time after the first socket wants them.
        self._timing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._timing.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.underlay = Underlay()
        self.hosts: dict[str, FerryVtep] = {}
        self.vms: dict[str, Guest] = {}
        self.senders: dict[str, Guest] = {}
        addresses = {name: ADDRESSES[name] for name in hosts}
        flood = list(addresses.values()) + ([ADDRESSES["P"]] if plain else [])
        for name, address in addresses.items():
            host = self.hosts[name] = FerryVtep(self.underlay, name, address, _UNDERLAY)
            host.config["host"]["state"] = str(host.folder / "state")
            host.segment(VNI, [remote for remote in flood if remote != address])
            for there in absent:
                host.vtep(ADDRESSES[there])
            host.config["peers"] = {"listen": f"{address}:4790",
                                    **(tls.tls(name, address) if tls else {"insecure": True})}
            host.config["peers.host"] = [
                {"address": f"{ADDRESSES[there]}:4790", "vtep": ADDRESSES[there],
                 **(peer_options(name, there) if peer_options else {})} for there in hosts + absent if there != name]
            for section, content in [*config.items(), *(each or {}).get(name, {}).items()]:
                host.config[section] = {**host.config.get(section, {}), **content}
        #: the namespaces of the absent hosts
        self.absent = {name: Namespace(name) for name in absent}
        for name, namespace in self.absent.items():
            self.underlay.connect(namespace, ADDRESSES[name])
        if plain:
            self.p = LinuxVtep(self.underlay, "P", ADDRESSES["P"])
            self.p.segment(VNI, list(addresses.values()))
            self._add_sender("P", self.p)
        if "Q" in self.hosts:
            self._add_sender("Q", self.hosts["Q"])
        for name in "SDE":
            if name in self.hosts:
                self.vms[name] = Guest(f"vm-{name}", VM, f"{VM_ADDRESS}/24")
                self.vms[name].plug(self.hosts[name].namespace, "to-vm")
                self.hosts[name].namespace.ip("link set to-vm promisc on")
        self._add_port("S")
        for name in held:
            self._add_port(name, held=True)
        with ThreadPoolExecutor() as pool:  # S last: what it says is heard by all
            list(pool.map(FerryVtep.start, [host for name, host in self.hosts.items() if name != "S"]))
        self.hosts["S"].start()
        for name in self.hosts:
            if name != "S":
                self.hosts[name].wait_for_row(VNI, VM, ADDRESSES["S"])
        if plain:
            self.p.wait_for_row(VNI, VM, ADDRESSES["S"])
        on_failure(self._testify)

    def _add_sender(self, name: str, host) -> None:
        mac, address = SENDERS[name]
        guest = self.senders[name] = Guest(f"sender-{name}", mac, f"{address}/24")
        host.attach(VNI, guest)
        guest.namespace.ip(f"neighbour add {VM_ADDRESS} lladdr {VM} dev eth0 nud permanent")

    def _add_port(self, name: str, held: bool = False) -> None:
        """The VM's port in a host's configuration, for when it starts."""
        device = f"net_af_packet{self.hosts[name].next_device()},iface=to-vm"
        self.hosts[name].config["port"].append(
            {"name": "vm", "vni": VNI, "device": device, "macs": [VM], "held": held})

    def _testify(self) -> None:
        for name, host in self.hosts.items():
            if host.running():
                for move in self.moves(name):
                    print(f"--- {name} move {move}", flush=True)

    # The VM's steps.

    def stop(self, name: str) -> None:
        """The VM stops here."""
        self.hosts[name].ctl("hold", "vm")

    def start(self, name: str) -> None:
        """The VM starts here."""
        host = self.hosts[name]
        if any(port["name"] == "vm" for port in host.ctl("port", "show")):
            host.ctl("release", "vm")
        else:
            self._add_port(name)
            port = host.config["port"][-1]
            host.ctl("port", "add", "vm", "vni", VNI, "mac", VM, "device", port["device"])

    def remove_port(self, name: str) -> None:
        """The VM will not come back here, even if ferryd starts again."""
        host = self.hosts[name]
        host.config["port"] = [port for port in host.config["port"] if port["name"] != "vm"]
        if host.running():
            host.ctl("port", "remove", "vm")

    def move(self, here: str, there: str) -> None:
        self.stop(here)
        self.start(there)

    def check_lossless_move(self, here: str, there: str) -> None:
        """A move under traffic, of which nothing is lost, duplicated or reordered."""
        flow = self.flow()
        flow.wait_for(here)
        self.move(here, there)
        flow.wait_for(there)
        arrived = flow.finish()
        check_equal((arrived.lost, arrived.duplicated, arrived.reordered), ([], 0, 0), "lost, duplicated, reordered datagrams")

    def flow(self, sender: str = "Q", rate: float = 1000) -> Flow:
        return Flow(self, sender, rate)

    # Faults.

    @contextlib.contextmanager
    def frozen(self, name: str):
        """The host's ferryd is alive and silent inside the block."""
        self.hosts[name].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.hosts[name].send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def cut(self, name: str):
        """The host has no underlay inside the block."""
        self.underlay.namespace.bridge(f"link set dev {name} state 0")
        try:
            yield
        finally:
            self.underlay.namespace.bridge(f"link set dev {name} state 3")

    # What is in the books.

    def moves(self, name: str, role: str | None = None) -> list[dict]:
        """The VM's moves as the host tells them, oldest first."""
        return [move for move in self.hosts[name].ctl("moves")
                if move["mac"] == VM and role in (None, move["role"])]

    def phases(self, name: str, role: str | None = None) -> list[str]:
        """The phases of the newest move."""
        moves = self.moves(name, role)
        return [phase["name"] for phase in moves[-1]["phases"]] if moves else []

    def wait_for_phase(self, name: str, role: str, phase: str, seconds: float = 10) -> dict:
        """Waits until the newest move has a phase; returns the move."""
        wait_until(lambda: phase in self.phases(name, role), f"{phase} in the newest move of {name} as {role}", seconds)
        return self.moves(name, role)[-1]

    def ids(self, name: str, role: str) -> set[tuple[str, int, int]]:
        """Names the moves that a host has in its books, for check_books()."""
        return {(name, self.hosts[name].pid, move["id"]) for move in self.moves(name, role)}

    def check_books(self, excused: set[tuple[str, int, int]] = frozenset()) -> None:
        """When nothing is under way: nothing waits in any host, and all moves add up but those `excused`. Frames that waited
        when a record ended are received in the next one."""
        for name, host in self.hosts.items():
            if not host.running():
                continue
            moves = self.moves(name)
            for move in moves:
                what = f"{name}'s move {move['id']} as {move['role']}: {move}"
                if move is moves[-1]:
                    check_equal(move["ledger"]["waiting"], 0, f"frames that wait, {what}")
                check(move["adds_up"] is not False or (name, host.pid, move["id"]) in excused,
                      f"the books do not add up, {what}")

    def check_at_most_once(self, *flows: Arrived) -> None:
        for arrived in flows:
            check_equal(arrived.duplicated, 0, "datagrams that arrived twice")

    def stop_all(self) -> None:
        for host in self.hosts.values():
            if host.running():
                host.stop()
