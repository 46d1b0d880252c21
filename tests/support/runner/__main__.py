"""The command line of tests/run."""

import argparse
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from .builds import BuildFailed, build, folder_of
from .catalogue import all_tests, choose
from .execute import end_all, execute, log_path

DESCRIPTION = """Builds ferry and runs its tests.

  tests/run                     all of them
  tests/run unit packets        the folders unit and packets
  tests/run interop/ping        one test
  tests/run 'asan/*' 'int*/b*'  by pattern

The last line counts what passed, failed and was skipped. The exit code is 0 when something ran and nothing failed.
Logs are kept in build/test-logs."""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/run", description=DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="name the tests and do nothing else")
    parser.add_argument("--long", action="store_true", help="let tests that repeat something do so more often")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a test, a folder of tests, or a pattern with * and ?")
    return parser.parse_args(arguments)


def build_all(tests, catalogue) -> dict[str, str]:
    """Builds what the tests need; returns what went wrong, by flavour."""
    broken = {}
    for flavour in dict.fromkeys(test.flavour for test in tests if test.flavour):
        started = time.monotonic()
        print(f"build    {folder_of(flavour).name:<32}", end="", flush=True)
        try:
            build(flavour, [test for test in tests if test.flavour == flavour], catalogue)
        except BuildFailed as failure:
            broken[flavour] = str(failure)
        print(f"{time.monotonic() - started:7.1f} s{'   failed' if flavour in broken else ''}", flush=True)
        if flavour in broken:
            print(broken[flavour], flush=True)
    return broken


def run_all(tests, broken) -> dict[str, int]:
    """Runs the tests, telling of each as it ends; returns how often each outcome came. Those that only compute run side
    by side, Spin and the simulator first because they take longest; then those that leave room for another one in pairs, and
    then the others one after the other."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}

    def tell(test, result) -> None:
        counts[result.outcome] += 1
        print(f"{result.outcome:<8} {test.name:<32}{result.seconds:7.1f} s   {result.reason}".rstrip(), flush=True)
        if result.outcome == "failed":
            print(f"{result.output.rstrip()}\n--- end of {log_path(test)}", flush=True)

    ready = [test for test in tests if test.flavour not in broken]
    for at_once, some in (
        (os.cpu_count(), sorted((test for test in ready if test.only_computes), key=lambda test: not test.script)),
        (2 if os.cpu_count() > 1 else 1, [test for test in ready if test.modest]),
        (1, [test for test in ready if not test.only_computes and not test.modest]),
    ):
        with ThreadPoolExecutor(at_once) as pool:
            pending = {pool.submit(execute, test): test for test in some}
            try:
                for done in as_completed(pending):
                    tell(pending[done], done.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                end_all()
                raise
    for test in tests:
        if test.flavour in broken:
            counts["failed"] += 1
            print(f"failed   {test.name:<32}            {folder_of(test.flavour).name} was not built", flush=True)
    return counts


def main() -> int:
    options = parse(sys.argv[1:])
    catalogue = all_tests()
    try:
        tests = choose(catalogue, options.names)
    except KeyError as unknown:
        print(f"tests/run: no test is called {unknown.args[0]!r}; tests/run --list names them all", file=sys.stderr)
        return 2
    if options.list:
        print("\n".join(test.name for test in tests))
        return 0
    if options.long:
        os.environ["FERRY_TEST_LONG"] = "1"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    counts = run_all(tests, build_all(tests, catalogue))
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped", flush=True)
    return 0 if counts["passed"] and not counts["failed"] else 1


try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
