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

# Times of a move, in milliseconds. Where two processors run three ferryd, QEMU and the senders, a frame may be under way
# for tens of milliseconds, because a worker has to wait for a processor at every hop; ferry's own values are for frames
# that take a hundredth of that. Order is promised where frames are faster than these.
MERGE_MS = 1000  # a ferry peer's direct frames wait so long for those that it sent by way of the old host
PLAIN_MS = 300   # a plain peer's direct frames wait so long, always
HOLD_MS = 10000  # a stopped VM's frames wait so long for another host to claim it
LEASE_MS = 3000  # nobody has come by the old host for so long: the move's books are closed


class Ferryd:
    """One forwarding process, in its host's namespace."""

    def __init__(self, lifetime, topology, host, programs, authority, attachment, underlay, dock_buffers=None):
        """Starts ferryd on `host`. `attachment` is the [[port]] section of what hangs on it: see vm_attachment(). `underlay`
        is what the [underlay] section says of its device: one of UNDERLAYS. `dock_buffers` bounds what may wait while the VM
        moves, in frames; None: as ferryd has it."""
        self.host = host
        self._lifetime = lifetime
        self._ferryctl = programs / "ferryctl"
        self._api = lifetime.folder / f"ferryd-{host.name}.sock"
        config = lifetime.folder / f"ferryd-{host.name}.toml"
        state = lifetime.folder / f"state-{host.name}"
        config.write_text(_config(topology, host, self._api, authority, attachment, state, underlay(programs), dock_buffers), encoding="ascii")
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

    def moves(self):
        """Returns the endpoint's moves as this host took part in them, oldest first."""
        return [move for move in self.show("moves") if move["mac"] == VM_MAC]

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
    """Returns DPDK's arguments for an interface of the kernel. The ring between kernel and ferryd holds 16,384 frames
    instead of 512: on a machine with two cores a worker may not run for as long as it takes to fill the smaller one."""
    return f"net_af_packet{number},iface={interface},framecnt=16384"


#: By the name of the kernel's sockets on which ferryd has its underlay: from the folder with its programs to what the
#: configuration says. With af_xdp only VXLAN for the host's VTEP leaves the kernel; af_packet gives ferryd a copy of all.
UNDERLAYS = {
    "af_packet": lambda _programs: f'device = "{_packet_device(0, UNDERLAY_DEVICE)}"',
    "af_xdp": lambda programs: f'device = "net_af_xdp0,iface={UNDERLAY_DEVICE}"\nxdp_program = "{programs}/steer.bpf.o"',
}


def _config(topology, host, api, authority, attachment, state, underlay, dock_buffers):
    certificate, key = authority.sign(host)
    others = topology.others(host)
    vteps = "".join(f'\n[[vtep]]\naddress = "{other.address}"\nmac = "{other.mac}"\n' for other in others)
    peers = "".join(f"""
[[peers.host]]
name = "{other.name}"
address = "{other.address}:{PEERS_PORT}"
vtep = "{other.address}"
vnis = [{VNI}]
""" for other in others if other is not topology.linux_peer)
    dock = "" if dock_buffers is None else f"\n[dock]\nbuffers = {dock_buffers}\n"
    return f"""# Written by move-a-vm for host {host.name}.
[host]
name = "{host.name}"
vtep = "{host.address}"
state = "{state}"

[api]
socket = "{api}"

[underlay]
{underlay}
mtu = {UNDERLAY_MTU}
{vteps}
[[segment]]
vni = {VNI}
flood = {json.dumps([other.address for other in others])}

[[port]]
{attachment}
[move]
hold_ms = {HOLD_MS}
merge_ms = {MERGE_MS}
plain_ms = {PLAIN_MS}
lease_ms = {LEASE_MS}
{dock}
[peers]
listen = "{host.address}:{PEERS_PORT}"
ca = "{authority.certificate}"
certificate = "{certificate}"
key = "{key}"
{peers}"""
