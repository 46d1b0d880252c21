"""DPDK's memory of a program: hugepages where there are some for all programs, ordinary pages for all where not."""


def memory_words(hugepages: bool, megabytes: int, prefix: str) -> list[str]:
    """EAL's arguments for memory of a program's own, with its telemetry."""
    return ["-m", str(megabytes), f"--file-prefix={prefix}", "--no-pci",
            *(["--in-memory"] if hugepages else ["--no-huge", "--no-shconf"])]


def memory_mb(case) -> int:
    """For the buffers of a case, and what DPDK itself takes."""
    return 64 + case.buffers * (case.buffer + 256) * 9 // 8 // (1 << 20)
