"""ferryd on the synthetic ports."""

from support.ferryd import FERRYD, toml

from . import frames
from .guest import Guest
from .switch import CONTROL_CPU, WORKER_CPU, Switch
from .memory import memory_mb


class Ferryd(Switch):
    name = "ferry"

    def start(self) -> None:
        case = self.case
        guest = Guest(self) if case.vm else None
        path, api = self.folder / f"{case.name}.toml", self.folder / "ferryd.sock"
        api.unlink(missing_ok=True)
        path.write_text(toml(self.configuration(guest)), encoding="utf-8")
        program = self.program("ferryd", ["taskset", "-c", f"{CONTROL_CPU},{WORKER_CPU}", FERRYD, "--config", path])
        program.wait_until(api.exists, "the API")
        self.counted(program, "ferryd", guest)

    def configuration(self, guest: Guest | None) -> dict:
        case = self.case
        remotes = [str(frames.vtep_of(number, case.remotes)) for number in range(case.remotes)]
        return {
            "host": {"name": "bench", "vtep": str(frames.VTEP)},
            "dpdk": {"memory_mb": memory_mb(case), "hugepages": "required" if self.hugepages else "never",
                     "file_prefix": "ferryd", "buffers": case.buffers, "buffer_size": case.buffer},
            "workers": {"count": 1, "cpus": [WORKER_CPU], "poll": "always"},
            "api": {"socket": str(self.folder / "ferryd.sock")},
            "underlay": {"device": self.underlay_device, "mtu": case.mtu,
                         "gateway_mac": frames.text_of(frames.GATEWAY_MAC)},
            "limits": {"rows": case.endpoints + 4096, "transaction_rows": case.endpoints + 4096, "vteps": 8192},
            "vtep": [{"address": remote} for remote in remotes],
            "segment": [{"vni": frames.VNI, "learning": case.learning, "flood": remotes[:case.flood]}],
            "fdb": [{"vni": frames.VNI, "mac": frames.text_of(frames.remote_mac(number)),
                     "vtep": remotes[number % case.remotes]} for number in range(case.endpoints)],
            "port": [{"name": "vm", "vni": frames.VNI,
                      **({"vhost_user": str(guest.socket)} if guest else {"device": self.guest_device}),
                      "macs": [] if case.learning and case.way == "encap" else
                      [frames.text_of(mac) for mac in case.local_macs()]}],
        }

