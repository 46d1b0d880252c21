"""A report: what the parts of a run have found, as tables, as lines of JSON, and as a page."""

import json
import os
import platform
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "report" / "page.html"
PLACEHOLDER = "/*DATA*/null"


@dataclass
class Report:
    """In the words of bench/report/README.md."""
    tables: list[dict] = field(default_factory=list)
    plots: list[dict] = field(default_factory=list)
    cases: list[dict] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        self.tables += other.tables
        self.plots += other.plots
        self.cases += other.cases
        self.warnings += [text for text in other.warnings if text not in self.warnings]


def text_of(cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def print_tables(report: Report) -> None:
    for table in report.tables:
        rows = [table["columns"], *([text_of(cell) for cell in row] for row in table["rows"])]
        widths = [max(len(row[column]) for row in rows) for column in range(len(table["columns"]))]
        print(f"\n{table['title']}")
        for row in rows:
            cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
            print("  ".join(cells).rstrip())
        if table.get("note"):
            print(table["note"])
    for warning in report.warnings:
        print(f"\nwarning: {warning}")


def write_json(report: Report, path: str) -> None:
    """A line for each case."""
    Path(path).write_text("".join(json.dumps(case) + "\n" for case in report.cases), encoding="utf-8")


def write_page(report: Report, path: str, program: str) -> None:
    document = {"title": "ferry, measured", "program": program,
                "made": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "machine": machine(),
                "warnings": report.warnings, "tables": report.tables, "plots": report.plots,
                "cases": [flat(case) for case in report.cases]}
    page = PAGE.read_text(encoding="utf-8")
    if page.count(PLACEHOLDER) != 1:
        raise ValueError(f"{PAGE} has no place for the data")
    Path(path).write_text(page.replace(PLACEHOLDER, json.dumps(document).replace("</", "<\\/")), encoding="utf-8")


def flat(case: dict) -> dict:
    """What a page's table can show: figures by program as columns of their own."""
    found = {}
    for name, value in case.items():
        if isinstance(value, dict):
            found.update({f"{name} {part}": one for part, one in value.items()})
        else:
            found[name] = value
    return found


def machine() -> dict:
    words = Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
    model = next((line.partition(":")[2].strip() for line in words if line.startswith("model name")),
                 platform.machine())
    memory = Path("/proc/meminfo").read_text(encoding="ascii").split()[1]
    return {"processor": model, "processors": os.cpu_count(), "memory GiB": round(int(memory) / (1 << 20), 1),
            "kernel": platform.release(), "load before": round(os.getloadavg()[0], 2)}
