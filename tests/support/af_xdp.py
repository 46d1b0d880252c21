"""Sockets of the kernel's AF_XDP."""

import socket

from .outcome import Skip

AF_XDP = 44


def need_af_xdp() -> None:
    """Skips the test where the kernel has no such sockets."""
    try:
        socket.socket(AF_XDP, socket.SOCK_RAW).close()
    except OSError as error:
        raise Skip(f"this kernel has no AF_XDP sockets: {error.strerror}") from error
