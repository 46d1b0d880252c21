"""The hosts of an interop test: guests, the underlay between hosts, and Linux as a VXLAN peer."""

import ipaddress
import json

from .netns import Namespace, bridge, veth
from .outcome import wait_until

VXLAN_PORT = 4789


class Guest:
    """A namespace with one interface, eth0, that stands for a VM."""

    def __init__(self, name: str, mac: str, ipv4: str = "", ipv6: str = ""):
        self.namespace, self.name, self.mac = Namespace(name, ipv6=bool(ipv6)), name, mac
        self.ipv4, self.ipv6 = ipv4.split("/")[0], ipv6.split("/")[0]
        self._addresses = [address for address in (ipv4, ipv6) if address]

    def plug(self, host: Namespace, device: str) -> None:
        """Joins eth0 to `device`, which is made in the host's namespace."""
        veth(self.namespace, "eth0", host, device, a_mac=self.mac)
        for address in self._addresses:
            self.add_address("eth0", address)

    def add_address(self, device: str, address: str) -> None:
        nodad = "nodad" if ":" in address else ""  # duplicate address detection would delay the first packet
        self.namespace.ip(f"address add {address} dev {device} {nodad}")

    def forget_neighbours(self) -> None:
        """Makes the next packet ask for its destination's MAC again."""
        self.namespace.ip("neighbour flush all")


class Underlay:
    """A namespace with a bridge between the hosts. Full-size guest frames fit it: 1,500 bytes and 50 of outer
    headers."""

    def __init__(self, mtu: int = 1600, name: str = "underlay"):
        self.namespace, self.mtu = Namespace(name), mtu
        bridge(self.namespace, "br")

    def connect(self, host: Namespace, address: str, device: str = "ul0") -> str:
        """Gives the host an interface on the underlay, with the address, and returns its MAC. The bridge's port has
        the host's name."""
        mac = underlay_mac(address)
        veth(self.namespace, host.name, host, device, mtu=self.mtu, b_mac=mac)
        self.namespace.ip(f"link set dev {host} master br")
        self.namespace.bridge(f"fdb add {mac} dev {host} master static sticky")  # nothing floods, nobody takes it over
        host.ip(f"address add {address}/24 dev {device}")
        return mac


def underlay_mac(address: str) -> str:
    """The MAC of the host with this underlay address, derived from it so that configurations can name it beforehand."""
    return "02:00:" + ipaddress.IPv4Address(address).packed.hex(":")


class LinuxVtep:
    """A host whose VTEP is the kernel's: a vxlan device and a bridge for each segment, guests on the bridge."""

    def __init__(self, underlay: Underlay, name: str, address: str):
        self.namespace, self.name, self.address = Namespace(name), name, address
        underlay.connect(self.namespace, address)

    def segment(self, vni: int, flood: list[str], learning: bool = True, udp_checksums: bool = True) -> None:
        """Adds a segment whose broadcast, multicast and unknown unicast go to the VTEPs in `flood`, and which sends
        outer UDP checksums or leaves them zero."""
        bridge(self.namespace, f"br{vni}")
        self.namespace.ip(f"link add name vx{vni} mtu 1500 type vxlan id {vni} local {self.address} "
                          f"dstport {VXLAN_PORT} {'learning' if learning else 'nolearning'} "
                          f"{'udpcsum' if udp_checksums else 'noudpcsum'}")
        self.namespace.ip(f"link set dev vx{vni} master br{vni} up")
        for remote in flood:
            self.namespace.bridge(f"fdb append 00:00:00:00:00:00 dev vx{vni} dst {remote}")

    def attach(self, vni: int, guest: Guest) -> None:
        port = f"to-{guest.name}"
        guest.plug(self.namespace, port)
        self.namespace.ip(f"link set dev {port} master br{vni}")

    def row(self, vni: int, mac: str, remote: str) -> None:
        """A static row: the MAC is behind the remote VTEP."""
        self.namespace.bridge(f"fdb replace {mac} dev vx{vni} dst {remote} self static")

    def start(self) -> None:
        """Nothing to start: the kernel forwards already."""

    def stop(self) -> None:
        """Nothing to stop."""

    def vtep_of(self, vni: int, mac: str) -> str | None:
        """The VTEP that the segment's FDB has for a MAC."""
        for row in json.loads(self.namespace.bridge(f"-j fdb show dev vx{vni}")):
            if row["mac"] == mac and "dst" in row:
                return row["dst"]
        return None

    def wait_for_row(self, vni: int, mac: str, remote: str) -> None:
        wait_until(lambda: self.vtep_of(vni, mac) == remote, f"{self.name}'s row for {mac} naming {remote}")
