"""Builds what the parts of a run need, in the folder and with the flags of tests/run."""

from pathlib import Path

from support.runner.builds import build_targets, configure, folder_of

TARGETS = {"micro": ["ferry-micro"], "peers": ["ferryd", "ferryctl", "ferry-bench", "ferry-cpu-distance"],
           "move": ["ferryd", "ferryctl", "ferry-vm", "ferry-fabric"], "nic": ["ferry-bench"]}


def build(parts: list[str], say) -> Path:
    """Returns the folder. Raises BuildFailed."""
    folder = folder_of("plain")
    targets = sorted({target for part in parts for target in TARGETS[part]})
    say(f"building {', '.join(targets)}")
    if not (folder / "build.ninja").exists():
        configure("plain")
    build_targets("plain", targets)
    return folder
