"""Open vSwitch with DPDK on the synthetic ports: br-int with the guests' port and a VXLAN port, br-phy with the
underlay's.

    capture or null ── br-int ── vx0 ═ tunnel ═ br-phy (VTEP's address) ── null or capture

Its rules are one for each endpoint, by MAC. They and the port that they name are all that Open vSwitch has to look up;
it does not learn here, which is in its favour where ferryd does.
"""

import os
import shutil
import subprocess

from support.netns import Namespace, command

from . import frames
from .guest import Guest
from .switch import CONTROL_CPU, WORKER_CPU, Cannot, Switch
from .memory import OVS_MB, memory_mb

DAEMON = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
MOST_RULES = 100_000  # its datapath remembers 200,000 flows, and looks after each


class OpenVSwitch(Switch):
    name = "ovs"
    _namespace: Namespace | None = None
    sending_queues = 2  # its PMD thread has the second one to itself
    needs = DAEMON, "openvswitch-switch-dpdk"

    def start(self) -> None:
        case = self.case
        if not self.hugepages:
            raise Cannot("Open vSwitch with DPDK needs hugepages, which are not free (sysctl vm.nr_hugepages)")
        if case.endpoints > MOST_RULES:
            raise Cannot("its datapath remembers 200,000 flows at most")
        run = self.folder / "ovs"
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir()
        self._environment = {f"OVS_{name}DIR": str(run) for name in ("RUN", "LOG", "DB", "SYSCONF")}
        database = run / "conf.db"
        self._command("ovsdb-tool", "create", database, SCHEMA)
        self._socket = f"unix:{run}/db.sock"
        server = self.program("ovsdb", ["ovsdb-server", database, f"--remote=p{self._socket}",
                                        f"--unixctl={run}/db.ctl"], env=self._environment)
        server.wait_until((run / "db.sock").exists, "the socket")
        self._vsctl("init", "--", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true",
                    f"other_config:dpdk-extra=--no-pci --in-memory --file-prefix=ovs -l {CONTROL_CPU}",
                    f"other_config:dpdk-socket-mem={memory_mb(case) + OVS_MB}",
                    f"other_config:pmd-cpu-mask={1 << WORKER_CPU:x}", "other_config:max-idle=3600000",
                    "other_config:emc-insert-inv-prob=1")
        self._namespace = Namespace(f"ovs-{case.name}")  # the kernel's half of br-phy outlives the daemon
        daemon = self.program("vswitchd", ["ip", "netns", "exec", self._namespace, "taskset", "-c", CONTROL_CPU, DAEMON,
                                           self._socket, f"--unixctl={run}/sw.ctl"],
                              env=self._environment)
        daemon.wait_until((run / "sw.ctl").exists, "the control socket")
        self._connect(daemon)

    def end(self) -> None:
        super().end()
        if self._namespace:
            command("ip", "netns", "delete", self._namespace)
            self._namespace = None

    def _connect(self, daemon) -> None:
        case = self.case
        guest = Guest(self) if case.vm else None
        self._vsctl("add-br", "br-int", "--", "set", "bridge", "br-int", "datapath_type=netdev", "fail_mode=secure",
                    "--", "add-br", "br-phy", "--", "set", "bridge", "br-phy", "datapath_type=netdev",
                    "fail_mode=secure",
                    f"other_config:hwaddr={frames.text_of(frames.VTEP_MAC)}",
                    "--", "add-port", "br-int", "vx0", "--", "set", "interface", "vx0", "type=vxlan",
                    "ofport_request=2", "options:remote_ip=flow", "options:key=flow")
        for words in (f"address add {frames.VTEP}/30 dev br-phy", f"link set br-phy mtu {max(1500, case.mtu)} up",
                      f"route add 172.16.0.0/12 via {frames.GATEWAY} dev br-phy"):
            self._namespace.ip(words)
        self._rules()
        inside = f"type=dpdkvhostuserclient options:vhost-server-path={guest.socket}" if guest else \
            f"type=dpdk options:dpdk-devargs={self.guest_device}"
        outside = f"type=dpdk options:dpdk-devargs={self.underlay_device}"
        for bridge, port, kind in (("br-int", "p0", inside), ("br-phy", "p1", outside)):
            self._vsctl("add-port", bridge, port, "--", "set", "interface", port, "ofport_request=1", *kind.split(),
                        f"mtu_request={max(1500, case.mtu)}")
        self._command("ovs-appctl", "-t", f"{self.folder}/ovs/sw.ctl", "tnl/neigh/set", "br-phy", frames.GATEWAY,
                      frames.text_of(frames.GATEWAY_MAC))
        self.counted(daemon, "ovs", guest)

    def _rules(self) -> None:
        case = self.case
        vtep = frames.vtep_of
        rules = []
        if case.flood:
            outputs = ",".join(f"set_field:{vtep(number, case.remotes)}->tun_dst,output:2"
                               for number in range(case.flood))
            rules = [f"in_port=1,actions=set_field:{frames.VNI}->tun_id,{outputs}"]
        elif case.outwards:
            rules = [f"in_port=1,dl_dst={frames.text_of(frames.remote_mac(number))},"
                     f"actions=set_field:{frames.VNI}->tun_id,set_field:{vtep(number, case.remotes)}->tun_dst,output:2"
                     for number in range(case.endpoints)]
        if case.inwards:
            rules += [f"in_port=2,tun_id={frames.VNI},dl_dst={frames.text_of(mac)},actions=output:1"
                      for mac in case.local_macs()]
        self._flows("br-int", rules)
        self._flows("br-phy", ["in_port=1,actions=LOCAL", "in_port=LOCAL,actions=output:1"])

    def _flows(self, bridge: str, rules: list[str]) -> None:
        path = self.folder / f"{bridge}.flows"
        path.write_text("\n".join(rules) + "\n", encoding="ascii")
        self._command("ovs-ofctl", "add-flows", f"unix:{self.folder}/ovs/{bridge}.mgmt", path)

    def _vsctl(self, *words) -> None:
        self._command("ovs-vsctl", f"--db={self._socket}", "--no-wait" if "init" in words else "--timeout=20", *words)

    def _command(self, *words) -> str:
        try:
            done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60,
                                  env={**os.environ, **self._environment})
        except subprocess.TimeoutExpired as late:
            raise Cannot(str(late)[:200]) from late
        if done.returncode != 0:
            raise Cannot(f"{' '.join(map(str, words))[:200]}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout
