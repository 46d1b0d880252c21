"""Who dropped what was lost: from the counters of whoever dropped, before and after the run.

Two kinds of counters are told apart. *Exact* ones can only have counted frames between the VM and one peer: ferryd's
drops by VTEP, the drops of a flow's own socket. *Shared* ones counted frames of both peers, or also frames that belong
to no flow, such as an announcement that nobody takes: they can explain what is still missing, in proportion, and no
more. What no counter explains stays visible as `unaccounted`; it is negative when more was dropped than is missing,
because an ARP request or a question for the guest's counts was among it.
"""

from dataclasses import dataclass, field

from .ferryd import SENDER_PORT, UNDERLAY_PORT

# What a dock gives up, and what only a move's relay can lose, under ferryd's own names.
DOCK_REASONS = ("dock_full", "dock_expired", "hold_expired")
CAUSES = (*DOCK_REASONS, "ring_full", "no_row", "underlay", "in_guest")

# ferryd's reasons in the words of the report. Others keep their own name.
_CAUSE_OF_REASON = {
    "ring_full": "ring_full",
    **dict.fromkeys(("split_horizon", "flood_empty", "blackhole", "hairpin", "adjacency_gone", "attachment_unknown",
                     "vni_unknown"), "no_row"),
    **dict.fromkeys(("transmit_failed", "underlay_down", "outer_truncated", "outer_version", "outer_options",
                     "outer_fragment", "outer_length", "outer_checksum", "udp_length", "udp_checksum"), "underlay"),
}
# What ferryd can only have dropped on the way from a remote VTEP to an attachment, and only on the way to a VTEP. Other
# reasons may be either.
_FROM_VTEP = {*DOCK_REASONS, "label_unknown", "relay_ttl", "ring_stopped", "ring_full", "split_horizon", "vxlan_flags",
              "vni_unknown", "ecn"}
_TO_VTEP = {"adjacency_gone", "frame_too_big", "no_headroom", "underlay_down"}


@dataclass
class Loss:
    """What one flow lost, and what explains it, in frames."""

    lost: int
    by: dict = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))

    def unaccounted(self):
        return self.lost - sum(self.by.values())

    def claim(self, cause, frames):
        if frames:
            self.by[cause] = self.by.get(cause, 0) + frames


def difference(before, after):
    """Returns after - before of nested dictionaries of numbers; what is not there counts as 0."""
    return {name: difference(before.get(name, {}), value) if isinstance(value, dict) else value - before.get(name, 0)
            for name, value in after.items() if not isinstance(value, (str, type(None)))}


def cause_of(reason):
    """Returns the report's word for a drop reason of ferryd."""
    return _CAUSE_OF_REASON.get(reason, reason)


def share_out(losses, cause, frames):
    """Lets a shared counter explain what is missing in several flows, in proportion to it, and no more."""
    missing = [max(0, loss.unaccounted()) for loss in losses]
    total = sum(missing)
    left = min(frames, total)
    for loss, share in zip(losses, missing):
        if total == 0:
            return
        part = round(left * share / total)
        loss.claim(cause, part)
        left -= part
        total -= share


def explain(topology, ferry, kernel, guest_kernel, counts, tcp=False):
    """Returns {(peer's name, "to vm" or "from vm"): Loss}.

    `ferry` is {host: Ferryd.drops()}, `kernel` Topology.kernel_drops(), `guest_kernel` the guest's own, all three as
    differences over the run; `counts` is {peer's name: traffic.Counts}. `tcp`: the ferry peer and the VM had TCP streams, so
    that what ferryd dropped of the two may have been a segment: its counters are shared ones, too.
    """
    losses = {}
    vm_hosts = [topology.source, topology.destination]
    for peer in (topology.linux_peer, topology.ferry_peer):
        count = counts[peer.name]
        to_vm = Loss(count.peer["sent"] - count.guest["received"])
        from_vm = Loss(count.guest["answers_sent"] - count.peer["received"])
        to_vm.claim("in_guest", count.guest["socket_drops"])
        from_vm.claim("in_peer", count.peer["socket_drops"])
        for host in vm_hosts if peer is topology.linux_peer or not tcp else ():
            for reason, frames in ferry[host.name].get(f"vtep {peer.address}", {}).items():
                if reason in _FROM_VTEP:
                    to_vm.claim(cause_of(reason), frames)
                elif reason in _TO_VTEP:
                    from_vm.claim(cause_of(reason), frames)
        losses[peer.name, "to vm"] = to_vm
        losses[peer.name, "from vm"] = from_vm
    for flows, cause, frames in _shared(topology, ferry, kernel, guest_kernel, tcp):
        share_out([losses[flow] for flow in flows], cause, frames)
    return losses


def _shared(topology, ferry, kernel, guest_kernel, tcp):
    """Yields the shared counters as (flows that they may have hit, cause, frames), narrow ones first."""
    vm_hosts = [topology.source, topology.destination]
    for peer in (topology.linux_peer, topology.ferry_peer):
        name = peer.name
        to_vm, from_vm = [(name, "to vm")], [(name, "from vm")]
        for host in vm_hosts:
            for reason, frames in ferry[host.name].get(f"vtep {peer.address}", {}).items():
                if reason not in _FROM_VTEP | _TO_VTEP:
                    yield (to_vm if reason == "flood_empty" else to_vm + from_vm), cause_of(reason), frames
                elif tcp and peer is topology.ferry_peer:
                    yield (to_vm if reason in _FROM_VTEP else from_vm), cause_of(reason), frames
        # The peer's own devices: what it sends leaves by `tx` of each but the one that hands it to ferryd.
        for device, counted in kernel.items():
            if device.startswith(f"{name}/") or device == f"U/to-{name}":
                inward = device in (f"{name}/attachment", f"U/to-{name}")
                yield to_vm, "underlay", counted["rx" if inward else "tx"]
                yield from_vm, "underlay", counted["tx" if inward else "rx"]
    ferry_peer = topology.ferry_peer.name
    for way, port in (("to vm", SENDER_PORT), ("from vm", UNDERLAY_PORT)):
        yield [(ferry_peer, way)], "underlay", ferry[ferry_peer].get(f"kernel {port}", 0)
    for reason, frames in ferry[ferry_peer].get("all", {}).items():
        yield [(ferry_peer, "to vm"), (ferry_peer, "from vm")], cause_of(reason), frames
    both_to = [(topology.linux_peer.name, "to vm"), (ferry_peer, "to vm")]
    both_from = [(topology.linux_peer.name, "from vm"), (ferry_peer, "from vm")]
    for host, other in (vm_hosts, vm_hosts[::-1]):  # what came by the relay, or could not be relayed
        for reason, frames in ferry[host.name].get(f"vtep {other.address}", {}).items():
            yield both_to, cause_of(reason), frames
    for host in vm_hosts:
        yield both_to, "underlay", ferry[host.name].get(f"kernel {UNDERLAY_PORT}", 0)
        here, there = kernel[f"{host.name}/underlay"], kernel[f"U/to-{host.name}"]
        yield both_to, "underlay", here["rx"] + there["tx"]
        yield both_from, "underlay", here["tx"] + there["rx"]
    in_guest = {both: sum(guest_kernel.get(name, 0) for name in names) for both, names in (
        ("to", ("rx_dropped", "rx_missed_errors", "rx_errors")), ("from", ("tx_dropped", "tx_errors")))}
    yield both_to, "in_guest", in_guest["to"]
    yield both_from, "in_guest", in_guest["from"]
