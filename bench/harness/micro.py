"""What ferry-micro has measured, as lines, tables and plots."""

from statistics import median_high

from .report import Report

# What a benchmark tells besides its time, by its counters' names in Google Benchmark's JSON.
TOLD = {"rate_ratio": ("worker's rate while rows change, of that without", ""),
        "changes_per_second": ("rows changed a second", "1/s"),
        "p50_us": ("p50", "us"), "p99_us": ("p99", "us"), "p99_us_running": ("p99 while the worker had its CPU", "us"),
        "two_to_one": ("two workers' rate, of one's", ""), "two_to_one_loops": ("two plain loops' rate, of one's", ""),
        "ratio": ("two workers' gain, of two loops'", ""),
        "table_bytes_a_row": ("of the table, for each row", "bytes"),
        "resident_bytes_a_row": ("resident, for each row", "bytes")}
IN_NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def spread(values: list[float]) -> float:
    """The range, as a part of the middle one."""
    return round((max(values) - min(values)) / median_high(values), 3) if median_high(values) else 0.0


def report_of(told: dict) -> Report:
    """`told` is the JSON. A benchmark with `cycles` is a frame's way, in the cycles of the median burst; any other one is
    told by its time; the middle one of the repetitions each."""
    cycles, times, counters = {}, {}, {}
    for one in told["benchmarks"]:
        if one["run_type"] != "iteration" or one.get("error_occurred"):
            continue
        name = "/".join(part for part in one["run_name"].split("/")
                        if part != "manual_time" and not part.startswith("iterations:"))
        if "cycles" in one:
            cycles.setdefault(name, []).append(one["cycles"])
        elif "p50_us" not in one:
            times.setdefault(name, []).append(one["real_time"] * IN_NANOSECONDS[one["time_unit"]])
        for counter in TOLD:
            if counter in one:
                counters.setdefault((name, counter), []).append(one[counter])

    cases = [{"case": name, "unit": "cycles/frame", "ferry": round(median_high(seen), 1), "spread": {"ferry": spread(seen)}}
             for name, seen in cycles.items()]
    others = [{"case": name, "what": "time", "unit": "ns", "ferry": round(median_high(seen), 1), "spread": {"ferry": spread(seen)}}
              for name, seen in times.items()]
    others += [{"case": name, "what": TOLD[counter][0], "unit": TOLD[counter][1], "ferry": round(median_high(seen), 3),
                "spread": {"ferry": spread(seen)}} for (name, counter), seen in counters.items()]
    others.sort(key=lambda line: line["case"])
    tables = []
    if cases:
        tables.append({"title": "The library by itself", "columns": ["benchmark", "cycles", "spread"],
                       "rows": [[line["case"], line["ferry"], line["spread"]["ferry"]] for line in cases]})
    if others:
        tables.append({"title": "The library's tables, changes and workers", "columns": ["benchmark", "what", "", "spread"],
                       "rows": [[line["case"], line["what"], amount(line["ferry"], line["unit"]), line["spread"]["ferry"]]
                                for line in others]})
    return Report(cases=cases + others, tables=tables, plots=plots({name: median_high(seen) for name, seen in cycles.items()}))


def amount(value: float, unit: str) -> str:
    """For people: `value` with its unit, nanoseconds as what suits them."""
    if unit == "ns":
        unit, factor = next((unit, factor) for unit, factor in reversed(IN_NANOSECONDS.items())
                            if value >= factor or factor == 1)
        value /= factor
    return f"{value:,.0f} {unit}".rstrip() if value >= 1000 else f"{value:.3g} {unit}".rstrip()


def plots(cycles: dict[str, float]) -> list[dict]:
    """Cost by the size of the table."""
    def by_size(title: str, x: str, families: dict[str, str]) -> list[dict]:
        series = [{"name": name, "points": sorted([int(one.removeprefix(prefix)), value] for one, value in cycles.items()
                                                  if one.startswith(prefix))} for name, prefix in families.items()]
        drawn = [one for one in series if len(one["points"]) > 1]
        return [{"title": title, "kind": "line", "x": {"label": x, "scale": "log"},
                 "y": {"label": "cycles", "scale": "linear"}, "series": drawn}] if drawn else []

    return [*by_size("A frame's cost by the size of the table", "endpoints",
                     {"encapsulation": "encap_scale/endpoints:", "decapsulation": "decap_scale/endpoints:"}),
            *by_size("A look-up's cost by the size of the table", "rows",
                     {"found": "fdb_look_up/hit/", "not there": "fdb_look_up/miss/",
                      "rte_hash, found": "rte_hash_look_up/hit/", "rte_hash, not there": "rte_hash_look_up/miss/"})]
