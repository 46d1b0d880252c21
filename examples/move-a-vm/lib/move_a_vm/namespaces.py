"""Network namespaces without a name: each lives as long as somebody holds it, so nothing can be left behind.

A named namespace (`ip netns add`) outlives a driver that was killed. These are held by the driver's file descriptors
and by the processes inside: when those are gone, the kernel takes the namespace and all its devices away. To look into
one while the job runs: `nsenter --net=PATH`, with the path that the job prints.
"""

import contextlib
import ctypes
import os

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function.__name__}: {os.strerror(number)}")


class Namespace:
    """One network namespace, held by a file descriptor."""

    def __init__(self, name, lifetime):
        self.name = name
        self._lifetime = lifetime
        with lifetime.signals.held():
            outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            try:
                _call(_libc.unshare, _CLONE_NEWNET)
                self._fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
                _call(_libc.setns, outside, _CLONE_NEWNET)
            finally:
                os.close(outside)
        self.ip("link set lo up")
        # IPv6 on the underlay would only add frames that nobody asked for.
        for scope in ("all", "default"):
            self.sysctl(f"net/ipv6/conf/{scope}/disable_ipv6", 1)

    @property
    def path(self):
        """A path by which other processes find the namespace while the driver runs."""
        return f"/proc/{os.getpid()}/fd/{self._fd}"

    def join(self):
        """Moves the calling process into the namespace; for a child between fork and exec."""
        _call(_libc.setns, self._fd, _CLONE_NEWNET)

    @contextlib.contextmanager
    def entered(self):
        """The driver itself is inside for the length of the block: a socket opened there stays there."""
        with self._lifetime.signals.held():
            outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            try:
                self.join()
                yield
            finally:
                _call(_libc.setns, outside, _CLONE_NEWNET)
                os.close(outside)

    def sysctl(self, path, value):
        """Sets a setting below /proc/sys of this namespace."""
        with self.entered(), open(f"/proc/sys/{path}", "w", encoding="ascii") as file:
            file.write(str(value))

    def ip(self, *commands):
        """Carries out ip commands, each a line without the leading `ip`, and stops at the first that fails."""
        self._lifetime.run(["ip", "-batch", "-"], namespace=self, text_in="\n".join(commands) + "\n")

    def run(self, *arguments):
        """Runs one short command inside and returns what it printed."""
        return self._lifetime.run(list(arguments), namespace=self)

    def try_run(self, *arguments):
        """Runs one short command inside, for what may not be possible everywhere; returns whether it worked."""
        return self._lifetime.try_run(list(arguments), namespace=self)
