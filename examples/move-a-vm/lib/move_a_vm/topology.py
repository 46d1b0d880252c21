"""The four hosts and the network between them.

         S                 D                 P                 Q
    ┌──────────┐      ┌──────────┐      ┌──────────┐      ┌──────────┐
    │ VM       │ ───▶ │ VM       │      │ sender   │      │ sender   │
    │ ferryd   │      │ ferryd   │      │ vxlan100 │      │ ferryd   │
    │ underlay │      │ underlay │      │ underlay │      │ underlay │
    └────┬─────┘      └────┬─────┘      └────┬─────┘      └────┬─────┘
         └─────────────────┴──── bridge ─────┴─────────────────┘
                            (MTU 1600, namespace U)
"""

import json
from dataclasses import dataclass

from .namespaces import Namespace

UNDERLAY_DEVICE = "underlay"
UNDERLAY_MTU = 1600
OVERLAY_MTU = 1500
VNI = 100
VM_MAC = "52:54:00:00:00:01"
VM_ADDRESS = "10.100.0.10"
SENDER_MAC = "02:fe:00:00:02:04"


@dataclass
class Host:
    """One host: its namespace and its place on the underlay."""

    name: str
    address: str
    mac: str
    space: Namespace


class Topology:
    """Builds the namespaces, the bridge and the links. What is built goes with the driver's file descriptors."""

    def __init__(self, lifetime):
        self.middle = Namespace("U", lifetime)
        self.middle.ip("link add bridge type bridge mcast_snooping 0 stp_state 0 forward_delay 0",
                       f"link set bridge mtu {UNDERLAY_MTU} up")
        self.hosts = [self._add_host(number, name, lifetime) for number, name in enumerate("SDPQ", start=1)]
        self.source, self.destination, self.linux_peer, self.ferry_peer = self.hosts
        self._build_linux_peer()
        self._build_sender_of_ferry_peer()

    def others(self, host):
        """Returns the other three hosts."""
        return [other for other in self.hosts if other is not host]

    def _add_host(self, number, name, lifetime):
        host = Host(name, f"172.16.0.{number}", f"02:fe:00:00:00:{number:02x}", Namespace(name, lifetime))
        port = f"to-{name}"
        self.middle.ip(
            f"link add {port} type veth peer name {UNDERLAY_DEVICE} address {host.mac} netns {host.space.path}",
            f"link set {port} mtu {UNDERLAY_MTU} master bridge up")
        host.space.ip(f"link set {UNDERLAY_DEVICE} mtu {UNDERLAY_MTU} up",
                      f"address add {host.address}/24 dev {UNDERLAY_DEVICE}")
        finish_frames(host.space, UNDERLAY_DEVICE)
        finish_frames(self.middle, port)
        return host

    def _build_linux_peer(self):
        """P: the kernel's vxlan device, learning, and flooding to every other host."""
        space = self.linux_peer.space
        device = f"vxlan{VNI}"
        space.ip(f"link add {device} type vxlan id {VNI} local {self.linux_peer.address} dstport 4789 "
                 f"dev {UNDERLAY_DEVICE} learning",
                 f"link set {device} mtu {OVERLAY_MTU} up",
                 f"address add 10.100.0.1/24 dev {device}")
        finish_frames(space, device)
        leave_neighbours_alone(space, device)
        for other in self.others(self.linux_peer):
            space.run("bridge", "fdb", "append", "00:00:00:00:00:00", "dev", device, "dst", other.address)

    def _build_sender_of_ferry_peer(self):
        """Q: a veth pair, one end for the sender, the other for ferryd."""
        space = self.ferry_peer.space
        space.ip("link add sender type veth peer name attachment",
                 f"link set sender address {SENDER_MAC} mtu {OVERLAY_MTU} up",
                 f"link set attachment mtu {OVERLAY_MTU} up",
                 "address add 10.100.0.2/24 dev sender")
        finish_frames(space, "sender")
        finish_frames(space, "attachment")
        leave_neighbours_alone(space, "sender")

    def kernel_drops(self):
        """Returns what the kernel counted as dropped or failed, by host and device, in frames since the beginning."""
        drops = {}
        for name, space in [("U", self.middle)] + [(host.name, host.space) for host in self.hosts]:
            for link in json.loads(space.run("ip", "-j", "-s", "link", "show")):
                counted = link.get("stats64", {})
                drops[f"{name}/{link['ifname']}"] = {
                    way: counted.get(way, {}).get("dropped", 0) + counted.get(way, {}).get("errors", 0)
                    for way in ("rx", "tx")}
        return drops


def leave_neighbours_alone(space, device):
    """Stops the kernel from asking a neighbour now and then whether it is still there: such a question, dropped, would
    be among the drops and not among the datagrams that are missing."""
    space.sysctl(f"net/ipv4/neigh/{device}/delay_first_probe_time", 3600)
    space.sysctl(f"net/ipv4/neigh/{device}/base_reachable_time_ms", 3600000)


def finish_frames(space, device):
    """Makes the kernel finish checksums and segments before a frame leaves by `device`, and not merge what comes in. On
    veth it would leave them to a NIC that is not there, and AF_PACKET cannot tell an unfinished checksum from a wrong
    one."""
    for feature in ("tx", "tso", "gso", "gro", "lro"):
        # Not every device knows every feature.
        space.try_run("ethtool", "-K", device, feature, "off")
