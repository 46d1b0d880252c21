"""The command line of bench/run."""

import argparse
import signal
import sys
from pathlib import Path

from peers.cases import LATENCY, all_cases, chosen, matches
from support.runner.builds import BuildFailed

from . import report as reports
from .build import build
from .parts import PARTS
from .subprograms import Failed, Skipped

DESCRIPTION = """Measures ferry.

  bench/run micro     the library by itself: look-up, encapsulation, decapsulation
  bench/run peers     ferryd beside testpmd and Open vSwitch on the same captures and ports, in one run
  bench/run nic       throughput and latency of the engine between memif ports, every frame checked
  bench/run move      moves of VMs between hosts
  bench/run all       all of these

Tables go to stdout, progress to stderr. bench/README.md says what the figures mean and what spoils them."""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description=DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="all", choices=[*PARTS, "all"])
    parser.add_argument("--json", metavar="FILE", help="write a line of JSON for each case")
    parser.add_argument("--html", metavar="FILE", help="write a page with tables and plots")
    parser.add_argument("--rounds", type=int, help="windows for each program and case (default: 5)")
    parser.add_argument("--seconds", type=float, help="length of a window (default: 1)")
    parser.add_argument("--cases", help="peers: only these, as patterns separated by commas, like 'encap-*,flood-*'")
    parser.add_argument("--micro-filter", default="", metavar="REGEX", help="micro: only benchmarks with such a name")
    parser.add_argument("--build", metavar="DIR", help="use this build instead of building")
    parser.add_argument("--quick", action="store_true", help="short: one case, one round, a window of 0.2 s")
    options = parser.parse_args(arguments)
    quick = options.quick
    for name, usual, short in (("rounds", 5, 1), ("seconds", 1.0, 0.2), ("cases", "*", "encap-64B-1k")):
        if getattr(options, name) is None:
            setattr(options, name, short if quick else usual)
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds must be more than nothing")
    if not chosen(options.cases) and not matches(LATENCY.name, options.cases):
        names = ", ".join(case.name for case in [*all_cases(), LATENCY])
        parser.error(f"no case is called {options.cases!r}; there are {names}")
    return options


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(options) -> int:
    parts = list(PARTS) if options.what == "all" else [options.what]
    folder = Path(options.build) if options.build else build(parts, say)
    whole, code = reports.Report(), 0
    for name in parts:
        try:
            found = PARTS[name](options, folder)
        except Skipped as skipped:
            say(f"skipped {name}: {skipped}")
            whole.warnings.append(f"{name} was skipped: {skipped}")
            continue
        except Failed as failed:
            say(str(failed))
            whole.warnings.append(f"{name} failed")
            code = 1
            continue
        reports.print_tables(found)
        if any(case.get("ferry", 0) is None for case in found.cases):
            code = 1
        whole.add(found)
    if options.json:
        reports.write_json(whole, options.json)
    if options.html:
        reports.write_page(whole, options.html, f"bench/run {options.what}")
    return code if whole.cases else 1


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run(parse(sys.argv[1:]))
    except BuildFailed as failed:
        say(str(failed))
        return 1
    except KeyboardInterrupt:
        return 130
