"""ferryd on one host: its configuration, its start, and what ferryctl tells of it."""

import json
import socket

from .guest import socket_path
from .lifetime import Failure
from .topology import UNDERLAY_DEVICE, UNDERLAY_MTU, VM_MAC, VNI

VM_PORT = "vm"
SENDER_PORT = "sender"
UNDERLAY_PORT = "underlay"
PEERS_PORT = 4790


class Ferryd:
    """One forwarding process, in its host's namespace."""

    def __init__(self, lifetime, topology, host, programs, authority, attachment):
        """Starts ferryd on `host`. `attachment` is the [[port]] section of what hangs on it: see vm_attachment()."""
        self.host = host
        self._lifetime = lifetime
        self._ferryctl = programs / "ferryctl"
        self._api = lifetime.folder / f"ferryd-{host.name}.sock"
        config = lifetime.folder / f"ferryd-{host.name}.toml"
        config.write_text(_config(topology, host, self._api, authority, attachment), encoding="ascii")
        ready_path = lifetime.folder / f"ready-{host.name}.sock"
        # systemd's protocol for "I am ready now": one datagram, with the lines READY=1, STATUS=… and so on.
        with lifetime.signals.held():
            self._ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self._ready.bind(str(ready_path))
        self.process = lifetime.start(
            f"ferryd-{host.name}", [programs / "ferryd", "--config", config], namespace=host.space,
            # DPDK keeps its run-time files below this folder, so that they go with it.
            environment={"NOTIFY_SOCKET": str(ready_path), "RUNTIME_DIRECTORY": str(lifetime.folder)})

    def wait_ready(self):
        """Waits until ferryd forwards and answers ferryctl."""
        self._lifetime.wait_for(self._told_ready, 60, f"ferryd on {self.host.name} gets ready")
        self._ready.close()

    def stop(self):
        """Ends ferryd as an operator would; raises Failure when it does not end well."""
        status = self.process.stop(20)
        if status != 0:
            raise Failure(f"ferryd on {self.host.name} ended with status {status} when it was asked to stop; "
                          f"its last words:\n{self.process.last_words()}")

    def _told_ready(self):
        try:
            return b"READY=1" in self._ready.recv(4096).split(b"\n")
        except BlockingIOError:
            return False

    def show(self, *words):
        """Returns what `ferryctl -j` prints for these words."""
        return json.loads(self._lifetime.run([self._ferryctl, "--socket", self._api, "-j", *words]))

    def events(self):
        """Returns the endpoint's move events that this host saw, oldest first."""
        return [event for event in self.show("move", "show") if event["mac"] == VM_MAC]

    def drops(self):
        """Returns what this ferryd dropped since its start, in frames by reason: `all`, and `vtep ADDRESS` for each
        remote VTEP, from which they came or to which they were to go. `kernel PORT` is what the kernel dropped before
        ferryd could take it."""
        stats = self.show("stats")
        return {"all": stats["drops"],
                **{f"vtep {vtep['address']}": vtep["drops"] for vtep in stats["vteps"]},
                **{f"kernel {UNDERLAY_PORT if port['underlay'] else port['name']}": port["kernel_drops"]
                   for port in stats["ports"]}}


def vm_attachment(lifetime, host):
    """The VM's port: vhost-user, where QEMU is the server and ferryd connects."""
    return f"""name = "{VM_PORT}"
vhost_user = "{socket_path(lifetime, host)}"
mode = "client"
vni = {VNI}
macs = ["{VM_MAC}"]
"""


def sender_attachment(sender_mac):
    """Q's port: the other end of its sender's veth pair."""
    return f"""name = "{SENDER_PORT}"
device = "{_packet_device(1, 'attachment')}"
vni = {VNI}
macs = ["{sender_mac}"]
"""


def _packet_device(number, interface):
    """Returns DPDK's arguments for an interface of the kernel. The ring between kernel and ferryd holds 4,096 frames
    instead of 512: on a machine with two cores a worker may not run for as long as it takes to fill the smaller one."""
    return f"net_af_packet{number},iface={interface},framecnt=4096"


def _config(topology, host, api, authority, attachment):
    certificate, key = authority.sign(host)
    others = topology.others(host)
    ferry_hosts = [other for other in others if other is not topology.linux_peer]
    vteps = "".join(f'\n[[vtep]]\naddress = "{other.address}"\nmac = "{other.mac}"\n' for other in others)
    return f"""# Written by move-a-vm for host {host.name}.
[host]
name = "{host.name}"
vtep = "{host.address}"

[api]
socket = "{api}"

[underlay]
device = "{_packet_device(0, UNDERLAY_DEVICE)}"
mtu = {UNDERLAY_MTU}
{vteps}
[[segment]]
vni = {VNI}
flood = {json.dumps([other.address for other in others])}

[[port]]
{attachment}
[peers]
listen = "{host.address}:{PEERS_PORT}"
hosts = {json.dumps([f"{other.address}:{PEERS_PORT}" for other in ferry_hosts])}
ca = "{authority.certificate}"
certificate = "{certificate}"
key = "{key}"
"""
