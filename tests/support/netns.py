"""Network namespaces and the links between them. They vanish with the sandbox that the test runs in."""

import contextlib
import ctypes
import os
import socket
import subprocess

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def command(*words, text: str | None = None) -> str:
    """Runs a command that must succeed and returns what it printed."""
    done = subprocess.run([str(word) for word in words], input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def _set_namespace(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    """A network namespace without IPv6 unless asked for: the kernel's own router solicitations and MLD reports would
    turn up where a test counts frames."""

    def __init__(self, name: str, ipv6: bool = False):
        self.name = name
        command("ip", "netns", "add", name)
        self.ip("link set lo up")
        if not ipv6:
            self.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
            self.sysctl("net.ipv6.conf.default.disable_ipv6", 1)

    def __str__(self) -> str:
        return self.name

    def ip(self, words: str) -> str:
        """Runs ip(8) here; the arguments are separated at spaces."""
        return command("ip", "-n", self.name, *words.split())

    def batch(self, commands: list[str]) -> None:
        """Runs many commands of ip(8) here, all of which must succeed, at once."""
        command("ip", "-n", self.name, "-batch", "-", text="\n".join(commands) + "\n")

    def bridge(self, words: str) -> str:
        """Runs bridge(8) here."""
        return command("bridge", "-n", self.name, *words.split())

    def sysctl(self, key: str, value) -> None:
        with self.entered(), open(f"/proc/sys/{key.replace('.', '/')}", "w", encoding="ascii") as file:
            file.write(str(value))

    def command(self, *words) -> str:
        """Runs any command here, which must succeed."""
        return command("ip", "netns", "exec", self.name, *words)

    def start(self, *words, **options) -> subprocess.Popen:
        """Starts a command here; options are Popen's."""
        return subprocess.Popen(["ip", "netns", "exec", self.name, *map(str, words)], **options)

    def ping(self, address: str, *options, count: int = 5) -> None:
        """Sends echo requests to `address` one after the other, each of which must be answered. ping(8) is called for
        each of them: for the last one of many it waits no longer than twice the time that others took."""
        for _ in range(count):
            self.command("ping", "-n", "-q", "-c", 1, "-W", 5, *options, address)

    def reaches(self, address: str) -> bool:
        """One echo request to `address`: whether it is answered."""
        return self.start("ping", "-n", "-q", "-c", 1, "-W", 1, address, stdout=subprocess.DEVNULL).wait() == 0

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is in the namespace inside the block. Sockets made there stay there."""
        with open("/proc/thread-self/ns/net", "rb") as before, open(f"/run/netns/{self.name}", "rb") as inside:
            _set_namespace(inside.fileno())
            try:
                yield
            finally:
                _set_namespace(before.fileno())

    def socket(self, *arguments) -> socket.socket:
        """A socket in this namespace, for use from anywhere."""
        with self.entered():
            return socket.socket(*arguments)


def offloads_off(namespace: Namespace, device: str) -> None:
    """Makes the kernel finish checksums and segment before it sends on `device`. Without this frames leave a veth with
    checksums that are merely begun, which a port on AF_PACKET or AF_XDP cannot tell from wrong ones."""
    namespace.command("ethtool", "-K", device, "tx", "off")


def veth(a: Namespace, a_device: str, b: Namespace, b_device: str, mtu: int = 1500,
         a_mac: str = "", b_mac: str = "") -> None:
    """Joins two namespaces by a veth pair, both ends up and with offloads off."""
    command("ip", "link", "add", "name", a_device, "netns", a, *(["address", a_mac] if a_mac else []), "mtu", mtu,
            "type", "veth", "peer", "name", b_device, *(["address", b_mac] if b_mac else []), "mtu", mtu, "netns", b)
    for namespace, device in ((a, a_device), (b, b_device)):
        offloads_off(namespace, device)
        namespace.ip(f"link set dev {device} up")


def bridge(namespace: Namespace, device: str) -> None:
    """A Linux bridge that floods multicast as it does broadcast, sends nothing of its own, and leaves what is inside a
    frame alone: with br_netfilter it would drop packets that it takes for invalid."""
    for family in ("iptables", "ip6tables", "arptables"):
        with contextlib.suppress(FileNotFoundError):
            namespace.sysctl(f"net.bridge.bridge-nf-call-{family}", 0)
    namespace.ip(f"link add name {device} type bridge mcast_snooping 0 stp_state 0")
    namespace.ip(f"link set dev {device} up")


def mac_of(namespace: Namespace, device: str) -> str:
    with namespace.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as probe:
        probe.bind((device, 0))
        return probe.getsockname()[4].hex(":")
