"""What the job found: a table for a person, and the same as one line of JSON."""

import json


_WORDS = {"dock": "ring stopped", "ring_full": "ring full", "no_row": "no row", "underlay": "underlay",
          "in_guest": "in the guest", "in_peer": "in the peer", "unaccounted": "unaccounted"}


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


def json_line(rate, moves, records):
    """Returns the line. Times are in milliseconds; null where nothing was there to be measured."""
    return json.dumps({"moves": len(moves), "rate": rate,
                       "vm_downtime_ms": [_rounded(move.downtime_ms) for move in moves],
                       "network_added_ms": [_rounded(move.network_added_ms) for move in moves],
                       "flows": records}, separators=(",", ":"))


def table(rate, moves, records):
    """Returns the report for a person."""
    lines = [f"{len(moves)} moves of a VM that answers {rate} datagrams a second from each of P and Q", ""]
    lines += _columns([("move", "VM stopped", "by QEMU's count", "ferry added", "rows changed")] + [
        (f"{number}  {move.from_host} to {move.to_host}", _ms(move.downtime_ms), _ms(move.qemu_downtime_ms),
         _ms(move.network_added_ms), _rows_changed(move)) for number, move in enumerate(moves, start=1)])
    lines.append("")
    lines += _columns([("flow", "sent", "received", "lost", "twice", "out of order", "lost by")] + [
        (f"{record['from']} to {record['to']}", f"{record['sent']}", f"{record['received']}", f"{record['lost']}",
         f"{record['duplicated']}", f"{record['reordered']}", _lost_by(record["lost_by"])) for record in records])
    return "\n".join(lines)


def _lost_by(causes):
    named = [f"{_WORDS.get(cause, cause)} {frames}" for cause, frames in causes.items() if frames]
    return ", ".join(named) or "-"


def _rows_changed(move):
    """When each ferry host's workers had the new row, after the ring started on the destination."""
    return ", ".join(f"{host} {_ms(milliseconds)}" for host, milliseconds in move.rows_visible_ms.items()) or "-"


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


