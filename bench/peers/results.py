"""What is told of the cases: lines for machines, tables and plots for people."""

from .cases import Case
from .windows import Rates

NAMES = ("ferry", "ovs", "io")
TITLES = {"ferry": "ferryd", "ovs": "Open vSwitch", "io": "testpmd io"}


def line_of(case: Case, rates: dict[str, Rates], reasons: dict[str, str], hz: float) -> dict:
    """Cycles are of the TSC, on the worker's CPU, for each frame that has left; None where a program took no part."""
    cycles = {name: hz / seen.median for name, seen in rates.items()}
    line = {"case": case.name, "unit": case.unit, **{name: None for name in NAMES},
            **{name: round(value, 1) for name, value in cycles.items()}}
    if "ferry" in cycles:
        line.update({f"ratio_{name}": round(cycles[name] / cycles["ferry"], 3)
                     for name in NAMES[1:] if name in cycles})
        if "io" in cycles:
            line["beyond_io"] = round(cycles["ferry"] - cycles["io"], 1)
    line["spread"] = {name: round(seen.spread, 3) for name, seen in rates.items()}
    line["frames_a_second"] = {name: round(seen.median) for name, seen in rates.items()}
    if reasons:
        line["skipped"] = reasons
    return line


def compare(lines: list[dict], cases: list[Case]) -> None:
    """Adds to the cases that are told as a share of another one which share of its rate ferryd has."""
    of = {line["case"]: line for line in lines}
    for case in cases:
        base, line = of.get(case.compare), of.get(case.name)
        if base and line and base["ferry"] and line["ferry"]:
            line["share_of"], line["share"] = case.compare, round(base["ferry"] / line["ferry"], 3)


def tables(lines: list[dict]) -> list[dict]:
    def row(line: dict) -> list:
        rate = line["frames_a_second"].get("ferry")
        spreads = (line["spread"].get(name) for name in NAMES)
        return [line["case"], line["unit"].removeprefix("cycles/"), *(line[name] for name in NAMES),
                line.get("beyond_io"), line.get("ratio_io"), line.get("ratio_ovs"), rate and round(rate / 1e6, 2),
                " ".join(f"{value:.0%}" for value in spreads if value is not None),
                f"{line['share']:.2f} of {line['share_of']}" if "share" in line else None,
                line.get("cpu_distance_ns")]

    return [{"title": "ferryd beside its peers: cycles of one CPU", "columns":
             ["case", "for each", *(TITLES[name] for name in NAMES), "beyond io", "of io's rate", "times OVS's rate",
              "million/s", "spread", "share", "CPUs apart"], "rows": [row(line) for line in lines],
             "note": "Medians of windows in turn. Fewer cycles are better. Spread: the range of the middle half of the "
                     "windows, as a part of the median, of each program in the order of the columns. CPUs apart: nanoseconds "
                     "for a word from the VM's CPU to the worker's and back."}] if lines else []


def plots(lines: list[dict]) -> list[dict]:
    def bars(title: str, prefix: str) -> list[dict]:
        some = [line for line in lines if line["case"].startswith(prefix) and "9000" not in line["case"]]
        series = [{"name": TITLES[name], "points": [[line["case"].removeprefix(prefix), line[name]]
                                                    for line in some if line[name]]} for name in NAMES]
        return [{"title": title, "kind": "bar", "x": {"label": "case", "scale": "linear"},
                 "y": {"label": "cycles for each frame or copy", "scale": "linear"},
                 "series": [one for one in series if one["points"]]}] if some else []

    drawn = [*bars("Encapsulation", "encap-"), *bars("Decapsulation", "decap-"), *bars("Flooding to N VTEPs", "flood-64B-"),
             *bars("A VM on vhost-user", "vm-")]
    sizes = [line for line in lines if line["case"].startswith("encap-") and line["case"].endswith("B-1k")]
    if len(sizes) > 1:
        drawn.append({"title": "Encapsulation by frame size", "kind": "line",
                      "x": {"label": "bytes, with the FCS", "scale": "log"},
                      "y": {"label": "million frames a second", "scale": "log"}, "series": [
                          {"name": TITLES[name], "points": sorted([size_of(line), line["frames_a_second"][name] / 1e6]
                                                                  for line in sizes if line[name])}
                          for name in NAMES if any(line[name] for line in sizes)]})
    return drawn


def size_of(line: dict) -> int:
    return int(line["case"].split("-")[1].removesuffix("B"))
