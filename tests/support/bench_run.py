"""What tests of bench/run share: the command, and what it must give back."""

import os
import subprocess
import uuid
from pathlib import Path

from .outcome import Skip
from .sandbox import REPOSITORY

RUN = REPOSITORY / "bench/run"


def needs_sandbox() -> None:
    """Skips the test where bench/run has none to put its programs into."""
    if os.geteuid() != 0:
        raise Skip("needs root, for network namespaces")
    tried = subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        raise Skip(f"no network, mount and process namespaces here: {tried.stderr.strip()}")


def reserved_hugepages() -> int:
    return int(Path("/proc/sys/vm/nr_hugepages").read_text(encoding="ascii"))


class Belongings:
    """Processes that descend from those that were started with `mark` in their environment, wherever they are."""

    def __init__(self):
        self.mark = {"FERRY_TEST_MARK": uuid.uuid4().hex}

    def processes(self) -> list[str]:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark["FERRY_TEST_MARK"].encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # it ended meanwhile
        return found


belongings = Belongings()
