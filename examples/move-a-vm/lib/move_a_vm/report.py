"""What the job found: tables for a person, and the same as one line of JSON."""

import json

_WORDS = {"ring_full": "ring full", "no_row": "no row", "in_guest": "in the guest", "in_peer": "in the peer"}


def flow_records(counts, losses):
    """Returns the flows as the JSON line has them; `counts` is {peer's name: Counts}, `losses` as losses.explain()."""
    records = []
    for name, count in counts.items():
        for sender, receiver, sent, received, way in (
                (name, "vm", count.peer["sent"], count.guest, "to vm"),
                ("vm", name, count.guest["answers_sent"], count.peer, "from vm")):
            loss = losses[name, way]
            records.append({"from": sender, "to": receiver, "sent": sent, "received": received["received"],
                            "lost": loss.lost, "lost_by": {**loss.by, "unaccounted": loss.unaccounted()},
                            "duplicated": received["duplicated"], "reordered": received["reordered"]})
    return records


def stream_records(streams, address, moves, still):
    """Returns the TCP streams as the JSON line has them. `address` is their host's; `still` are the same streams while nothing
    moved."""
    pauses = [[move.stopped_at * 1e9, move.started_at * 1e9] for move in moves if move.downtime_ms is not None]
    held = [window for move in moves for window in move.held_ns(address)]
    split = [before_stop(stream.peer["stalls_ns"], moves) for stream in streams]
    return [{"from": stream.sender, "to": stream.receiver, "bytes_sent": stream.sent, "bytes_received": stream.received,
             "mismatched": stream.mismatched, "intact": stream.intact(),
             "segments_sent_again": stream.peer["retransmitted"],
             "longest_stall_ms": longest_stall_ms(stream.peer["stalls_ns"], []),
             "longest_stall_beyond_pause_ms": longest_stall_ms(others, pauses),
             "longest_stall_before_pause_ms": longest_stall_ms(before, []),
             "longest_in_guest_ms": _rounded(stream.guest_still_ms),
             "longest_stall_while_held_ms": longest_overlap_ms(stream.peer["stalls_ns"], held),
             "longest_stall_still_ms": longest_stall_ms(same.peer["stalls_ns"], [])}
            for stream, same, (before, others) in zip(streams, still, split)]


def before_stop(stalls, moves):
    """Returns the stalls that ended while QEMU migrated the VM and its ring had not stopped yet, so that ferry had no part in
    them, and the other ones."""
    windows = [(move.began_at * 1e9, move.stopped_at * 1e9) for move in moves if move.stopped_at is not None]
    before = [stall for stall in stalls if any(since <= stall[1] <= to for since, to in windows)]
    return before, [stall for stall in stalls if stall not in before]


def longest_stall_ms(stalls, excused):
    """Returns the longest time without progress, less what of it lies in an excused one; both are lists of nanoseconds
    from and to (CLOCK_REALTIME)."""
    longest = 0.0
    for since, to in stalls:
        rest, reached = to - since, since
        for begin, end in sorted(excused):
            begin, end = max(begin, reached), min(end, to)
            if begin < end:
                rest -= end - begin
                reached = end
        longest = max(longest, rest / 1e6)
    return _rounded(longest)


def longest_overlap_ms(stalls, windows):
    """Returns the longest part of one stall that lies in one window; as for longest_stall_ms()."""
    return _rounded(max((max(0.0, min(to, end) - max(since, begin)) / 1e6 for since, to in stalls for begin, end in windows),
                        default=0.0))


def move_records(moves):
    """Returns the moves as the JSON line has them: what their ledgers say, in frames."""
    return [{"from": move.from_host, "to": move.to_host, "cancelled": move.cancelled,
             "docked_us": _rounded(move.docked_us), "redirect_us": _rounded(move.redirect_us),
             "docked": move.ledger("source", "docked"), "replayed": move.ledger("source", "replayed"),
             "flushed": move.ledger("source", "flushed"), "relayed": move.ledger("source", "relayed"),
             "delivered": move.ledger("destination", "delivered"), "dropped": move.dropped(),
             "adds_up": move.adds_up()} for move in moves]


def json_line(rate, highest, moves, records, streams, session):
    """Returns the line. Times are in milliseconds; null where nothing was there to be measured."""
    made = [move for move in moves if not move.cancelled]
    cancelled = [move for move in moves if move.cancelled]
    return json.dumps({"moves": len(made), "cancelled": len(cancelled), "rate": rate, "highest_rate": highest,
                       "vm_downtime_ms": [_rounded(move.downtime_ms) for move in made],
                       "network_added_ms": [_rounded(move.network_added_ms) for move in made],
                       "cancelled_pause_ms": [_rounded(move.downtime_ms) for move in cancelled],
                       "flows": records, "streams": streams, "host_session": session,
                       "ledgers": move_records(moves)}, separators=(",", ":"))


def table(rate, moves, records, streams, session):
    """Returns the report for a person; `session` is what HostSession.finish() returned."""
    made = [move for move in moves if not move.cancelled]
    lines = [f"{len(made)} moves of a VM that answers {rate} datagrams a second from each of P and Q", ""]
    lines += _columns([("move", "VM stopped", "by QEMU's count", "ferry added", "docked", "flushed", "relayed",
                        "dropped", "adds up")] + [_move_row(number, move) for number, move in enumerate(moves, start=1)])
    lines.append("")
    lines += _columns([("flow", "sent", "received", "lost", "twice", "out of order", "lost by")] + [
        (f"{record['from']} to {record['to']}", f"{record['sent']}", f"{record['received']}", f"{record['lost']}",
         f"{record['duplicated']}", f"{record['reordered']}", _lost_by(record["lost_by"])) for record in records])
    if streams:
        lines.append("")
        lines += _columns([("TCP stream", "bytes", "intact", "segments sent again", "longest stall",
                            "beyond the VM's pause", "before it, migrating", "in the guest", "while ferry held",
                            "while nothing moved")] + [
            (f"{stream['from']} to {stream['to']}", f"{stream['bytes_received']}", "yes" if stream["intact"] else "no",
             f"{stream['segments_sent_again']}", _ms(stream["longest_stall_ms"]),
             _ms(stream["longest_stall_beyond_pause_ms"]), _ms(stream["longest_stall_before_pause_ms"]),
             _ms(stream["longest_in_guest_ms"]), _ms(stream["longest_stall_while_held_ms"]),
             _ms(stream["longest_stall_still_ms"])) for stream in streams])
    lines += ["", f"TCP from {session['from']} to {session['to']}'s own kernel over the same interface: {session['rounds']} times "
              f"there and back, {_ms(session['longest_silence_ms'])} at most without one; "
              + ("no fault" if session["fault"] is None else session["fault"])]
    return "\n".join(lines)


def _move_row(number, move):
    what = f"{number}  {move.from_host} to {move.to_host}" + (", cancelled" if move.cancelled else "")
    return (what, _ms(move.downtime_ms), _ms(move.qemu_downtime_ms), _ms(move.network_added_ms),
            f"{move.ledger('source', 'docked')}", f"{move.ledger('source', 'flushed')}",
            f"{move.ledger('source', 'relayed')}", f"{move.dropped()}",
            {True: "yes", False: "no", None: "not closed"}[move.adds_up()])


def _lost_by(causes):
    named = [f"{_WORDS.get(cause, cause.replace('_', ' '))} {frames}" for cause, frames in causes.items() if frames]
    return ", ".join(named) or "-"


def _rounded(milliseconds):
    return None if milliseconds is None else round(milliseconds, 3)


def _ms(milliseconds):
    return "-" if milliseconds is None else f"{milliseconds:.3g} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"


def _columns(rows):
    """Returns the rows as lines, the first and last column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if column in (0, len(row) - 1) else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("   ".join(cells).rstrip())
    return lines
