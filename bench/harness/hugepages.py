"""Hugepages for as long as a measurement runs."""

import contextlib
import re
from pathlib import Path

_RESERVED = Path("/proc/sys/vm/nr_hugepages")


def _free() -> int:
    """Bytes of hugepages that nobody uses."""
    told = dict(re.findall(r"^(\w+):\s+(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE))
    return (int(told["HugePages_Free"]) - int(told["HugePages_Rsvd"])) * int(told["Hugepagesize"]) * 1024


def _page() -> int:
    found = re.search(r"^Hugepagesize:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


@contextlib.contextmanager
def reserved(megabytes: int):
    """Yields an empty text where so much is free, reserved for the time where it was not; else why there is not. The pages
    that were added are given back in the end."""
    added = 0
    try:
        if _page() == 0:
            yield "this kernel has no hugepages"
            return
        missing = megabytes * (1 << 20) - _free()
        if missing > 0:
            before = int(_RESERVED.read_text(encoding="ascii"))
            _RESERVED.write_text(str(before + -(-missing // _page())), encoding="ascii")
            added = int(_RESERVED.read_text(encoding="ascii")) - before
        yield "" if _free() >= megabytes << 20 else f"the kernel does not give {megabytes} MiB of hugepages"
    except PermissionError:
        yield "reserving hugepages needs root"
    finally:
        if added > 0:
            _RESERVED.write_text(str(max(0, int(_RESERVED.read_text(encoding="ascii")) - added)), encoding="ascii")
