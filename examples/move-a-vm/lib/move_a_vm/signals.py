"""Ctrl-C and its relatives, as one exception that can be put off while something must not be torn apart."""

import contextlib
import signal
import time


class Interrupted(BaseException):
    """Raised in the main thread at SIGINT, SIGTERM, SIGHUP or SIGQUIT. No `except Exception` swallows it."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.number = number


class Signals:
    """Turns the first of those signals into Interrupted. Later ones change nothing: by then all is being taken down.

    The handler runs between two steps of the main thread, so putting it off needs no signal mask, which child processes
    would inherit.
    """

    def __init__(self):
        self._held = 0
        self._received = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, self._handle)

    def _handle(self, number, _frame):
        if self._received is None:
            self._received = number
            self.check()

    def check(self):
        """Raises Interrupted if a signal has come. Loops that wait call it: Python drops an exception that a handler
        raises while an object is being finalised, and then this is where it comes up again."""
        if self._received is not None and self._held == 0:
            raise Interrupted(self._received)

    @contextlib.contextmanager
    def held(self):
        """What runs inside is not interrupted; a signal that came in the meantime is raised at the end."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        self.check()

    def hold_forever(self):
        """From here on no signal interrupts: for the way down."""
        self._held += 1

    def sleep(self, seconds):
        """Sleeps, unless a signal comes."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, 0.2))
        self.check()
