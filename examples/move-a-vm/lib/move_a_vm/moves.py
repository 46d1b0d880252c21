"""One live migration: how it is done, and what it looked like from QEMU and from ferryd."""

import time
from dataclasses import dataclass, field

from .guest import Guest
from .lifetime import Failure


@dataclass
class Move:
    """One move. Times of day are CLOCK_REALTIME in seconds."""

    from_host: str
    to_host: str
    began_at: float
    qemu_downtime_ms: int | None
    # From the ring's stop on the old host to its start on the new one, as the two ferryd saw them.
    downtime_ms: float | None = None
    # From the ring's start to the delivery of the first frame that had been waiting for it; None: none waited.
    network_added_ms: float | None = None
    # From the ring's start to the moment from which a host's workers saw the new row, by host.
    rows_visible_ms: dict = field(default_factory=dict)


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
    lifetime.wait_for(lambda: arriving.qmp.command("query-status")["running"], 30, f"the guest runs on {host.name}")
    # Asked again, because QEMU knows the downtime only some time after it calls the migration completed.
    downtime = guest.qmp.command("query-migrate").get("downtime") or None
    guest.quit()
    return arriving, Move(guest.host.name, host.name, began_at, downtime)


def measure(moves, events):
    """Fills in what ferryd measured of the moves; `events` is {host's name: Ferryd.events()}."""
    for index, move in enumerate(moves):
        until = moves[index + 1].began_at if index + 1 < len(moves) else float("inf")
        during = {name: [event for event in of_host if move.began_at <= event["time_ns"] / 1e9 < until]
                  for name, of_host in events.items()}
        stop = _first(during[move.from_host], "ring_stop")
        start = _first(during[move.to_host], "ring_start")
        if start is None:
            continue
        if stop is not None:
            move.downtime_ms = (start["time_ns"] - stop["time_ns"]) / 1e6
        move.network_added_ms = start["network_added_ms"]
        for name, of_host in during.items():
            event = start if name == move.to_host else _first(of_host, "peer")
            if event is not None and event["visible_us"] is not None:
                move.rows_visible_ms[name] = (event["time_ns"] - start["time_ns"]) / 1e6 + event["visible_us"] / 1e3


def _settled(qmp):
    status = qmp.command("query-migrate")
    return status if status.get("status") in ("completed", "failed", "cancelled") else None


def _first(events, cause):
    return next((event for event in events if event["event"] == cause), None)
