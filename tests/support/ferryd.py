"""ferryd in a test: its configuration, its start, its API by ferryctl, its end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

from .hosts import Guest, Underlay, underlay_mac
from .netns import Namespace
from .outcome import Failure, check, check_equal, on_failure, wait_until
from .sandbox import REPOSITORY, SCRATCH

BUILD = Path(os.environ.get("FERRY_BUILD", REPOSITORY / "build"))
FERRYD = BUILD / "dataplane/ferryd"
STEERING_PROGRAM = BUILD / "dataplane/steer.bpf.o"
FERRYCTL = BUILD / "dataplane/ferryctl"


def toml(sections: dict) -> str:
    """Sections as TOML: a dict is a section, a list of dicts a section that stands several times."""
    lines = []
    for name, content in sections.items():
        for entry in content if isinstance(content, list) else [content]:
            lines.append(f"[[{name}]]" if isinstance(content, list) else f"[{name}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
    return "\n".join(lines) + "\n"


class FerryVtep:
    """A host whose VTEP is ferryd's. What is said before start() goes into its configuration, what is said after it
    goes to it by ferryctl."""

    AF_PACKET = "net_af_packet0,iface=ul0"  # the underlay's device

    def __init__(self, underlay: Underlay, name: str, address: str, device: str = AF_PACKET):
        self.namespace, self.name, self.address = Namespace(name), name, address
        self.folder = SCRATCH / name
        self.folder.mkdir()
        underlay.connect(self.namespace, address)
        self.socket, self.log = self.folder / "ferryd.sock", self.folder / "ferryd.log"
        self._process: subprocess.Popen | None = None
        #: what ferryd is started by, such as setpriv(1) and its arguments
        self.wrapper: list[str] = []
        self._devices = 0
        self.config: dict = {
            "host": {"name": name, "vtep": address, "state": str(self.folder / "state")},
            "dpdk": {"memory_mb": 128, "file_prefix": name, "hugepages": "never"},
            "api": {"socket": str(self.socket)},
            "underlay": {"device": device, "mtu": underlay.mtu, "xdp_program": str(STEERING_PROGRAM)},
            "vtep": [], "segment": [], "fdb": [], "port": [],
        }
        on_failure(self._testify)

    # What the host is to do, in the words that LinuxVtep has too.

    def segment(self, vni: int, flood: list[str], learning: bool = True) -> None:
        for remote in flood:
            self.vtep(remote)
        if self._process:
            self.ctl("vni", "add", vni, "learning", "on" if learning else "off", "flood", ",".join(flood) or "none")
        else:
            self.config["segment"].append({"vni": vni, "flood": flood, "learning": learning})

    def vtep(self, remote: str) -> None:
        """Makes a remote VTEP known, with its MAC on the test's underlay."""
        known = self.config["vtep"]
        if all(vtep["address"] != remote for vtep in known):
            known.append({"address": remote, "mac": underlay_mac(remote)})
            if self._process:
                self.ctl("vtep", "add", remote, "mac", underlay_mac(remote))

    def attach(self, vni: int, guest: Guest, macs: list[str] | None = None) -> None:
        """Joins a guest to an attachment on AF_PACKET. Unless `macs` says otherwise, it may use its own MAC only."""
        guest.plug(self.namespace, f"to-{guest.name}")
        self.port(f"to-{guest.name}", vni, f"net_af_packet{self.next_device()},iface=to-{guest.name}",
                  [guest.mac] if macs is None else macs)

    def next_device(self) -> int:
        """A number for a DPDK device that no other device of this host has; the underlay's is 0."""
        self._devices += 1
        return self._devices

    def port(self, name: str, vni: int, device: str, macs: list[str]) -> None:
        """An attachment on any DPDK device."""
        if self._process:
            self.ctl("port", "add", name, "vni", vni, *(["mac", *macs] if macs else []), "device", device)
        else:
            self.config["port"].append({"name": name, "vni": vni, "device": device, "macs": macs})

    def vhost_port(self, name: str, vni: int, mac: str) -> Path:
        """An attachment on vhost-user, of which the guest is the server; returns its socket's path."""
        path = self.folder / f"{name}.sock"
        if self._process:
            self.ctl("port", "add", name, "vni", vni, "mac", mac, "vhost-user", path)
        else:
            self.config["port"].append({"name": name, "vni": vni, "macs": [mac], "vhost_user": str(path)})
        return path

    def row(self, vni: int, mac: str, remote: str) -> None:
        self.vtep(remote)
        if self._process:
            self.ctl("fdb", "replace", mac, "vni", vni, "vtep", remote)
        else:
            self.config["fdb"].append({"vni": vni, "mac": mac, "vtep": remote})

    # Its life.

    def write_config(self) -> Path:
        path = self.folder / "ferryd.toml"
        path.write_text(toml({name: content for name, content in self.config.items() if content}), encoding="utf-8")
        return path

    def start(self) -> None:
        """Starts ferryd and waits until it says, as it would to systemd, that it is ready."""
        path = self.write_config()
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "notify").unlink()
        notify.bind(str(self.folder / "notify"))
        notify.setblocking(False)
        with self.log.open("ab") as log, notify:
            self._process = self.namespace.start(
                *self.wrapper, FERRYD, "--config", path, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify")})
            wait_until(lambda: self._ready(notify), f"{self.name}'s ferryd to be ready", 30)

    def run_another(self) -> subprocess.CompletedProcess:
        """Runs a further ferryd with the same configuration, which must end by itself."""
        return subprocess.run(["ip", "netns", "exec", self.name, str(FERRYD), "--config", str(self.write_config())],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)

    def _ready(self, notify: socket.socket) -> bool:
        if self._process.poll() is not None:
            raise Failure(f"{self.name}'s ferryd ended with exit code {self._process.returncode}:\n{self.log_text()}")
        try:
            return b"READY=1" in notify.recv(4096).split(b"\n")
        except BlockingIOError:
            return False

    @property
    def pid(self) -> int:
        return self._process.pid

    def send_signal(self, number: int) -> None:
        """Sends ferryd a signal that it does not end by."""
        self._process.send_signal(number)

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _testify(self) -> None:
        print(f"--- log of {self.name}'s ferryd\n{self.log_text() if self.log.exists() else '(not started)'}")
        if self.running():
            print(f"--- {self.name}'s counters\n{self.try_ctl('-p', 'stats').stdout}", flush=True)

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ends ferryd by a signal and checks that it ended well and left nothing."""
        check(self.running(), f"{self.name}'s ferryd is not running any more:\n{self.log_text()}")
        self._process.send_signal(number)
        code = self._process.wait(20)
        check_equal(code, 0, f"exit code of {self.name}'s ferryd after signal {number}; its log:\n{self.log_text()}")
        self._process = None
        for path in (self.socket, Path("/run/dpdk") / self.name):
            check(not path.exists(), f"{self.name}'s ferryd left {path}")

    def kill(self) -> None:
        """Ends ferryd without its noticing."""
        self._process.kill()
        self._process.wait()
        self._process = None

    # What it says.

    def ctl(self, *words):
        """Runs ferryctl, which must succeed, and returns its JSON."""
        done = self.try_ctl(*words)
        if done.returncode != 0:
            raise Failure(f"ferryctl {' '.join(map(str, words))}: exit code {done.returncode}\n"
                          f"{done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def try_ctl(self, *words) -> subprocess.CompletedProcess:
        """Runs ferryctl, whatever becomes of it."""
        return subprocess.run([str(FERRYCTL), "--socket", str(self.socket), "-j", *map(str, words)],
                              capture_output=True, text=True, timeout=30)

    def drops(self) -> dict[str, int]:
        """Dropped frames by reason, all workers and ports together; a reason that did not occur is not there."""
        return self.ctl("stats")["drops"]

    def row_of(self, vni: int, mac: str) -> dict | None:
        """The row of an endpoint, as ferryctl shows it."""
        return next((row for row in self.ctl("fdb", "show", "vni", vni) if row["mac"] == mac), None)

    def moves(self, mac: str, role: str) -> list[dict]:
        """The moves of an endpoint in which this host has this part, oldest first."""
        return [move for move in self.ctl("moves", "show", "mac", mac) if move["role"] == role]

    def vtep_of(self, vni: int, mac: str) -> str | None:
        return (self.row_of(vni, mac) or {}).get("dst")

    def wait_for_row(self, vni: int, mac: str, remote: str) -> None:
        wait_until(lambda: self.vtep_of(vni, mac) == remote, f"{self.name}'s row for {mac} naming {remote}")
