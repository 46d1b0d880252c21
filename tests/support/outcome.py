"""How a test says what it does, fails, skips and waits."""

import sys
import time
import traceback

SKIPPED = 77  # exit code that tests/run counts as skipped


class Failure(Exception):
    """A check that did not hold; its text says what was seen."""


class Skip(Exception):
    """The machine lacks what the test needs; its text says what."""


def step(text: str) -> None:
    """Says what is tested next, so that a failed test's log can be followed."""
    print(f"- {text}", flush=True)


def check(condition, text: str) -> None:
    if not condition:
        raise Failure(text)


def check_equal(seen, expected, what: str) -> None:
    if seen != expected:
        raise Failure(f"{what}: expected {_short(expected)}, saw {_short(seen)}")


def _short(value) -> str:
    text = repr(value)
    return text if len(text) <= 2000 else f"{text[:1000]} … {text[-1000:]}"


def wait_until(condition, what: str, seconds: float = 10):
    """Waits until condition() is true and returns its value; fails when that takes longer than `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {seconds:g} s in vain: {what}")
        time.sleep(0.02)


_witnesses = []


def on_failure(witness) -> None:
    """Has witness() called when the test fails, to print what may explain it."""
    _witnesses.append(witness)


def finish(test) -> None:
    """Runs a test's function and ends the process with its result."""
    try:
        test()
    except Skip as skip:
        print(f"skip: {skip}", flush=True)
        sys.exit(SKIPPED)
    except Exception:
        traceback.print_exc()
        for witness in _witnesses:
            witness()
        sys.exit(1)
    sys.exit(0)
