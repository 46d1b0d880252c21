"""DPDK's testpmd behind a vhost-user socket, from its start to its end."""

import subprocess
from pathlib import Path

from .outcome import Failure, wait_until


def wait_for_socket(process: subprocess.Popen, socket: Path, log: Path, what: str) -> None:
    """Waits until the socket is there; fails when testpmd ends before."""
    def listens() -> bool:
        if process.poll() is not None:
            raise Failure(f"testpmd ended:\n{log.read_text(errors='replace')}")
        return socket.exists()

    wait_until(listens, what)


def end(process: subprocess.Popen) -> None:
    """Ends testpmd by the end of its input, or else by force."""
    process.stdin.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
