"""A program under test: it is started once for a case, measured in short windows between which it stands still, and
ended."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from support.moving_vm import come_first
from support.outcome import Failure, wait_until

from .cases import Case
from .telemetry import Telemetry

CONTROL_CPU, *_, WORKER_CPU = 2 * sorted(os.sched_getaffinity(0))  # the first and the last
CAPTURE_PORT, NULL_PORT = "net_pcap0", "net_null1"
GUEST_MEMIF, UNDERLAY_MEMIF = "net_memif0", "net_memif1"


class Cannot(Exception):
    """The program cannot do the case, or not on this machine; the text says why."""


class Program:
    """A process whose output goes to a file, and which stands still whenever nobody measures it."""

    def __init__(self, name: str, words: list, folder: Path, stdin=subprocess.DEVNULL, env: dict | None = None):
        self.name, self._log = name, folder / f"{name}.log"
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen([str(word) for word in words], stdin=stdin, stdout=log, stderr=log,
                                                 start_new_session=True, env={**os.environ, **(env or {})})
        except OSError as missing:
            raise Cannot(str(missing)) from missing
        with contextlib.suppress(OSError):
            come_first(self._process.pid)

    def log(self, lines: int = 4) -> str:
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def wait_until(self, condition, what: str, seconds: float = 30):
        """Waits for what the program does; Cannot, with the end of its output, where it ended instead."""
        def look():
            if self._process.poll() is not None:
                raise Cannot(f"{self.name} ended with exit code {self._process.returncode}: {self.log()}")
            return condition()
        try:
            return wait_until(look, f"{what} of {self.name}", seconds)
        except Failure as failure:
            raise Cannot(f"{failure}; {self.log()}") from failure

    @property
    def stdin(self):
        return self._process.stdin

    def stand_still(self) -> None:
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)

    def end(self) -> None:
        """Ends the program whatever it does; it has nothing to save."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


class Switch:
    """Subclasses start a program on the case's devices, and have counted() what leaves it."""

    name = ""
    sending_queues = 1  # of a port, from which frames may leave
    #: a program that has to be there, and the package that has it
    needs: tuple[str, str] | None = None

    def __init__(self, case: Case, folder: Path, hugepages: bool):
        if self.needs and shutil.which(self.needs[0]) is None:
            package = self.needs[1]
            raise Cannot(f"{package} is not installed: apt-get install {package} to compare with it")
        self.case, self.folder, self.hugepages = case, folder, hugepages
        self._capture = None if case.way == "latency" else case.capture(folder)
        for path in folder.glob(f"{self.name}-*.sock"):
            path.unlink()  # of an earlier case, whose programs had no time to remove it
        self._programs: list[Program] = []
        self._counters: list[tuple[Telemetry, int, str]] = []

    # What a subclass says.

    def start(self) -> None:
        """Starts the program and returns when it forwards. Raises Cannot."""
        raise NotImplementedError

    # What it is told with.

    def program(self, name: str, words: list, **options) -> Program:
        made = Program(f"{self.name}-{name}", words, self.folder, **options)
        self._programs.append(made)
        return made

    def counted(self, program: Program, prefix: str, guest=None) -> None:
        """Counts what leaves for the underlay or the VM, and returns when something has. Between memif ports nothing
        does before somebody sends."""
        if self.case.way == "latency":
            return self.count(program, prefix, UNDERLAY_MEMIF, "opackets")
        if self.case.outwards or guest is None:
            self.count(program, prefix, self.sink, "opackets")
        if guest is not None:
            guest.count()
        return program.wait_until(lambda: self.sent()[1] > 0, "a frame")

    def count(self, program: Program, prefix: str, device: str, counter: str) -> None:
        """Adds a port's counter to what sent() tells."""
        telemetry = Telemetry(prefix)
        program.wait_until(telemetry.ready, "the telemetry")
        program.wait_until(lambda: telemetry.port(device) is not None, f"the port {device}")
        self._counters.append((telemetry, telemetry.port(device), counter))

    # What the measurement asks.

    def sent(self) -> tuple[float, int]:
        """The time, and the frames that have left by then since the start."""
        read = [telemetry.frames(port, counter) for telemetry, port, counter in self._counters]
        return sum(time for time, _ in read) / len(read), sum(frames for _, frames in read)

    def stand_still(self) -> None:
        for program in self._programs:
            program.stand_still()

    def go_on(self) -> None:
        for program in self._programs:
            program.go_on()

    def end(self) -> None:
        for telemetry, _, _ in self._counters:
            telemetry.close()
        for program in reversed(self._programs):
            program.end()

    # The synthetic ports, by DPDK's device arguments.

    @property
    def underlay_device(self) -> str:
        if self.case.way == "latency":
            return f"{UNDERLAY_MEMIF},role=server,{self.memif('underlay')}"
        return self.capture_device if self.case.inwards else self._sending

    @property
    def guest_device(self) -> str:
        """Of a case without a VM."""
        if self.case.way == "latency":
            return f"{GUEST_MEMIF},role=server,{self.memif('guest')}"
        return self._sending if self.case.inwards else self.capture_device

    def memif(self, side: str) -> str:
        """What both ends of a memif have in common."""
        return f"socket={self.folder}/{self.name}-{side}.sock,socket-abstract=no,id=0,bsize=2048"

    @property
    def sink(self) -> str:
        """The name of the device on which frames leave, but for those to a VM."""
        return CAPTURE_PORT if self.case.way == "vm-echo" else NULL_PORT

    @property
    def capture_device(self) -> str:
        return f"{CAPTURE_PORT},rx_pcap={self._capture},infinite_rx=1"

    @property
    def _sending(self) -> str:
        return f"{NULL_PORT},no-rx=1"
