"""What is measured: each case says what a switch is to do, whichever program it is."""

import fnmatch
import random
import struct
from dataclasses import dataclass, replace
from pathlib import Path

from . import frames

VM_MAC = frames.local_mac(0)
BROADCAST = (1 << 48) - 1
IMIX = (64,) * 7 + (594,) * 4 + (1518,)
#: In a capture: more than a last-level cache holds, and no more than Open vSwitch has buffers for (262,144), because a port of
#: net_pcap keeps each in one of its own.
MOST_FRAMES = 3 << 16


@dataclass(frozen=True)
class Case:
    name: str
    way: str                          # encap, decap; for a VM on vhost-user vm-out, vm-in, vm-echo; latency
    sizes: tuple[int, ...] = (64,)    # of the guests' frames in turn, with the FCS
    endpoints: int = 1024             # behind the remotes, and in decap on the local port
    remotes: int = 64
    learning: bool = False
    flood: int = 0                    # remotes that get a copy of each frame; 0: frames are for one endpoint each
    odd: bool = False                 # neighbours in a burst differ in every way
    captured: int = 0                 # frames in the capture, where that is not to follow from the endpoints
    compare: str = ""                 # the case that this one is told as a share of

    @property
    def unit(self) -> str:
        return "cycles/copy" if self.flood else "cycles/frame"

    @property
    def vm(self) -> bool:
        return self.way.startswith("vm")

    @property
    def outwards(self) -> bool:
        """Frames go from local guests to the underlay."""
        return self.way in ("encap", "vm-out", "vm-echo", "latency")

    @property
    def inwards(self) -> bool:
        return self.way in ("decap", "vm-in", "vm-echo")

    @property
    def mtu(self) -> int:
        """Of the underlay: what the largest frame needs, and the usual 1,600 at least."""
        return max(1600, max(self.sizes) - frames.FCS + frames.OUTER - 14)

    @property
    def buffer(self) -> int:
        """Bytes of data in a buffer, 128 of headroom included: DPDK's usual room where that does."""
        return max(2176, -(-(self.mtu + 14 + 128) // 256) * 256)

    @property
    def buffers(self) -> int:
        return 16384 + (MOST_FRAMES if self.count > 16384 else 0)

    @property
    def count(self) -> int:
        """Frames in the capture."""
        if self.captured:
            return self.captured
        if self.endpoints > MOST_FRAMES:
            return MOST_FRAMES
        return max(1024, self.endpoints) * (3 if len(self.sizes) > 1 else 1)

    def guest_frames(self):
        """The frames that local guests send, or that are inside what comes from the underlay, with their endpoints."""
        chosen = random.Random(1)
        make = frames.odd_guest_frame if self.odd else frames.guest_frame
        for number in range(self.count):
            endpoint = number * 2654435761 % self.endpoints
            if self.endpoints > 1024:
                endpoint = chosen.randrange(self.endpoints)
            remote, local = frames.remote_mac(endpoint), frames.local_mac(endpoint % self.locals)
            there, here = (local, remote) if self.inwards else (BROADCAST if self.flood else remote, local)
            yield endpoint, make(there, here, number, self.sizes[number % len(self.sizes)])

    @property
    def locals(self) -> int:
        """MACs on the local port. A guest that may use any source has as many as there are endpoints, else one."""
        if self.vm or (self.way in ("encap", "latency") and not self.learning):
            return 1
        return min(self.endpoints, 1024)

    def local_macs(self) -> list[int]:
        return [frames.local_mac(number) for number in range(self.locals)]

    def capture(self, folder: Path) -> Path:
        """The file with what the receiving port gets, or the VM sends; made where it is not there yet."""
        path = folder / f"{self.name}.pcap"
        if not path.exists():
            inside = self.guest_frames()
            write_pcap(path, (frame for _, frame in inside) if not self.inwards else
                       (frames.vxlan(frames.vtep_of(endpoint, self.remotes), number, frame)
                        for number, (endpoint, frame) in enumerate(inside)))
        return path


LATENCY = Case("latency-64B-1k", "latency")  # between memif ports: latency.py


def write_pcap(path: Path, captured) -> None:
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for frame in captured:
            file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)


def all_cases() -> list[Case]:
    base = {way: Case(f"{way}-64B-1k", way) for way in ("encap", "decap")}
    cases = [*base.values()]
    cases += [replace(case, name=f"{case.name}-learning", learning=True) for case in base.values()]
    for way, case in base.items():
        cases += [replace(case, name=f"{way}-{size}B-1k", sizes=(size,)) for size in (128, 512, 1518, 9000)]
        cases.append(replace(case, name=f"{way}-imix-1k", sizes=IMIX))
    for way, case in base.items():  # with the same capture, because a large one is not in the caches
        large = replace(case, name=f"{case.name}-large-capture", captured=MOST_FRAMES)
        cases += [large, replace(large, name=f"{way}-64B-1M", endpoints=1_000_000, remotes=4096, compare=large.name)]
    cases += [replace(case, name=f"{way}-128B-1k-mixed", sizes=(128,), odd=True, compare=f"{way}-128B-1k")
              for way, case in base.items()]
    cases += [replace(base["encap"], name=f"flood-64B-{remotes}", flood=remotes, remotes=remotes, endpoints=1024)
              for remotes in (1, 8, 64, 512)]
    cases += [Case(f"{way}-{size}B", way, sizes=(size,))
              for size in (64, 1518) for way in ("vm-out", "vm-in", "vm-echo")]
    return cases


def matches(name: str, patterns: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns.split(","))


def chosen(patterns: str) -> list[Case]:
    return [case for case in all_cases() if matches(case.name, patterns)]
