"""The job from the command line to the report."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from . import build
from .certificates import Authority
from .ferryd import Ferryd, sender_attachment, vm_attachment
from .guest import Guest
from .lifetime import Failure, Lifetime
from .losses import difference, explain
from .moves import measure, move_guest
from .report import flow_records, json_line, table
from .search import find_rate
from .signals import Interrupted, Signals
from .topology import SENDER_MAC, Topology
from .traffic import Flow, Questions, count

# Traffic before the first move, between moves and after the last one.
SETTLE_SECONDS = 1.0


def main(arguments):
    """Runs the job; returns the exit status: 0 when all moves were made, whatever was lost."""
    options = _parse(arguments)
    if os.geteuid() != 0:
        print("move-a-vm: needs root, for network namespaces", file=sys.stderr)
        return 1
    signals = Signals()
    lifetime = None
    # Two levels, because a signal may come after the inner `finally` has begun and before it holds signals.
    try:
        try:
            if options.keep_logs is not None:
                options.keep_logs.mkdir(parents=True, exist_ok=True)
            with signals.held():  # so that a folder that was made is known below
                lifetime = Lifetime(signals)
            _Job(lifetime, options).run()
            return 0
        finally:
            signals.hold_forever()
    except Interrupted as interrupted:
        print(f"move-a-vm: stopped by {interrupted}", file=sys.stderr)
        return 128 + interrupted.number
    except (Failure, OSError) as failure:
        print(f"move-a-vm: {failure}", file=sys.stderr)
        return 1
    finally:
        signals.hold_forever()
        if lifetime is not None:
            lifetime.close(options.keep_logs)


class _Job:
    def __init__(self, lifetime, options):
        self._lifetime = lifetime
        self._options = options
        self._began = time.monotonic()

    def run(self):
        build.build(self._lifetime, self._say)
        self._start_hosts()
        self._start_guest()
        rate = self._options.rate
        if rate is None:
            self._say("looking for the rate that the guest carries while nothing moves")
            rate = find_rate(self._flows, self._questions[0], self._say)
        before = self._counters()
        moves, counts = self._run_moves(rate)
        after = self._counters()
        measure(moves, {name: ferryd.events() for name, ferryd in self._ferryds.items()})
        self._keep(before, after)
        losses = explain(self._topology, *(difference(old, new) for old, new in zip(before, after)), counts)
        records = flow_records(counts, losses)
        print(table(rate, moves, records), flush=True)
        if self._options.json:
            print(json_line(rate, moves, records), flush=True)
        for ferryd in self._ferryds.values():
            ferryd.stop()

    def _start_hosts(self):
        self._say("building four hosts on one underlay: S and D with ferryd, P plain Linux, Q with ferryd")
        lifetime, topology = self._lifetime, Topology(self._lifetime)
        self._topology = topology
        attachments = {host.name: vm_attachment(lifetime, host) for host in (topology.source, topology.destination)}
        attachments[topology.ferry_peer.name] = sender_attachment(SENDER_MAC)
        authority = Authority(lifetime)
        self._ferryds = {
            host.name: Ferryd(lifetime, topology, host, build.DATAPLANE, authority, attachments[host.name])
            for host in topology.hosts if host.name in attachments}
        for host in topology.hosts:
            self._say(f"  to look into {host.name}: nsenter --net={host.space.path}")
        for ferryd in self._ferryds.values():
            ferryd.wait_ready()

    def _start_guest(self):
        self._say("booting the guest on S")
        self._guest = Guest(self._lifetime, build.IMAGE, self._topology.source, 0)
        self._guest.connect()
        self._guest.wait_booted()
        peers = (self._topology.linux_peer, self._topology.ferry_peer)
        program = build.EXAMPLE / "udp-flow"
        self._flows = [Flow(self._lifetime, peer, number, program) for number, peer in enumerate(peers, start=1)]
        self._questions = [Questions(self._lifetime, peer) for peer in peers]
        for questions in self._questions:
            questions.ask()  # answered: the way there and back is open, and addresses are resolved
        self._say("the guest answers P and Q")

    def _run_moves(self, rate):
        moves = []
        guest, there, back = self._guest, self._topology.destination, self._topology.source
        self._say(f"P and Q each send {rate}/s")
        for flow in self._flows:
            flow.start(rate)
        for number in range(1, self._options.moves + 1):
            self._lifetime.signals.sleep(SETTLE_SECONDS)
            self._say(f"move {number} of {self._options.moves}: {back.name} to {there.name}")
            guest, move = move_guest(self._lifetime, build.IMAGE, guest, there, number)
            moves.append(move)
            there, back = back, there
        self._lifetime.signals.sleep(SETTLE_SECONDS)
        for flow in self._flows:
            flow.ask_stop()
        counts = count(self._flows, self._questions[0])
        return moves, {flow.host.name: one for flow, one in zip(self._flows, counts)}

    def _counters(self):
        """Returns what has been dropped so far, by ferryd on each host, by the kernel, and by the guest's kernel."""
        return ({name: ferryd.drops() for name, ferryd in self._ferryds.items()}, self._topology.kernel_drops(),
                self._questions[0].ask()["kernel"])

    def _keep(self, before, after):
        """Leaves the counters beside the logs, for --keep-logs."""
        path = self._lifetime.folder / "counters.json"
        path.write_text(json.dumps({"before": before, "after": after}, indent=1), encoding="ascii")

    def _say(self, text):
        print(f"{time.monotonic() - self._began:6.1f} s  {text}", file=sys.stderr, flush=True)


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="examples/move-a-vm/run",
        description="Live-migrates a VM that talks through ferry between two hosts, and measures what that costs.")
    parser.add_argument("--moves", type=_moves, default=4, metavar="N", help="how many moves (default: 4)")
    parser.add_argument("--rate", type=_rate, default=None, metavar="PPS|auto",
                        help="datagrams a second from each of the two peers (default: auto, half of what the guest "
                             "carries without loss while nothing moves)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON after the report")
    parser.add_argument("--keep-logs", type=Path, metavar="DIR",
                        help="leave the logs, configurations and counters of the run in DIR")
    return parser.parse_args(arguments)


def _moves(text):
    if not (text.isdecimal() and 1 <= int(text) <= 1000):
        raise argparse.ArgumentTypeError("give 1 to 1000")
    return int(text)


def _rate(text):
    if text == "auto":
        return None
    if not (text.isdecimal() and 1 <= int(text) <= 60000):
        raise argparse.ArgumentTypeError("give 1 to 60000, or auto")
    return int(text)
