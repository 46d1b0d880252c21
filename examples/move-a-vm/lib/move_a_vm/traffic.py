"""Who sends to the guest, and the questions to the guest about what came."""

import json
import socket
import time
from dataclasses import dataclass

from .lifetime import Failure
from .topology import VM_ADDRESS

REPORT_PORT = 7000
# TCP bytes a second, each way, for each datagram a second from each peer: a quarter of a full segment.
BULK_BYTES_PER_DATAGRAM = 362


class Flow:
    """The datagrams of one peer to the guest and the answers to them."""

    def __init__(self, lifetime, host, number, program):
        self.host = host
        self.number = number
        self._lifetime = lifetime
        self._program = program
        self._run = 0
        self._process = None
        self._output = None

    def start(self, rate, seconds=0):
        """Starts a new run of the flow; with 0 seconds it lasts until stop()."""
        self._run += 1
        name = f"flow-{self.host.name}-{self._run}"
        self._output = self._lifetime.folder / f"{name}.json"
        self._process = self._lifetime.start(
            name, [self._program, "--to", VM_ADDRESS, "--flow", self.number, "--run", self._run, "--rate", rate,
                   "--seconds", seconds, "--grace", 500], namespace=self.host.space, output=self._output)
        self._process.expected_to_end = seconds > 0

    def ask_stop(self):
        """Ends the sending of a run without end. The sender still waits for the last answers."""
        self._process.expected_to_end = True
        self._process.signal(15)

    def finish(self, seconds=20):
        """Waits for the end of the run and returns what the sender counted."""
        self._lifetime.finish(self._process, seconds, f"the sender on {self.host.name} ends")
        counts = json.loads(self._output.read_text(encoding="ascii"))
        if counts["run"] != self._run:
            raise Failure(f"the sender on {self.host.name} reports run {counts['run']} instead of {self._run}")
        return counts


class Bulk:
    """The TCP streams between one peer and the guest, one each way."""

    def __init__(self, lifetime, host, program):
        self.host = host
        self._lifetime = lifetime
        self._program = program
        self._run = 0
        self._process = None
        self._output = None
        self.seconds = 0.0

    def start(self, rate, seconds=0):
        """Starts new streams of `rate` bytes a second, and waits until they are connected; with 0 seconds they last until
        ask_stop()."""
        self._run += 1
        name = f"bulk-{self.host.name}-{self._run}"
        self._output = self._lifetime.folder / f"{name}.json"
        self._process = self._lifetime.start(
            name, [self._program, "--to", VM_ADDRESS, "--run", self._run, "--rate", rate, "--seconds", seconds],
            namespace=self.host.space, output=self._output)
        self._lifetime.wait_for(lambda: self._output.stat().st_size > 0, 60, f"the TCP streams of {self.host.name} connect")
        self._process.expected_to_end = seconds > 0

    def ask_stop(self):
        self._process.expected_to_end = True
        self._process.signal(15)

    def finish(self, guest, seconds=30):
        """Waits for the end and returns the StreamCounts of both; `guest()` gives what the guest counted then."""
        self._lifetime.finish(self._process, seconds, f"the TCP streams of {self.host.name} end")
        peer = json.loads(self._output.read_text(encoding="ascii"))
        counted = guest()
        if counted["run"] != peer["run"]:
            raise Failure(f"the guest reports run {counted['run']} of its TCP streams, not {peer['run']}")
        ends = {way: {**peer[way], "seconds": peer["seconds"], "rate": peer["rate"]} for way in ("to_vm", "from_vm")}
        return [StreamCounts(self.host.name, "vm", ends["to_vm"], ends["to_vm"]["bytes"], counted["received"],
                             counted["mismatched"], counted["longest_turn_ns"] / 1e6),
                StreamCounts("vm", self.host.name, ends["from_vm"], counted["sent"], ends["from_vm"]["bytes"],
                             ends["from_vm"]["mismatched"], counted["longest_turn_ns"] / 1e6)]


@dataclass
class StreamCounts:
    """One TCP stream. Bytes; `peer` is what tcp-bulk printed of it. `guest_still_ms` is the longest time in which the guest's own
    program did nothing, by the guest's clock, which stands still with the VM."""

    sender: str
    receiver: str
    peer: dict
    sent: int
    received: int
    mismatched: int
    guest_still_ms: float

    def intact(self):
        """True when every byte came, in its place."""
        return self.peer["ended_well"] and self.sent == self.received and self.mismatched == 0

    def kept_pace(self):
        return self.received >= 0.9 * self.peer["rate"] * self.peer["seconds"]

    def complete(self):
        """True when TCP had nothing to mend."""
        return self.intact() and self.peer["retransmitted"] == 0


class Load:
    """All that talks to the guest at once."""

    def __init__(self, flows, bulk, questions):
        """`bulk` may be None: no TCP."""
        self.flows = flows
        self._bulk = bulk
        self._questions = questions

    def start(self, rate, seconds=0):
        """Starts all: each flow with `rate` datagrams a second, each TCP stream with the bytes that go with that. The streams
        come first: TCP may take half a minute to connect to a guest that a trial overloads."""
        if self._bulk is not None:
            self._bulk.start(rate * BULK_BYTES_PER_DATAGRAM, seconds)
        for flow in self.flows:
            flow.start(rate, seconds)

    def ask_stop(self):
        for sender in [*self.flows, *([self._bulk] if self._bulk else [])]:
            sender.ask_stop()

    def finish(self):
        """Waits for the end of all; returns the Counts of each flow and the StreamCounts of each stream."""
        streams = self._bulk.finish(lambda: self._questions.ask()["bulk"]) if self._bulk else []
        return count(self.flows, self._questions), streams


@dataclass
class Counts:
    """Both ends' counts of one run of a flow, as udp-flow and vm-answer print them."""

    peer: dict
    guest: dict

    def complete(self):
        """True when every datagram was received and answered, and every answer came."""
        return (self.peer["send_failures"] == 0 and self.guest["send_failures"] == 0
                and self.peer["sent"] == self.guest["received"] == self.guest["answers_sent"] == self.peer["received"])


class Questions:
    """Asks the guest's answering program for its counts, from a host's namespace."""

    def __init__(self, lifetime, host):
        self._lifetime = lifetime
        with host.space.entered():
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0.2)
        self._next = 0
        self._where = host.name

    def ask(self, flow=0, seconds=20):
        """Returns the guest's counts of flow `flow` (0: only its kernel's). Asked again until answered."""
        self._next += 1
        question = f"{self._next} {flow}".encode()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._lifetime.signals.check()
            self._lifetime.check_processes()
            try:
                self._socket.sendto(question, (VM_ADDRESS, REPORT_PORT))
                while True:
                    answer = json.loads(self._socket.recv(4096))
                    if answer["question"] == self._next:
                        return answer
            except TimeoutError:
                continue
            except OSError:  # no route to the guest yet
                self._lifetime.signals.sleep(0.2)
        raise Failure(f"the guest answers no question from {self._where}: not within {seconds} s")


def count(flows, questions):
    """Ends the present run of all flows and returns the Counts of each."""
    ended = [flow.finish() for flow in flows]
    counts = []
    for flow, peer in zip(flows, ended):
        guest = questions.ask(flow.number)
        if guest["run"] not in (peer["run"], peer["run"] - 1) and peer["sent"]:
            raise Failure(f"the guest reports run {guest['run']} of flow {flow.number}, not {peer['run']}")
        if guest["run"] != peer["run"]:  # nothing of this run came through
            guest = {name: 0 if isinstance(value, int) else value for name, value in guest.items()}
        counts.append(Counts(peer, guest))
    return counts
