"""Trains of frames at a fixed rate, and how soon after an idle time they go as they do in the middle of a train."""

import socket
import struct
import time
from typing import NamedTuple

from support.frames import ethernet

IDLE = 0.02      # seconds between frames or trains: a worker sleeps after a few milliseconds at most
LENGTH = 1000    # frames of a train; from the middle on it is in its steady state
WINDOW = 100     # frames of which one may exceed the steady state's p99, as one of a hundred does by its name
HIGHEST_RATE, LOWEST_RATE = 400_000.0, 5_000.0  # frames a second that are tried
STEP = 1.25
PART = 0.6       # of the highest rate that was carried, so that the sender is the limit
ATTEMPTS = 20    # trains that try a rate
SO_TIMESTAMPNS = 35
RAW = 0x88B5


class Train(NamedTuple):
    sent: list[float]    # when each frame was sent, in microseconds after the first
    delays: list[float]  # from each frame's sending to its arrival, in microseconds

    def took(self) -> float:
        """From the first frame's sending to the last one's arrival."""
        return self.sent[-1] + self.delays[-1]

    def steady(self) -> list[float]:
        return self.delays[len(self.delays) // 2:]

    def settled(self, limit: float) -> float:
        """How long after the first frame the first one was sent that took no longer than `limit`, as do all but one of
        the WINDOW frames from it on; the whole train's time where there is none."""
        over = [delay > limit for delay in self.delays]
        for i in range(len(over) - WINDOW):
            if not over[i] and sum(over[i:i + WINDOW]) <= 1:
                return self.sent[i]
        return self.sent[-1]


def arrival(into: socket.socket) -> tuple[int, bytes]:
    """When the kernel took the next frame, in nanoseconds of the real-time clock, and the frame."""
    frame, ancillary, _, _ = into.recvmsg(2048, 64)
    seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
    return seconds * 1_000_000_000 + nanoseconds, frame


def send_train(out: socket.socket, into: socket.socket, to: str, source: str, rate: float) -> Train | None:
    """Sends a train after an idle time; nothing where a frame of it is lost."""
    frames = [ethernet(to, source, struct.pack("!I", i), RAW) for i in range(LENGTH)]
    interval, now, sent = 1e9 / rate, time.clock_gettime_ns, []
    time.sleep(IDLE)
    began = now(time.CLOCK_REALTIME)
    for i, frame in enumerate(frames):
        due = began + i * interval
        while (at := now(time.CLOCK_REALTIME)) < due:
            pass
        sent.append(at)
        out.send(frame)
    delays = []
    try:
        for i in range(LENGTH):
            at, frame = arrival(into)
            if struct.unpack_from("!I", frame, 14)[0] != i:
                break
            delays.append((at - sent[i]) / 1000)
    except TimeoutError:
        pass
    if len(delays) == LENGTH:
        return Train([(at - began) / 1000 for at in sent], delays)
    time.sleep(IDLE)
    into.setblocking(False)
    try:
        while into.recv(2048):
            pass
    except BlockingIOError:
        into.settimeout(2)
    return None


def carried_rate(send) -> float:
    """A rate below the highest at which three trains of four arrive whole, and in the time for which they are sent;
    `send` sends a train at a rate."""
    rate = HIGHEST_RATE
    while rate > LOWEST_RATE:
        trains = [send(rate) for _ in range(ATTEMPTS)]
        good = [train for train in trains if train is not None and train.took() <= 1.05 * 1e6 * LENGTH / rate]
        if len(good) >= 0.75 * ATTEMPTS:
            return rate * PART
        rate /= STEP
    raise RuntimeError(f"{LOWEST_RATE:,.0f} frames a second are too many for this machine at the moment")
