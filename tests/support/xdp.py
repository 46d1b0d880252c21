"""Drops frames on their way through a network device, by a few instructions of eBPF at its XDP hook. No tool and no compiler
is needed for that, and the queueing disciplines that lose frames are not in every kernel."""

import contextlib
import ctypes
import os
import socket
import struct

from .netns import Namespace

_BPF_PROG_LOAD, _BPF_LINK_CREATE = 5, 28
_PROG_TYPE_XDP, _ATTACH_XDP, _SKB_MODE = 6, 37, 1 << 1
_SYSCALL = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
_libc = ctypes.CDLL(None, use_errno=True)

_DROP, _PASS = 1, 2  # what XDP is told


def _bpf(command: int, attributes: bytes) -> int:
    buffer = ctypes.create_string_buffer(attributes, 128)
    result = _libc.syscall(_SYSCALL, command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf({command})")
    return result


def _instruction(code: int, target: int = 0, source: int = 0, offset: int = 0, value: int = 0) -> bytes:
    return struct.pack("<BBhi", code, source << 4 | target, offset, value)


def _dropping(matches: list[tuple[int, int, int]], length: int) -> bytes:
    """A program that drops frames of at least `length` bytes in which each (offset, mask, value) holds: the byte at the
    offset, masked, is the value."""
    code = [_instruction(0x61, 2, 1, 0),           # r2 = start of the frame
            _instruction(0x61, 3, 1, 4),           # r3 = its end
            _instruction(0xBF, 4, 2),              # r4 = r2
            _instruction(0x07, 4, value=length),   # r4 += length
            None]                                  # if r4 > r3 pass
    for offset, mask, value in matches:
        code += [_instruction(0x71, 0, 2, offset),       # r0 = byte
                 _instruction(0x57, 0, value=mask),      # r0 &= mask
                 (value,)]                               # if r0 != value pass
    code += [_instruction(0xB7, 0, value=_DROP), _instruction(0x95)]
    passing = len(code)
    code += [_instruction(0xB7, 0, value=_PASS), _instruction(0x95)]
    for index, line in enumerate(code):
        if line is None:
            code[index] = _instruction(0x2D, 4, 3, passing - index - 1)
        elif isinstance(line, tuple):
            code[index] = _instruction(0x55, 0, 0, passing - index - 1, line[0])
    return b"".join(code)


@contextlib.contextmanager
def drops(namespace: Namespace, device: str, matches: list[tuple[int, int, int]], length: int = 50):
    """Inside the block the frames that come in by the device (for a veth: those that its other end sends) and match are
    lost."""
    program = ctypes.create_string_buffer(_dropping(matches, length))
    license_name = ctypes.create_string_buffer(b"GPL")
    load = struct.pack("<IIQQIIQII", _PROG_TYPE_XDP, len(program) // 8, ctypes.addressof(program),
                       ctypes.addressof(license_name), 0, 0, 0, 0, 0)
    loaded = _bpf(_BPF_PROG_LOAD, load)
    with namespace.entered():
        index = socket.if_nametoindex(device)
        link = _bpf(_BPF_LINK_CREATE, struct.pack("<IIII", loaded, index, _ATTACH_XDP, _SKB_MODE))
    os.close(loaded)
    try:
        yield
    finally:
        os.close(link)  # which takes the program from the device

