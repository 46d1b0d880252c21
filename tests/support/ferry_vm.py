"""VMs without an operating system: bench/move's ferry-vm, which sends and counts numbered frames on vhost-user ports and
moves from host to host as QEMU's VMs do."""

import json
import subprocess
from pathlib import Path

from .ferryd import BUILD
from .outcome import Failure
from .sandbox import SCRATCH

FERRY_VM = BUILD / "bench/move/ferry-vm"


class FerryVm:
    """One or more VMs in a process of their own. Sockets are given by host: {"S": path, "D": path}."""

    def __init__(self, name: str, vms: dict[str, tuple[str, dict[str, Path]]], ring: int = 1024, buffer: int = 2048,
                 first: bool = False, taps: dict[str, str] | None = None, rest_us: int = 60):
        """`vms` has each VM's MAC and sockets by its name, `taps` the tap of those whose operating system is the kernel
        behind one; `rest_us` are between looks at rings that had nothing."""
        words = [FERRY_VM, "--ring", ring, "--buffer", buffer, "--rest", rest_us, *(["--first"] if first else [])]
        for vm, tap in (taps or {}).items():
            words += ["--tap", f"{vm}={tap}"]
        for vm, (mac, sockets) in vms.items():
            words += ["--vm", ",".join([vm, mac, *(f"{host}={path}" for host, path in sockets.items())])]
        self.name = name
        self._log = (SCRATCH / f"{name}.log").open("ab")
        self._process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=self._log, text=True)
        self._answer()

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise Failure(f"{self.name} ended: {(SCRATCH / f'{self.name}.log').read_text(errors='replace')}")
        return json.loads(line)

    def ask(self, command: str, **words) -> dict:
        """Has a command carried out, as bench/move/vm/commands.hpp lists them, and returns its answer."""
        self._process.stdin.write(json.dumps({"do": command, **words}) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise Failure(f"{self.name}: {command} {words}: {answer['error']}")
        return answer

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.stdin.close()
        if self._process.wait(10) != 0:
            raise Failure(f"{self.name} ended with exit code {self._process.returncode}")
