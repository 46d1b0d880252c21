"""DPDK's memory of a program: hugepages where there are some for all programs, ordinary pages for all where not."""


def memory_words(hugepages: bool, megabytes: int, prefix: str) -> list[str]:
    """EAL's arguments for memory of a program's own, with its telemetry."""
    return ["-m", str(megabytes), f"--file-prefix={prefix}", "--no-pci",
            *(["--in-memory"] if hugepages else ["--no-huge", "--no-shconf"])]


def memory_mb(case) -> int:
    """For the buffers of a case, and what DPDK itself takes. Even: DPDK does not start where a hugepage of 2 MiB is left over."""
    return 64 + case.buffers * (case.buffer + 256) * 9 // 8 // (1 << 21) * 2


OVS_MB = 512     # beyond its buffers, which it makes more of
GUEST_MB = 192


def of_all_programs_mb(cases: list) -> int:
    """For the programs of any one of the cases, which are there at the same time."""
    return max((3 * memory_mb(case) + OVS_MB + (3 * GUEST_MB if case.vm else 0) for case in cases), default=0)
