"""Runs a test in network, mount and process namespaces of its own.

Everything that a test starts or makes - processes, network namespaces, files under /run - lives in them and is gone
when the test ends, however it ends: the kernel kills all processes of the namespace with its first one. Names need not
be unique, the host's network is out of reach, and a test can look at the whole of /run and of /proc for what a program
left.
"""

import os
import subprocess
import sys
from pathlib import Path

from .outcome import Skip, finish

REPOSITORY = Path(__file__).resolve().parents[2]
SCRATCH = Path("/run/test")  # for the test's own files

_INSIDE = "FERRY_TEST_SANDBOX"
_UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]


def inside() -> bool:
    """Whether this process is in a sandbox already."""
    return _INSIDE in os.environ


def run(test) -> None:
    """Runs the function `test` in a sandbox and ends the process with its result. A script calls this last."""
    if inside():
        finish(lambda: _inside(test))
    else:
        finish(_enter)


def _enter() -> None:
    """Starts the script again, as the first process of a sandbox."""
    if os.geteuid() != 0:
        raise Skip("needs root, for network namespaces")
    tried = subprocess.run([*_UNSHARE, "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        raise Skip(f"no network, mount and process namespaces here: {tried.stderr.strip()}")
    os.environ[_INSIDE] = "1"
    os.execvp("unshare", [*_UNSHARE, sys.executable, *sys.argv])


def _inside(test) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    for folder in ("/run/netns", "/run/lock", SCRATCH):
        os.makedirs(folder)
    os.environ["TMPDIR"] = str(SCRATCH)
    test()


def processes() -> dict[int, str]:
    """The command lines of all processes of the sandbox but the test's own, by their ids."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue  # it ended meanwhile
            if command:  # a zombie has none
                found[int(entry.name)] = command
    return found


def files_under_run() -> set[str]:
    """All files and sockets under /run but the test's own scratch folder; folders count where they are empty."""
    found = set()
    for folder, folders, files in os.walk("/run"):
        path = Path(folder)
        if path == SCRATCH:
            folders.clear()
            continue
        found.update(str(path / name) for name in files)
        if not folders and not files and path not in (Path("/run/netns"), Path("/run/lock")):
            found.add(str(path))
    return found
