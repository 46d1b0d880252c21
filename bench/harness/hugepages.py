"""Hugepages for as long as a measurement runs."""

import contextlib
import re
from pathlib import Path

_RESERVED = Path("/proc/sys/vm/nr_hugepages")
_COMPACT = Path("/proc/sys/vm/compact_memory")


def _reserved() -> int:
    return int(_RESERVED.read_text(encoding="ascii"))


def _free() -> int:
    """Bytes of hugepages that nobody uses."""
    told = dict(re.findall(r"^(\w+):\s+(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE))
    return (int(told["HugePages_Free"]) - int(told["HugePages_Rsvd"])) * int(told["Hugepagesize"]) * 1024


def _page() -> int:
    found = re.search(r"^Hugepagesize:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


@contextlib.contextmanager
def reserved(megabytes: int):
    """Yields an empty text where so much is free, reserved for the time where it was not; else why there is not. The
    pages that were added are given back in the end."""
    added = 0
    try:
        if _page() == 0:
            yield "this kernel has no hugepages"
            return
        for _ in range(3):
            missing = (megabytes << 20) - _free()
            if missing <= 0:
                break
            _COMPACT.write_text("1", encoding="ascii")  # the kernel gives what it finds in one piece
            before = _reserved()
            _RESERVED.write_text(str(before + -(-missing // _page())), encoding="ascii")
            added += _reserved() - before
        yield "" if _free() >= megabytes << 20 else f"the kernel does not give {megabytes} MiB of hugepages"
    except PermissionError:
        yield "reserving hugepages needs root"
    finally:
        if added > 0:
            _RESERVED.write_text(str(max(0, _reserved() - added)), encoding="ascii")
