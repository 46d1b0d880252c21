"""Builds the programs that the job needs, in build/ at the top of the repository."""

import re
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[4]
BUILD = TOP / "build"
TARGETS = ("ferryd", "ferryctl", "vm-answer", "udp-flow", "tcp-bulk")


@dataclass
class Programs:
    """Where the job finds its programs, and the guest's image."""

    folder: Path

    @property
    def dataplane(self):
        return self.folder / "dataplane"

    @property
    def example(self):
        return self.folder / "examples" / "move-a-vm"

    @property
    def image(self):
        return self.example / "image"


def build(lifetime, folder, say):
    """Builds what has changed since the last time, unless there is a `folder` where that is done already, and then the
    guest's image. Returns the Programs."""
    programs = Programs(folder.resolve() if folder else BUILD)
    if not folder:
        _build_programs(lifetime, say)
    say("preparing the guest's kernel and file system")
    script = TOP / "examples" / "move-a-vm" / "guest" / "build-image"
    process = lifetime.start("image", [script, programs.image, programs.example / "vm-answer"])
    lifetime.finish(process, 900, "the guest's image is built")
    return programs


def _build_programs(lifetime, say):
    if not (BUILD / "build.ninja").exists():
        say("configuring the build")
        process = lifetime.start("cmake", ["cmake", "-S", TOP, "-B", BUILD, "-G", "Ninja"])
        lifetime.finish(process, 600, "the build is configured")
    say(f"building {', '.join(TARGETS)}")
    process = lifetime.start("ninja", ["nice", "ninja", "-C", BUILD, *TARGETS])
    _wait_with_progress(lifetime, process, say)


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
