"""Three ferry hosts and a VM that moves between two of them while another VM sends it numbered frames, and it sends back.

    vm 02::09 ── S ferryd 172.16.0.1 ──┬── fabric ── Q ferryd 172.16.0.3 ── sender 02::21        VNI 100
     (or here) ─ D ferryd 172.16.0.2 ──┘
"""

import os
import time
from pathlib import Path

from .ferry_vm import FerryVm
from .ferryd import FerryVtep
from .memory_underlay import MemoryUnderlay
from .outcome import check_equal, wait_until
from .pair import VNI

VM, SENDER = "02:00:00:00:00:09", "02:00:00:00:00:21"
ADDRESSES = {"S": "172.16.0.1", "D": "172.16.0.2", "Q": "172.16.0.3"}
FLOWS = 8


def come_first(pid: int) -> None:
    """Lets a process's threads run before others that have something to do, such as a compiler. Real-time scheduling would
    go too far: ferryd's workers wait for each other."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.setpriority(os.PRIO_PROCESS, int(thread.name), -15)


class Counts:
    """What became of one run's frames in one direction."""

    def __init__(self, sent: dict, received: dict | None):
        flows = received["flows"] if received else []
        self.sent = sum(sent["sent"])
        self.received = sum(flow["received"] for flow in flows)
        self.lost = self.sent - self.received
        self.duplicated = sum(flow["duplicated"] for flow in flows)
        self.reordered = sum(flow["reordered"] for flow in flows)
        self.too_old = sum(flow["too_old"] for flow in flows)
        self.delay_us = {name: value / 1000 for name, value in received["delay_ns"].items()} if received else {}
        self.longest_silence_ms = received["longest_silence_ns"] / 1e6 if received else 0.0

    def wrong(self) -> int:
        return self.lost + self.duplicated + self.reordered + self.too_old

    def __str__(self) -> str:
        return (f"{self.sent:,} sent, {self.lost:,} lost, {self.duplicated:,} duplicated, {self.reordered:,} reordered"
                + (f", {self.too_old:,} too old to tell" if self.too_old else ""))


class MovingVm:
    """The VM runs on S when this is made."""

    def __init__(self, ring: int = 1024, tls=None, buffers: int = 32768, memory_mb: int = 256, **config):
        """`tls` is an Authority, or None for plain text between the hosts; `buffers` are ferryd's; `config` has further
        sections of its configuration."""
        self.underlay = MemoryUnderlay(list(ADDRESSES.values()))
        self.hosts = {name: FerryVtep(self.underlay, name, address, self.underlay.device(address))
                      for name, address in ADDRESSES.items()}
        for name, host in self.hosts.items():
            others = [address for other, address in ADDRESSES.items() if other != name]
            host.segment(VNI, others)
            host.config["peers"] = {"listen": f"{host.address}:4790", "hosts": [f"{other}:4790" for other in others],
                                    **(tls.tls(name, host.address) if tls else {"insecure": True})}
            host.config["dpdk"].update(buffers=buffers, memory_mb=memory_mb)
            host.config.update(config)
        sockets = {name: self.hosts[name].vhost_port("vm", VNI, VM) for name in "SD"}
        sender = self.hosts["Q"].vhost_port("sender", VNI, SENDER)
        for host in self.hosts.values():
            host.start()
            come_first(host.pid)
        self.vm = FerryVm("vm", {"vm": (VM, sockets)}, ring=ring, first=True)
        self.sender = FerryVm("sender", {"sender": (SENDER, {"Q": sender})}, ring=ring, first=True)
        for machine, host in ((self.vm, "S"), (self.sender, "Q")):
            machine.ask("connect")
            machine.ask("start", host=host)
        self.at, self._run = "S", 0
        self._make_known()

    def _make_known(self) -> None:
        """Each side's frames teach the others where it is."""
        self.sender.ask("send", to=VM, rate=100, run=self._next_run())
        self.vm.ask("send", to=SENDER, rate=100, run=self._run)
        wait_until(lambda: self.hosts["Q"].vtep_of(VNI, VM) == self.hosts["S"].address, "Q's row of the VM")
        self.quiet()

    def _next_run(self) -> int:
        self._run += 1
        return self._run

    def begin(self, rate: float, back: float, frame_bytes: int = 60) -> None:
        """Begins a run: `rate` frames a second to the VM, `back` from it."""
        self._drops_before = self.drops()
        run = self._next_run()
        self.vm.ask("send", to=SENDER, rate=back, flows=FLOWS, run=run, bytes=frame_bytes)
        self.sender.ask("send", to=VM, rate=rate, flows=FLOWS, run=run, bytes=frame_bytes)
        self._began = time.monotonic()

    def quiet(self) -> float:
        """Ends a run and waits until nothing is under way; returns the seconds for which frames were sent."""
        self.sender.ask("quiet")
        self.vm.ask("quiet")
        seconds = time.monotonic() - getattr(self, "_began", 0)
        before = None
        for _ in range(100):  # until nothing has come for 100 ms
            time.sleep(0.1)
            now = str([self._received(*direction) for direction in self._directions()])
            if now == before:
                return seconds
            before = now
        return seconds

    def _directions(self):
        return (self.sender, SENDER, self.vm), (self.vm, VM, self.sender)

    @staticmethod
    def _received(_, mac: str, receiver: FerryVm) -> dict | None:
        return receiver.ask("counts")[receiver.name]["from"].get(mac)

    def counts(self) -> tuple[Counts, Counts]:
        """Of the last run: to the VM, from it."""
        made = []
        for sender, mac, receiver in self._directions():
            received = self._received(sender, mac, receiver)
            if received is not None and received["run"] != self._run:
                received = None
            made.append(Counts(sender.ask("counts")[sender.name], received))
        return made[0], made[1]

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
        """Moves the VM to the other host; returns the times of the steps in nanoseconds."""
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
        said = self.underlay.stop()
        check_equal([line for line in said.splitlines() if "for nobody 0" not in line], [], "frames that the fabric dropped")


def percentile(values: list[float], part: float) -> float:
    """The value below which `part` of all lie (0 to 1); NaN when there are none."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else float("nan")
