"""One live migration, and what QEMU tells of it."""

import time
from dataclasses import dataclass

from .guest import Guest
from .lifetime import Failure


@dataclass
class Move:
    """What one move looked like from QEMU. Times are CLOCK_REALTIME in seconds."""

    from_host: str
    to_host: str
    began_at: float
    ended_at: float
    stopped_at: float | None
    resumed_at: float | None
    qemu_downtime_ms: int | None

    @property
    def pause_seen_by_qmp_ms(self):
        """From the source's STOP to the destination's RESUME, or None if one of them was not told."""
        if self.stopped_at is None or self.resumed_at is None:
            return None
        return (self.resumed_at - self.stopped_at) * 1e3


def move_guest(lifetime, image, guest, host, number):
    """Migrates `guest` to `host`; returns the Guest there and the Move. The QEMU on the old host has ended by then."""
    channel = lifetime.folder / f"migration-{number}.sock"
    arriving = Guest(lifetime, image, host, number, incoming=channel)
    arriving.connect()
    began_at = time.time()
    guest.qmp.command("migrate", uri=f"unix:{channel}")
    # The source ends only when it is told to, so its state can be asked for.
    status = lifetime.wait_for(lambda: _settled(guest.qmp), 120, f"the guest migrates to {host.name}")
    if status["status"] != "completed":
        raise Failure(f"the migration to {host.name} {status['status']}: {status.get('error-desc', 'no reason given')}")
    lifetime.wait_for(lambda: _event_time(arriving.qmp, "RESUME"), 30, f"the guest runs on {host.name}")
    ended_at = time.time()
    guest.qmp.collect_events()
    move = Move(guest.host.name, host.name, began_at, ended_at, _event_time(guest.qmp, "STOP"),
                _event_time(arriving.qmp, "RESUME"), status.get("downtime"))
    guest.quit()
    return arriving, move


def _settled(qmp):
    status = qmp.command("query-migrate")
    return status if status.get("status") in ("completed", "failed", "cancelled") else None


def _event_time(qmp, name):
    qmp.collect_events()
    for event in qmp.events:
        if event["event"] == name:
            return event["timestamp"]["seconds"] + event["timestamp"]["microseconds"] / 1e6
    return None
