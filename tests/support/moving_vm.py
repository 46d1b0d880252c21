"""Three ferry hosts and a VM that moves between two of them while another VM sends it numbered frames, and it sends back.

    vm 02::09 ── S ferryd 172.16.0.1 ──┬── fabric ── Q ferryd 172.16.0.3 ── sender 02::21        VNI 100
     (or here) ─ D ferryd 172.16.0.2 ──┘
"""

import contextlib
import os
import time
from pathlib import Path

from .ferry_vm import FerryVm
from .ferryd import FerryVtep
from .hosts import Underlay
from .memory_underlay import MemoryUnderlay
from .outcome import check_equal, wait_until
from .pair import VNI

VM, SENDER = "02:00:00:00:00:09", "02:00:00:01:00:21"
ADDRESSES = {"S": "172.16.0.1", "D": "172.16.0.2", "Q": "172.16.0.3"}
FLOWS = 8


def come_first(pid: int) -> None:
    """Lets a process's threads run before others that have something to do, such as a compiler. Real-time scheduling would
    go too far: ferryd's workers wait for each other."""
    with contextlib.suppress(OSError):  # where the kernel shares CPUs out by session, priorities count within one only
        Path(f"/proc/{pid}/autogroup").write_text("-15", encoding="ascii")
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.setpriority(os.PRIO_PROCESS, int(thread.name), -15)


def mac_at(number: int) -> str:
    """The MAC that is `number` behind VM."""
    return (int(VM.replace(":", ""), 16) + number).to_bytes(6, "big").hex(":")


class Counts:
    """What became of one run's frames in one direction: what `senders` have sent, by the counts of `receivers`."""

    def __init__(self, senders: FerryVm, receivers: FerryVm, run: int):
        came = [received for vm in receivers.ask("counts").values() for received in vm["from"].values()
                if received["run"] == run]
        flows = [flow for received in came for flow in received["flows"]]
        self.sent = sum(sum(vm["sent"]) for vm in senders.ask("counts").values())
        self.received = sum(flow["received"] for flow in flows)
        self.lost = self.sent - self.received
        self.duplicated = sum(flow["duplicated"] for flow in flows)
        self.reordered = sum(flow["reordered"] for flow in flows)
        self.too_old = sum(flow["too_old"] for flow in flows)
        # Of the worst pair of a sender and a receiver.
        self.delay_us = {name: max((received["delay_ns"][name] for received in came), default=0) / 1000
                         for name in ("p50", "p99", "largest")}
        self.longest_silence_ms = max((received["longest_silence_ns"] for received in came), default=0) / 1e6

    def wrong(self) -> int:
        return self.lost + self.duplicated + self.reordered + self.too_old

    def __str__(self) -> str:
        return (f"{self.sent:,} sent, {self.lost:,} lost, {self.duplicated:,} duplicated, {self.reordered:,} reordered"
                + (f", {self.too_old:,} too old to tell" if self.too_old else ""))


class MovingVm:
    """The VM runs on S when this is made. There may be several VMs, and several MACs to each: the first VM's first MAC is
    VM, and the others follow."""

    def __init__(self, vms: int = 1, macs: int = 1, ring: int = 1024, buffer: int = 2048, tls=None, buffers: int = 65536,
                 memory_mb: int = 320, taps: bool = False, kernel: bool = False, **config):
        """`ring` and `buffer` are the VMs' rings' buffers and the bytes of each; `tls` is an Authority, or None for plain
        text between the hosts; `buffers` and `memory_mb` are ferryd's; with `taps` the VM and the sender have operating systems: the
        kernel behind the taps "vm" and "sender"; with `kernel` the underlay is the kernel's, by AF_PACKET, and VMs look at their rings
        twice a millisecond only, so that little uses the processors. `config` has further sections of ferryd's configuration."""
        self.vms, self.endpoints, self._macs = vms, vms * macs, macs
        self.underlay = Underlay() if kernel else MemoryUnderlay(list(ADDRESSES.values()))
        self.hosts = {name: FerryVtep(self.underlay, name, address, FerryVtep.AF_PACKET if kernel else
                                      self.underlay.device(address)) for name, address in ADDRESSES.items()}
        for name, host in self.hosts.items():
            others = [address for other, address in ADDRESSES.items() if other != name]
            host.segment(VNI, others)
            host.config["peers"] = {"listen": f"{host.address}:4790", "hosts": [f"{other}:4790" for other in others],
                                    **(tls.tls(name, host.address) if tls else {"insecure": True})}
            host.config["host"]["state"] = str(host.folder / "state")
            host.config["dpdk"].update(buffers=buffers, memory_mb=memory_mb)
            host.config.update(config)
        machines = {}
        for number in range(vms):
            name = f"vm{number}" if vms > 1 else "vm"
            addresses = [mac_at(number * macs + i) for i in range(macs)]
            sockets = {host: self.hosts[host].folder / f"{name}.sock" for host in "SD"}
            for host, socket in sockets.items():
                self.hosts[host].config["port"].append(
                    {"name": name, "vni": VNI, "macs": addresses, "vhost_user": str(socket)})
            machines[name] = (f"{addresses[0]}*{macs}", sockets)
        sender = self.hosts["Q"].vhost_port("sender", VNI, SENDER)
        for host in self.hosts.values():
            host.start()
            come_first(host.pid)
        rest_us = 500 if kernel else 60
        self.vm = FerryVm("vm", machines, ring=ring, buffer=buffer, first=True, rest_us=rest_us, taps={"vm": "vm"} if taps else None)
        self.sender = FerryVm("sender", {"sender": (SENDER, {"Q": sender})}, ring=ring, first=True, rest_us=rest_us,
                              taps={"sender": "sender"} if taps else None)
        for machine, host in ((self.vm, "S"), (self.sender, "Q")):
            machine.ask("connect")
            machine.ask("start", host=host)
        self.at, self._run = "S", 0
        self._make_known()

    def _make_known(self) -> None:
        """Each side's frames teach the others where it is."""
        run = self._next_run()
        self.sender.ask("send", to=VM, rate=100, run=run)
        self.vm.ask("send", to=SENDER, rate=10 * self._macs, flows=self._macs, run=run)
        wanted = {mac_at(number) for number in range(self.endpoints)}
        wait_until(lambda: wanted <= {row["mac"] for row in self.hosts["Q"].ctl("fdb", "show", "vni", VNI)
                                      if row.get("dst") == ADDRESSES["S"]}, "Q's rows of the VMs", 30)
        self.quiet()

    def _next_run(self) -> int:
        self._run += 1
        return self._run

    def begin(self, rate: float, back: float, flows: int = FLOWS, frame_bytes: int = 60) -> None:
        """Begins a run: `rate` frames a second to the endpoints in so many flows, `back` from each VM."""
        self._drops_before = self.drops()
        run = self._next_run()
        self.vm.ask("send", to=SENDER, rate=back, flows=FLOWS, run=run, bytes=frame_bytes)
        self.sender.ask("send", to=VM, destinations=self.endpoints, rate=rate, flows=flows, run=run, bytes=frame_bytes)
        self._began = time.monotonic()

    def quiet(self) -> float:
        """Ends a run and waits until nothing is under way; returns the seconds for which frames were sent."""
        self.sender.ask("quiet")
        self.vm.ask("quiet")
        seconds = time.monotonic() - getattr(self, "_began", 0)
        before = None
        for _ in range(100):  # until nothing has come for 100 ms
            time.sleep(0.1)
            now = str([vm["from"] for machine in (self.vm, self.sender) for vm in machine.ask("counts").values()])
            if now == before:
                return seconds
            before = now
        return seconds

    def counts(self) -> tuple[Counts, Counts]:
        """Of the last run: to the VMs, from them."""
        return Counts(self.sender, self.vm, self._run), Counts(self.vm, self.sender, self._run)

    def drops(self) -> dict[str, int]:
        """Frames that ferryds have dropped, by host and reason; what their devices or the kernel dropped is "missed"."""
        found = {}
        for name, host in self.hosts.items():
            stats = host.ctl("stats")
            found.update({f"{name} {reason}": count for reason, count in stats["drops"].items()})
            found[f"{name} missed"] = sum(port["kernel_drops"] for port in stats["ports"])
        return found

    def dropped(self) -> dict[str, int]:
        """What was dropped since the last run began."""
        found = {name: count - self._drops_before.get(name, 0) for name, count in self.drops().items()}
        return {name: count for name, count in found.items() if count}

    def move(self, **options) -> dict:
        """Moves the VM, where there is one, to the other host; returns the times of the steps in nanoseconds."""
        there = "D" if self.at == "S" else "S"
        times = self.vm.ask("move", to=there, **options)["vm"]
        self.at = there
        return times

    def stop(self) -> None:
        """Ends everything in good order."""
        self.vm.stop()
        self.sender.stop()
        for host in self.hosts.values():
            host.stop()
        if isinstance(self.underlay, MemoryUnderlay):
            said = self.underlay.stop()
            check_equal([line for line in said.splitlines() if "for nobody 0" not in line], [], "frames that the fabric dropped")


def percentile(values: list[float], part: float) -> float:
    """The value below which `part` of all lie (0 to 1); NaN when there are none."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else float("nan")
