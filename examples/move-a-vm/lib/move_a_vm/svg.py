"""Draws one move: when each numbered datagram for the VM arrived at the old and the new host, and by which path."""

import math
from html import escape

from .ferryd import PLAIN_MS

# Seconds that are shown before the VM's stop and after its start. What is around the two takes ZOOMED of the width.
BEFORE = 0.02
AROUND = 0.02
AFTER = 0.4
ZOOMED = 0.6
FIRST_LABEL = 0xF00000  # VNIs from here on are labels: even ones for flush, odd ones for relay

WIDTH, LEFT, RIGHT = 1120, 150, 20
TOP, LANE, GAP = 150, 92, 14
_COLOURS = {
    "direct": ("#2a7de1", "straight from the sender"),
    "docked": ("#e8850c", "waits: for the VM, or for those before it"),
    "flush": ("#d62839", "sent on out of the old host's dock"),
    "relay": ("#8e44ad", "relayed by the old host as it comes"),
}
_MARKS = (  # role, phase, text
    ("source", "ring_stopped", "VM stops"), ("destination", "ring_started", "VM starts"),
    ("source", "granted", "granted"), ("source", "drained", "dock empty"), ("destination", "opened", "opened"),
    ("sender", "turn_begun", "Q told to turn"), ("sender", "turned", "Q turns"),
    ("destination", "settled", "books closed"),
)


def draw(arrivals, move):
    """Returns the SVG as text. `arrivals` is {host's name: [capture.Arrival]}."""
    if move.downtime_ms is None:
        return _document(200, [_text(LEFT, 100, "the move was not seen: ferryd tells of no stop or no start")])
    begin, end = move.stopped_at - BEFORE, move.started_at + AFTER
    drawing = _Drawing(begin, move.started_at + AROUND, end)
    lanes = [(name, flow, peer) for name in (move.from_host, move.to_host)
             for flow, peer in ((1, "P (Linux)"), (2, "Q (ferry)"))]
    height = TOP + len(lanes) * LANE + 2 * GAP
    parts = [_text(LEFT, 26, f"A VM moves from host {move.from_host} to host {move.to_host}: every datagram for it, "
                   "where and when it arrived", size=17, weight="bold"),
             _text(LEFT, 46, f"It was stopped for {move.downtime_ms:.1f} ms. Each dot is a datagram; in each lane they "
                   "rise by number, so a missing one would be a gap in the line of both hosts.", size=12)]
    parts += drawing.pause(move, TOP - 6, height)
    parts += drawing.marks(move, height)
    numbers = {flow: [one.number for of_host in arrivals.values() for one in of_host
                      if one.flow == flow and begin <= one.at <= end] for flow in (1, 2)}
    for index, (name, flow, peer) in enumerate(lanes):
        top = TOP + index * LANE + (GAP if index >= 2 else 0)
        seen = [one for one in arrivals.get(name, []) if one.flow == flow and begin <= one.at <= end]
        first_direct = min((one.at for one in seen if one.vni < FIRST_LABEL), default=end)
        parts += drawing.lane(top, f"from {peer}", index % 2 == 0 and f"at host {name}", seen, numbers[flow],
                              lambda one, name=name, first=first_direct: _path(one, name, move, first))
    parts += drawing.axis(move, height)
    parts += _legend(height + 56)
    return _document(height + 74, parts)


def _path(one, name, move, first_direct):
    """Which way a datagram came, or what happened to it. `first_direct` is when the sender's first one came straight to
    the new host."""
    if one.vni >= FIRST_LABEL:
        return "flush" if one.vni % 2 == 0 else "relay"
    if name == move.from_host:
        if one.at < move.stopped_at:
            return "direct"
        drained = move.phase("source", "drained")
        return "docked" if drained is None or one.at < drained else "relay"
    opened = move.phase("destination", "opened")
    waits = one.at < first_direct + PLAIN_MS / 1e3 if one.flow == 1 else opened is not None and one.at < opened
    return "docked" if waits else "direct"


class _Drawing:
    def __init__(self, begin, middle, end):
        """Two scales: `begin` to `middle` takes ZOOMED of the width."""
        self._begin = begin
        self._middle = middle
        self._end = end

    def _x(self, at):
        width = WIDTH - LEFT - RIGHT
        if at <= self._middle:
            return LEFT + (at - self._begin) / (self._middle - self._begin) * width * ZOOMED
        return LEFT + width * (ZOOMED + (at - self._middle) / (self._end - self._middle) * (1 - ZOOMED))

    def pause(self, move, top, bottom):
        stop, start = self._x(move.stopped_at), self._x(move.started_at)
        return [f'<rect x="{stop:.1f}" y="{top}" width="{max(1, start - stop):.1f}" height="{bottom - top}" '
                'fill="#000" opacity="0.07"/>']

    def marks(self, move, bottom):
        parts, rows = [], [float("-inf")] * 6
        seen = sorted((move.phase(role, phase), text) for role, phase, text in _MARKS
                      if move.phase(role, phase) is not None and self._begin <= move.phase(role, phase) <= self._end)
        for at, text in seen:
            x = self._x(at)
            row = next((number for number, used in enumerate(rows) if used < x), 0)
            rows[row] = x + 7.0 * len(text) + 10
            y = 66 + 15 * row
            parts.append(f'<line x1="{x:.1f}" y1="{y - 10}" x2="{x:.1f}" y2="{bottom}" stroke="#444" '
                         'stroke-width="0.8" stroke-dasharray="3 2"/>')
            parts.append(_text(x + 3, y, text, size=12))
        return parts

    def lane(self, top, label, host, seen, numbers, path_of):
        parts = [f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{LANE - 6}" fill="none" '
                 'stroke="#ccc" stroke-width="0.8"/>', _text(12, top + LANE / 2 + 6, label, size=12)]
        if host:
            parts.append(_text(12, top + 18, host, size=14, weight="bold"))
        if not numbers:
            return parts
        low, span = min(numbers), max(1, max(numbers) - min(numbers))
        dots = {}
        for one in seen:
            y = top + LANE - 12 - (one.number - low) / span * (LANE - 18)
            dots.setdefault(path_of(one), []).append(f"M{self._x(one.at):.1f} {y:.1f}h0")
        for path, moves in dots.items():
            parts.append(f'<path d="{"".join(moves)}" stroke="{_COLOURS[path][0]}" stroke-width="3" '
                         'stroke-linecap="round" fill="none"/>')
        return parts

    def axis(self, move, y):
        parts = [f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#444"/>']
        for first, last, step in ((self._begin, self._middle, 0.01), (self._middle, self._end, 0.1)):
            tick = math.ceil((first - move.stopped_at) / step)
            while move.stopped_at + tick * step <= last:
                x = self._x(move.stopped_at + tick * step)
                parts.append(f'<line x1="{x:.1f}" y1="{y}" x2="{x:.1f}" y2="{y + 5}" stroke="#444"/>')
                parts.append(_text(x, y + 18, f"{tick * step * 1e3:.0f}", size=11, anchor="middle"))
                tick += 1
        x = self._x(self._middle)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{y + 24}" stroke="#999" stroke-width="3"/>')
        parts.append(_text(x + 5, y + 33, "from here on another scale", size=11))
        parts.append(_text(12, y + 18, "ms after the stop", size=11))
        return parts


def _legend(y):
    parts, x = [], LEFT
    for colour, text in _COLOURS.values():
        parts.append(f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{colour}"/>')
        parts.append(_text(x + 9, y, text, size=12))
        x += 34 + 6.4 * len(text)
    return parts


def _text(x, y, text, size=12, weight="normal", anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}">'
            f"{escape(text)}</text>")


def _document(height, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
                      f'viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif" fill="#222">',
                      f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>', *parts, "</svg>", ""])
