"""The parts of a run: each returns a Report."""

import json
import os
import tempfile
from pathlib import Path

from peers.cases import LATENCY, chosen
from peers.memory import of_all_programs_mb
from support.runner.catalogue import REPOSITORY

from .hugepages import reserved
from .micro import report_of
from .report import Report
from .subprograms import output_of


def peers(options, build: Path) -> Report:
    words = [REPOSITORY / "bench/peers/measure", "--build", build, "--rounds", options.rounds,
             "--seconds", options.seconds, "--cases", options.cases]
    with reserved(of_all_programs_mb([*chosen(options.cases), LATENCY])) as lack:
        found = json.loads(output_of([*words, *([] if lack else ["--hugepages"])]))
    report = Report(**found)
    if lack:
        report.warnings.append(f"{lack}; all programs ran on 4 KiB pages")
    return report


def micro(options, build: Path) -> Report:
    return report_of(json.loads(output_of([build / "bench/micro/ferry-micro", "--benchmark_format=json",
                                           f"--benchmark_repetitions={options.rounds}",
                                           f"--benchmark_filter={options.micro_filter}",
                                           f"--benchmark_min_time={options.seconds / 5}"])))


def nic(options, build: Path) -> Report:
    """ferry-bench with ferry's engine between two memif ports of its own, then with receiving and sending only."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="ferry-bench-") as folder:
        for dut in ("ferry", "io"):
            memif = f"id=0,socket={folder}/{dut}.sock,socket-abstract=no,bsize=2048"
            words = [build / "bench/nic/ferry-bench", "--port", f"net_memif0,role=server,{memif}", "--port",
                     f"net_memif1,role=client,{memif}", "--dut", dut, "--name", dut,
                     "--traffic", "encap" if dut == "ferry" else "plain",
                     "--threads", 1, "--cpus", f"0,{os.cpu_count() - 1}",
                     "--sizes", *(["64"] if options.quick else ["64", "512", "1518", "imix"]),
                     "--tests", "throughput,latency",
                     "--duration", options.seconds, "--precision", 5 if options.quick else 1,
                     "--json", f"{folder}/{dut}.json"]
            output_of(words)
            found = json.loads(Path(folder, f"{dut}.json").read_text(encoding="utf-8"))
            told = Report(**{name: found[name] for name in ("tables", "plots", "cases", "warnings")})
            for one in [*told.tables, *told.plots]:
                one["title"] = f"{one['title']}: {dut}"
            report.add(told)
    return report


def move(options, build: Path) -> Report:
    report = Report()
    for what, count in (("moves", ["--count", 20 if options.quick else 200]), ("evacuation", [])):
        found = json.loads(output_of([REPOSITORY / "bench/move/measure", what, "--build", build, *count, "--json"]))
        times = {name: told for name, told in found.pop("times_ms").items() if told["count"]}
        report.cases += [{"case": f"{what}: {name}", "unit": "ms", "ferry": told["p50"], **told}
                         for name, told in times.items()]
        report.tables.append({"title": what, "columns": ["milliseconds", "count", "p50", "p90", "p99", "max"],
                              "rows": [[name, *(told[key] for key in ("count", "p50", "p90", "p99", "max"))]
                                       for name, told in times.items()],
                              "note": "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in found.items())})
    return report


PARTS = {"micro": micro, "peers": peers, "nic": nic, "move": move}
