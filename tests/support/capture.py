"""What really passed an interface, and what tshark says about it."""

import socket
import struct
import subprocess
import time
from pathlib import Path

from .netns import Namespace
from .outcome import check, wait_until
from .sandbox import SCRATCH

DATA_PORT = 9  # the discard service's, which no dissector claims
SO_RCVBUFFORCE = 33

_ETH_P_ALL = 0x0003
_SOL_PACKET, _PACKET_AUXDATA = 263, 8
_VLAN_VALID = 1 << 4
_AUXDATA = struct.Struct("=IIIHHHH")  # status, len, snaplen, mac, net, vlan_tci, vlan_tpid


class Capture:
    """All frames that pass `device` in either direction from the moment this is made. Frames wait in the socket's
    buffer, so what has been on the wire before frames() is called is in its answer; nothing is lost to a late start or
    stop."""

    def __init__(self, namespace: Namespace, device: str):
        self.name = f"{namespace}-{device}"
        self._frames: list[tuple[float, bytes]] = []
        self._socket = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 256 << 20)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        self._socket.setblocking(False)
        self._socket.bind((device, _ETH_P_ALL))  # bound before the protocol is set: frames of this device only

    def frames(self) -> list[bytes]:
        """Every frame so far, from its destination MAC on."""
        while True:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(65536, 256)
            except BlockingIOError:
                return [frame for _, frame in self._frames]
            self._frames.append((time.time(), _with_vlan_tag(data, ancillary)))

    def matching(self, content: bytes) -> list[bytes]:
        """The frames that hold `content` anywhere."""
        return [frame for frame in self.frames() if content in frame]

    def wait_for(self, content: bytes, count: int = 1, seconds: float = 5) -> list[bytes]:
        """Waits until at least `count` frames hold `content`."""
        wait_until(lambda: len(self.matching(content)) >= count,
                   f"{count} frames with {content!r} on {self.name}", seconds)
        return self.matching(content)

    def write(self) -> Path:
        """Writes the frames as a pcap file and returns its path."""
        path = SCRATCH / f"{self.name}.pcap"
        write_pcap(path, self.frames(), [seconds for seconds, _ in self._frames])
        return path


_FILE_HEADER = struct.Struct("=IHHiIII")  # magic, version, time zone, accuracy, longest frame, link type
_FRAME_HEADER = struct.Struct("=IIII")    # seconds, microseconds, bytes here, bytes on the wire


def write_pcap(path: Path, frames: list[bytes], times: list[float] | None = None) -> None:
    with path.open("wb") as file:
        file.write(_FILE_HEADER.pack(0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for seconds, frame in zip(times or [0.0] * len(frames), frames):
            file.write(_FRAME_HEADER.pack(int(seconds), int(seconds % 1 * 1e6), len(frame), len(frame)) + frame)


def read_pcap(path: Path) -> list[bytes]:
    """The frames of a file in this machine's byte order."""
    data, at, frames = path.read_bytes(), _FILE_HEADER.size, []
    while at < len(data):
        length = _FRAME_HEADER.unpack_from(data, at)[2]
        at += _FRAME_HEADER.size + length
        frames.append(data[at - length:at])
    return frames


def _with_vlan_tag(data: bytes, ancillary) -> bytes:
    """Puts a VLAN tag back that the kernel keeps beside the frame."""
    for level, kind, value in ancillary:
        if level == _SOL_PACKET and kind == _PACKET_AUXDATA:
            status, _, _, _, _, tci, tpid = _AUXDATA.unpack(value[: _AUXDATA.size])
            if status & _VLAN_VALID:
                return data[:12] + struct.pack("!HH", tpid or 0x8100, tci) + data[12:]
    return data


_TSHARK = ["tshark", "-n", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=|"]
for _preference in ("ip.check_checksum", "udp.check_checksum", "tcp.check_checksum"):
    _TSHARK += ["-o", f"{_preference}:TRUE"]
# The payload at DATA_PORT is data, not whatever tshark might take random bytes for.
for _transport in ("udp", "tcp"):
    _TSHARK += ["-d", f"{_transport}.port=={DATA_PORT},data"]
_WARNING = 0x00600000         # PI_WARN; errors, bad checksums among them, are above
_SEQUENCE = str(0x02000000)   # PI_SEQUENCE: how the ends of a TCP connection behave, not whether frames are correct
_HARMLESS = "0xffff instead of 0x0000 (see RFC 1624)"  # the same number in ones' complement; Linux writes it in TCP too


def decode(path: Path, fields: list[str], display_filter: str = "") -> list[list[str]]:
    """The named fields of each frame (of those that pass the filter), as tshark decodes it. A field that occurs more
    than once, such as ip.src, has its values joined by "|", outermost first."""
    words = [*_TSHARK, "-r", str(path)]
    for field in fields:
        words += ["-e", field]
    if display_filter:
        words += ["-Y", display_filter]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def complaints(path: Path) -> list[str]:
    """What tshark has to say against the frames: malformed ones, wrong checksums, anything it warns of."""
    found = []
    for number, malformed, *expert in decode(path, ["frame.number", "_ws.malformed", "_ws.expert.severity",
                                                    "_ws.expert.group", "_ws.expert.message"],
                                             f"_ws.malformed or _ws.expert.severity >= {_WARNING}"):
        found += [f"frame {number}: {malformed}"] if malformed else []
        found += [f"frame {number}: {text}" for severity, group, text in zip(*(values.split("|") for values in expert))
                  if int(severity) >= _WARNING and group != _SEQUENCE and _HARMLESS not in text]
    return found


def check_decodes(capture: Capture) -> list[bytes]:
    """Fails when tshark complains about any captured frame; returns the frames."""
    path = capture.write()
    found = complaints(path)
    check(not found, f"tshark complains about frames on {capture.name}:\n" + "\n".join(found[:20]))
    return capture.frames()
