"""Builds the programs that the job needs, in build/ at the top of the repository."""

import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[4]
BUILD = TOP / "build"
TARGETS = ("ferryd", "ferryctl", "vm-answer", "udp-flow")
IMAGE = BUILD / "examples" / "move-a-vm" / "image"
EXAMPLE = BUILD / "examples" / "move-a-vm"
DATAPLANE = BUILD / "dataplane"


def build(lifetime, say):
    """Builds what has changed since the last time, and the guest's image."""
    if not (BUILD / "build.ninja").exists():
        say("configuring the build")
        process = lifetime.start("cmake", ["cmake", "-S", TOP, "-B", BUILD, "-G", "Ninja"])
        lifetime.finish(process, 600, "the build is configured")
    say(f"building {', '.join(TARGETS)}")
    process = lifetime.start("ninja", ["nice", "ninja", "-C", BUILD, *TARGETS])
    _wait_with_progress(lifetime, process, say)
    say("preparing the guest's kernel and file system")
    script = TOP / "examples" / "move-a-vm" / "guest" / "build-image"
    process = lifetime.start("image", [script, IMAGE, EXAMPLE / "vm-answer"])
    lifetime.finish(process, 900, "the guest's image is built")


def _wait_with_progress(lifetime, process, say):
    process.expected_to_end = True
    shown = ""
    while process.ended() is None:
        lifetime.signals.sleep(0.1 if not shown else 5)
        steps = re.findall(r"^\[(\d+/\d+)\]", process.log.read_text(errors="replace"), re.MULTILINE)
        if steps and steps[-1] != shown and process.ended() is None:
            shown = steps[-1]
            say(f"  step {shown}")
    lifetime.finish(process, 5, "the programs are built")
