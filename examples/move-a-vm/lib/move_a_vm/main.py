"""The job from the command line to the report."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from . import build
from .certificates import Authority
from .capture import Capture
from .ferryd import LEASE_MS, UNDERLAYS, Ferryd, sender_attachment, vm_attachment
from .guest import Guest
from .host_session import HostSession
from .lifetime import Failure, Lifetime
from .losses import difference, explain
from .moves import cancel_move, measure, move_guest
from .report import flow_records, json_line, stream_records, table
from .search import LOWEST, find_rate
from .signals import Interrupted, Signals
from .svg import draw
from .topology import SENDER_MAC, Topology
from .traffic import Bulk, Flow, Load, Questions

# Traffic before the first move, between moves and after the last one.
SETTLE_SECONDS = 1.0
# How long the TCP streams are watched at the rate while nothing moves: an emulated guest stands still by itself, too.
STILL_SECONDS = 6.0
# A guest that has just been resumed is slower for a second or two, because the emulator has to translate its code again.
# Where it loses something itself then, in rehearsals of so many moves at so much more, the rate is lowered so far.
REHEARSED_MOVES = 4
REHEARSED_AT = 1.25
LOWERED = 0.7


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
        self._capture = None
        self._number = 0  # of the QEMU that was started last

    def run(self):
        self._programs = build.build(self._lifetime, self._options.programs, self._say)
        self._start_hosts()
        self._start_guest()
        rate, highest = self._options.rate, None
        if rate is None:
            self._say("looking for the rate that the guest carries while nothing moves")
            rate, highest = find_rate(self._load, self._say)
            rate = self._rehearse(rate)
        still = self._run_still(rate)
        before = self._counters()
        session = HostSession(self._topology.linux_peer, self._topology.source)
        session.open()
        moves, counts, streams = self._run_moves(rate, self._options.moves, rehearsal=False)
        session = session.finish()
        self._wait_closed()
        after = self._counters()
        told = {name: ferryd.moves() for name, ferryd in self._ferryds.items()}
        measure(moves, told)
        self._keep(before, after, told)
        losses = self._losses(before, after, counts)
        records = flow_records(counts, losses)
        streams = stream_records(streams, self._topology.ferry_peer.address, moves, still)
        print(table(rate, moves, records, streams, session), flush=True)
        if self._options.svg is not None:
            self._options.svg.write_text(draw(self._capture.arrivals, moves[-1]), encoding="utf-8")
        if self._options.json:
            print(json_line(rate, highest, moves, records, streams, session), flush=True)
        for ferryd in self._ferryds.values():
            ferryd.stop()

    def _start_hosts(self):
        self._say("building four hosts on one underlay: S and D with ferryd, P plain Linux, Q with ferryd")
        lifetime, topology = self._lifetime, Topology(self._lifetime)
        self._topology = topology
        attachments = {host.name: vm_attachment(lifetime, host) for host in (topology.source, topology.destination)}
        attachments[topology.ferry_peer.name] = sender_attachment(SENDER_MAC)
        authority = Authority(lifetime, [host for host in topology.hosts if host.name in attachments])
        self._ferryds = {
            host.name: Ferryd(lifetime, topology, host, self._programs.dataplane, authority, attachments[host.name],
                              UNDERLAYS[self._options.underlay], self._options.small_dock)
            for host in topology.hosts if host.name in attachments}
        for host in topology.hosts:
            self._say(f"  to look into {host.name}: nsenter --net={host.space.path}")
        for ferryd in self._ferryds.values():
            ferryd.wait_ready()

    def _start_guest(self):
        self._say("booting the guest on S")
        self._guest = Guest(self._lifetime, self._programs.image, self._topology.source, 0)
        self._guest.connect()
        self._guest.wait_booted()
        peers = (self._topology.linux_peer, self._topology.ferry_peer)
        program = self._programs.example / "udp-flow"
        self._flows = [Flow(self._lifetime, peer, number, program) for number, peer in enumerate(peers, start=1)]
        self._questions = [Questions(self._lifetime, peer) for peer in peers]
        for questions in self._questions:
            questions.ask()  # answered: the way there and back is open, and addresses are resolved
        program = self._programs.example / "tcp-bulk"
        bulk = None if self._options.no_tcp else Bulk(self._lifetime, self._topology.ferry_peer, program)
        self._load = Load(self._flows, bulk, self._questions[0])
        self._say("the guest answers P and Q")

    def _run_still(self, rate):
        """Returns the counts of the TCP streams at the rate, while nothing moves."""
        if self._options.no_tcp:
            return []
        self._say(f"P and Q each send {rate}/s while nothing moves")
        self._load.start(rate, STILL_SECONDS)
        return self._load.finish()[1]

    def _rehearse(self, rate):
        """Returns the rate, or the lower one at which the guest itself loses nothing when it moves."""
        while rate > LOWEST:
            faster = int(rate * REHEARSED_AT)
            self._say(f"rehearsing at {faster}/s, for a guest that has just been resumed is slower; the job is to run at {rate}/s")
            pairs = (self._lost_there_and_back(faster) for _ in range(REHEARSED_MOVES // 2))
            lost = next(filter(None, pairs), 0)  # what is lost once need not be rehearsed further
            if lost == 0:
                break
            rate = max(LOWEST, int(rate * LOWERED))
            self._say(f"the guest itself lost {lost} datagrams; the job is to run at {rate}/s")
        return rate

    def _lost_there_and_back(self, rate):
        """Returns how many datagrams the guest itself loses in two moves at the rate."""
        before = self._counters()
        _, counts, _ = self._run_moves(rate, 2, rehearsal=True)
        losses = self._losses(before, self._counters(), counts)
        return sum(loss.by.get("in_guest", 0) for loss in losses.values())

    def _run_moves(self, rate, count, rehearsal):
        """Moves the guest `count` times under the load. In a rehearsal nothing is cancelled or drawn, and the number is even, so
        that the source has the guest again."""
        moves = []
        guest, there, back = self._guest, self._topology.destination, self._topology.source
        self._say(f"P and Q each send {rate}/s"
                  + ("" if self._options.no_tcp else "; TCP streams between Q and the guest"))
        self._load.start(rate)
        for made in range(1, count + 1):
            if self._options.cancel and not rehearsal:
                self._lifetime.signals.sleep(SETTLE_SECONDS)
                self._number += 1
                self._say(f"move {made} of {count}: {back.name} to {there.name}, to be cancelled")
                moves.append(cancel_move(self._lifetime, self._programs.image, guest, there, self._number))
            self._lifetime.signals.sleep(SETTLE_SECONDS)
            self._number += 1
            if self._options.svg is not None and not rehearsal and made == count:
                self._capture = Capture([back, there])
            self._say(f"move {made} of {count}: {back.name} to {there.name}")
            guest, move = move_guest(self._lifetime, self._programs.image, guest, there, self._number)
            moves.append(move)
            there, back = back, there
        self._guest = guest
        self._lifetime.signals.sleep(SETTLE_SECONDS)
        if self._capture is not None:
            self._capture.stop()
        self._load.ask_stop()
        counts, streams = self._load.finish()
        return moves, {flow.host.name: one for flow, one in zip(self._flows, counts)}, streams

    def _wait_closed(self):
        """Waits until the last move's books are closed, or ought to be since long."""
        until = time.monotonic() + LEASE_MS / 1e3 + 3
        while time.monotonic() < until and any(
                not move["closed"] for name in ("S", "D") for move in self._ferryds[name].moves()):
            self._lifetime.signals.sleep(0.5)

    def _counters(self):
        """Returns what has been dropped so far, by ferryd on each host, by the kernel, and by the guest's kernel."""
        return ({name: ferryd.drops() for name, ferryd in self._ferryds.items()}, self._topology.kernel_drops(),
                self._questions[0].ask()["kernel"])

    def _losses(self, before, after, counts):
        """Returns who lost what of the flows with these counts; `before` and `after` are _counters()."""
        return explain(self._topology, *(difference(old, new) for old, new in zip(before, after)), counts,
                       tcp=not self._options.no_tcp)

    def _keep(self, before, after, told):
        """Leaves the counters, and what each host tells of the moves, beside the logs, for --keep-logs."""
        for name, content in (("counters", {"before": before, "after": after}), ("moves", told)):
            path = self._lifetime.folder / f"{name}.json"
            path.write_text(json.dumps(content, indent=1), encoding="ascii")

    def _say(self, text):
        print(f"{time.monotonic() - self._began:6.1f} s  {text}", file=sys.stderr, flush=True)


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="examples/move-a-vm/run",
        description="Live-migrates a VM that talks through ferry between two hosts, and measures what that costs.")
    parser.add_argument("--moves", type=_moves, default=20, metavar="N", help="how many moves (default: 20)")
    parser.add_argument("--rate", type=_rate, default=None, metavar="PPS|auto",
                        help="datagrams a second from each of the two peers (default: auto, 80 %% of what the guest "
                             "carries without loss while nothing moves)")
    parser.add_argument("--cancel", action="store_true",
                        help="before each move start one and cancel it when the VM is stopped already")
    parser.add_argument("--small-dock", type=_frames, metavar="N",
                        help="let no more than N frames wait for a VM that moves; implies --no-tcp, as TCP sends again")
    parser.add_argument("--underlay", choices=sorted(UNDERLAYS), default="af_packet",
                        help="the kernel's sockets on which S, D and Q have their underlay (default: af_packet)")
    parser.add_argument("--no-tcp", action="store_true", help="no TCP streams beside the datagrams")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the last move: arrivals at both hosts over time")
    parser.add_argument("--json", action="store_true", help="print one line of JSON after the report")
    parser.add_argument("--programs", type=Path, metavar="DIR",
                        help="take the programs from this build folder as they are, instead of building in build/")
    parser.add_argument("--keep-logs", type=Path, metavar="DIR",
                        help="leave the logs, configurations and counters of the run in DIR")
    options = parser.parse_args(arguments)
    options.no_tcp = options.no_tcp or options.small_dock is not None
    return options


def _moves(text):
    if not (text.isdecimal() and 1 <= int(text) <= 1000):
        raise argparse.ArgumentTypeError("give 1 to 1000")
    return int(text)


def _frames(text):
    if not (text.isdecimal() and 0 <= int(text) <= 1000000):
        raise argparse.ArgumentTypeError("give 0 to 1000000")
    return int(text)


def _rate(text):
    if text == "auto":
        return None
    if not (text.isdecimal() and 1 <= int(text) <= 60000):
        raise argparse.ArgumentTypeError("give 1 to 60000, or auto")
    return int(text)
