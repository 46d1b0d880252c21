"""testpmd `io`: what receiving and sending cost, and nothing else. It is the ceiling of a switch on the same ports."""

import subprocess

from .switch import CAPTURE_PORT, CONTROL_CPU, NULL_PORT, WORKER_CPU, Cannot, Switch

PACKAGE = "dpdk-dev"


def memory_words(hugepages: bool, megabytes: int, prefix: str) -> list[str]:
    """EAL's arguments for memory of a program's own, with its telemetry."""
    return ["-m", str(megabytes), f"--file-prefix={prefix}", "--no-pci",
            *(["--in-memory"] if hugepages else ["--no-huge", "--no-shconf"])]


class Testpmd(Switch):
    name = "io"

    def start(self) -> None:
        if self.case.vm:
            raise Cannot("testpmd between a guest and a port is no measure of a switch's")
        case = self.case
        program = self.program("testpmd", [
            "dpdk-testpmd", "--lcores", f"0@{CONTROL_CPU},1@{WORKER_CPU}", *memory_words(self.hugepages, memory_mb(case), "io"),
            "--vdev", self.capture_device(), "--vdev", self.null_device(), "--", "--forward-mode=io", "--auto-start",
            "--no-mlockall", "--nb-cores=1", "--rxd=1024", "--txd=1024", f"--total-num-mbufs={case.buffers}",
            f"--mbuf-size={case.buffer}"], stdin=subprocess.PIPE)
        self.count(program, "io", NULL_PORT, "opackets")


def memory_mb(case) -> int:
    """For the buffers of a case, and what DPDK itself takes."""
    return 64 + case.buffers * (case.buffer + 256) * 9 // 8 // (1 << 20)


__all__ = ["CAPTURE_PORT", "Testpmd", "memory_mb", "memory_words"]
