"""One live migration: how it is done, and what it looked like from QEMU and from ferryd."""

import time
from dataclasses import dataclass, field

from .guest import Guest
from .lifetime import Failure

# How long a VM that is about to switch over stays stopped before its migration is cancelled.
SECONDS_BEFORE_CANCEL = 0.3


@dataclass
class Move:
    """One move, or one that was cancelled. Times of day are CLOCK_REALTIME in seconds."""

    from_host: str
    to_host: str
    began_at: float
    qemu_downtime_ms: int | None = None
    cancelled: bool = False
    # When the VM's ring stopped on the old host, and started on the new one or, when cancelled, on the old one again.
    stopped_at: float | None = None
    started_at: float | None = None
    # From the ring's start to the first delivery of a frame that ferry had received before it; None: none waited.
    network_added_ms: float | None = None
    # From the ring's stop to the first frame that was docked, and from the grant to the first frame sent on to the new
    # host.
    docked_us: float | None = None
    redirect_us: float | None = None
    # What each host's ferryd tells of it, by "source", "destination" and "sender", as `ferryctl -j moves` prints it.
    told: dict = field(default_factory=dict)

    @property
    def downtime_ms(self):
        if self.stopped_at is None or self.started_at is None:
            return None
        return (self.started_at - self.stopped_at) * 1e3

    def ledger(self, role, name):
        """Returns a number from the ledger of the host with that role; 0 where there is none."""
        return (self.told.get(role) or {}).get("ledger", {}).get(name, 0)

    def dropped(self):
        """Returns how many frames its ledgers say that were dropped, on both hosts."""
        return sum(sum(self.ledger(role, "drops").values()) for role in ("source", "destination")
                   if self.ledger(role, "drops"))

    def adds_up(self):
        """False when a ledger of it is wrong, None while one may still change."""
        said = [self.told[role].get("adds_up") for role in ("source", "destination") if role in self.told]
        return False if False in said or not said else None if None in said else True

    def phase(self, role, name, host=None):
        """Returns when a phase was reached on the host with that role, as a time of day, or None; `host`: only where the
        phase is about the host with that address."""
        return next((phase["time_ns"] / 1e9 for phase in (self.told.get(role) or {}).get("phases", [])
                     if phase["name"] == name and host in (None, phase.get("host"))), None)

    def held_ns(self, sender):
        """Returns the times, from and to in nanoseconds, in which ferry may have held frames of the ferry host `sender` back
        from a VM that ran: from the ring's start until the dock is open, and from the turn of the sender until the last of
        what it had sent by the old host has come."""
        passed = self.phase("destination", "stream_passed", sender) or self.phase("destination", "stream_timed_out", sender)
        windows = [(self.started_at, self.phase("destination", "opened")), (self.phase("sender", "turned"), passed)]
        return [[since * 1e9, to * 1e9] for since, to in windows if not self.cancelled and None not in (since, to)]


def move_guest(lifetime, image, guest, host, number):
    """Migrates `guest` to `host`; returns the Guest there and the Move. The QEMU on the old host has ended by then."""
    arriving, began_at = _begin(lifetime, image, guest, host, number)
    # The source ends only when it is told to, so its state can be asked for.
    status = lifetime.wait_for(lambda: _settled(guest.qmp), 120, f"the guest migrates to {host.name}")
    if status["status"] != "completed":
        raise Failure(f"the migration to {host.name} {status['status']}: {status.get('error-desc', 'no reason given')}")
    lifetime.wait_for(lambda: arriving.qmp.command("query-status")["running"], 30, f"the guest runs on {host.name}")
    # Asked again, because QEMU knows the downtime only some time after it calls the migration completed.
    downtime = guest.qmp.command("query-migrate").get("downtime") or None
    guest.quit()
    return arriving, Move(guest.host.name, host.name, began_at, downtime)


def cancel_move(lifetime, image, guest, host, number):
    """Migrates `guest` to `host` up to the point where it is stopped and all but switched over, lets it stand there for
    a while, and cancels. It goes on running where it was. Returns the Move."""
    arriving, began_at = _begin(lifetime, image, guest, host, number, "pause-before-switchover")
    lifetime.wait_for(lambda: guest.qmp.command("query-migrate").get("status") == "pre-switchover", 120,
                      f"the guest is about to switch over to {host.name}")
    arriving.process.expected_to_end = True  # as soon as the source closes the connection
    lifetime.signals.sleep(SECONDS_BEFORE_CANCEL)
    guest.qmp.command("migrate_cancel")
    status = lifetime.wait_for(lambda: _settled(guest.qmp), 30, f"the migration to {host.name} is cancelled")
    if status["status"] != "cancelled":
        raise Failure(f"the migration to {host.name} {status['status']} instead of being cancelled")
    lifetime.wait_for(lambda: guest.qmp.command("query-status")["running"], 30,
                      f"the guest runs on {guest.host.name} again")
    guest.set_capability("pause-before-switchover", False)
    arriving.quit()
    return Move(guest.host.name, host.name, began_at, cancelled=True)


def _begin(lifetime, image, guest, host, number, *capabilities):
    channel = lifetime.folder / f"migration-{number}.sock"
    arriving = Guest(lifetime, image, host, number, incoming=channel)
    arriving.connect()
    for capability in capabilities:
        guest.set_capability(capability, True)
        arriving.set_capability(capability, True)
    began_at = time.time()
    guest.qmp.command("migrate", uri=f"unix:{channel}")
    return arriving, began_at


def measure(moves, told):
    """Fills in what ferryd measured of the moves; `told` is {host's name: Ferryd.moves()}."""
    for index, move in enumerate(moves):
        until = moves[index + 1].began_at if index + 1 < len(moves) else float("inf")

        def find(hosts, role, move=move, until=until):
            return next((one for name in hosts for one in told[name] if one["role"] == role and one["phases"]
                         and move.began_at <= one["phases"][0]["time_ns"] / 1e9 < until), None)

        for role, hosts in (("source", [move.from_host]), ("destination", [move.to_host]),
                            ("sender", set(told) - {move.from_host, move.to_host})):
            if (found := find(hosts, role)) is not None:
                move.told[role] = found
        move.stopped_at = move.phase("source", "ring_stopped")
        if move.cancelled:
            move.started_at = move.phase("source", "ring_started")
        else:
            move.started_at = move.phase("destination", "ring_started")
        move.network_added_ms = (move.told.get("destination") or {}).get("network_added_ms")
        source = move.told.get("source") or {}
        move.docked_us, move.redirect_us = source.get("docked_us"), source.get("redirect_us")


def _settled(qmp):
    status = qmp.command("query-migrate")
    return status if status.get("status") in ("completed", "failed", "cancelled") else None
