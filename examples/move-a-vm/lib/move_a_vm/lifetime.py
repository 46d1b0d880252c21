"""Everything that the job starts and makes, so that all of it can be taken down whatever happens."""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """The job cannot go on; the text says why, for a person."""


class Process:
    """A process in a session of its own. Ctrl-C does not reach it, and it dies with the driver."""

    def __init__(self, name, popen, log):
        self.name = name
        self.log = log
        self._popen = popen
        self.expected_to_end = False

    @property
    def pid(self):
        return self._popen.pid

    def ended(self):
        """Returns the exit status, or None while it runs."""
        return self._popen.poll()

    def signal(self, number):
        if self.ended() is None:
            os.killpg(self.pid, number)

    def wait(self, seconds):
        """Returns the exit status, or None if it still runs after so long."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, seconds=5):
        """Asks it to end, and ends it if it does not."""
        self.expected_to_end = True
        self.signal(signal.SIGTERM)
        if self.wait(seconds) is None:
            self.signal(signal.SIGKILL)
            self.wait(5)
        return self.ended()

    def last_words(self, lines=15):
        """Returns the end of its log, indented."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join("    " + line for line in text.splitlines()[-lines:])


class Lifetime:
    """The folder and the processes of one run."""

    def __init__(self, signals):
        """Makes the folder. To be called with signals held, until it is known who closes this."""
        self.signals = signals
        self._processes = []
        self.folder = Path(tempfile.mkdtemp(prefix=f"ferry-{os.getpid()}-", dir=_place_for_sockets()))

    def _before_exec(self, namespace):
        driver = os.getpid()

        def prepare():
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != driver:  # it died before the line above
                os._exit(1)
            if namespace is not None:
                namespace.join()

        return prepare

    def start(self, name, arguments, namespace=None, environment=None, output=None):
        """Starts a process. What it prints goes to FOLDER/NAME.log; with `output` stdout goes to that path instead."""
        log = self.folder / f"{name}.log"
        with self.signals.held(), open(log, "ab") as errors, open(output or log, "ab") as out:
            process = Process(name, subprocess.Popen(
                [str(argument) for argument in arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
                start_new_session=True, env={**os.environ, **(environment or {})},
                preexec_fn=self._before_exec(namespace)), log)
            self._processes.append(process)
        return process

    def run(self, arguments, namespace=None, text_in=None):
        """Runs a short command to its end, uninterrupted, and returns its stdout."""
        done = self._run(arguments, namespace, text_in)
        if done.returncode != 0:
            where = f" in namespace {namespace.name}" if namespace else ""
            raise Failure(f"{' '.join(map(str, arguments))}{where} failed ({done.returncode}):\n"
                          f"{text_in or ''}{done.stderr}{done.stdout}")
        return done.stdout

    def try_run(self, arguments, namespace=None):
        """Runs a short command to its end, uninterrupted, and returns whether it succeeded."""
        return self._run(arguments, namespace, None).returncode == 0

    def _run(self, arguments, namespace, text_in):
        arguments = [str(argument) for argument in arguments]
        with self.signals.held():
            try:
                return subprocess.run(arguments, input=text_in or "", text=True, capture_output=True, timeout=20,
                                      check=False, start_new_session=True, preexec_fn=self._before_exec(namespace))
            except subprocess.TimeoutExpired as late:
                raise Failure(f"{' '.join(arguments)} did not end within {late.timeout:.0f} s") from late

    def finish(self, process, seconds, what):
        """Waits for a process that is to end well by itself."""
        process.expected_to_end = True
        self.wait_for(lambda: process.ended() is not None, seconds, what)
        if process.ended() != 0:
            raise Failure(f"{what}: {process.name} ended with status {process.ended()}\n{process.last_words(40)}")

    def check_processes(self):
        """Raises Failure if a process that ought to run has ended."""
        for process in self._processes:
            if not process.expected_to_end and process.ended() is not None:
                raise Failure(f"{process.name} ended by itself with status {process.ended()}; its last words:\n"
                              f"{process.last_words()}")

    def wait_for(self, condition, seconds, what, pause=0.02):
        """Waits until `condition()` is true (that value is returned); fails after so many seconds."""
        until = time.monotonic() + seconds
        while not (value := condition()):
            self.check_processes()
            if time.monotonic() > until:
                raise Failure(f"{what}: not within {seconds} s")
            self.signals.sleep(pause)
        return value

    def close(self, keep_logs=None):
        """Ends all processes and removes the folder. Signals are to be held for good before."""
        running = [process for process in reversed(self._processes) if process.ended() is None]
        # All are asked first, so that the wait is that of the slowest and not the sum.
        for process in running:
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + 5
        for process in running:
            if process.wait(max(0.0, deadline - time.monotonic())) is None:
                process.signal(signal.SIGKILL)
                process.wait(5)
        try:
            if keep_logs is not None:
                for path in self.folder.iterdir():
                    if path.suffix in (".log", ".toml", ".json"):
                        shutil.copy(path, keep_logs)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def _place_for_sockets():
    """Returns the folder for temporary files, unless the paths of Unix sockets in it would be too long."""
    return tempfile.gettempdir() if len(tempfile.gettempdir()) < 60 else "/tmp"
