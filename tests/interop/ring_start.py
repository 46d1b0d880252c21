"""A vhost ring that starts makes its endpoint local, and the other ferry host's row follows: the guest is seen on S,
then on D, then on S again.

    vmS 10.0.0.1 ── S ferryd 172.16.0.1 ──┬── underlay ── P Linux 172.16.0.3 ── 10.0.0.3 vmP        VNI 100
    vhost-user ─────┘                     │
    vhost-user ──── D ferryd 172.16.0.2 ──┘     the guest 02::09, 10.0.0.9, on one of the two
"""

from support.ferryd import FerryVtep
from support.hosts import Guest, LinuxVtep, Underlay
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run
from support.vhost_guest import VhostGuest

MAC, ADDRESS = "02:00:00:00:00:09", "10.0.0.9"


class Hosts:
    def __init__(self):
        underlay = self.underlay = Underlay()
        self.s, self.d = FerryVtep(underlay, "S", "172.16.0.1"), FerryVtep(underlay, "D", "172.16.0.2")
        self.p = LinuxVtep(underlay, "P", "172.16.0.3")
        self.vms = Guest("vmS", "02:00:00:00:00:01", "10.0.0.1/24")
        self.vmp = Guest("vmP", "02:00:00:00:00:03", "10.0.0.3/24")
        for host in (self.s, self.d, self.p):
            host.segment(VNI, [other.address for other in (self.s, self.d, self.p) if other is not host])
        self.s.attach(VNI, self.vms)
        self.p.attach(VNI, self.vmp)
        self.sockets = {host: host.vhost_port("guest", VNI, MAC) for host in (self.s, self.d)}
        for host, other in ((self.s, self.d), (self.d, self.s)):
            host.config["peers"] = {"listen": f"{host.address}:4790", "hosts": [f"{other.address}:4790"],
                                    "insecure": True}
            host.start()
        for guest in (self.vms, self.vmp):  # the guest answers every ARP request, so nobody may ask
            guest.namespace.ip(f"neighbour replace {ADDRESS} lladdr {MAC} dev eth0 nud permanent")


def test():
    hosts = Hosts()
    guest = VhostGuest("guest", MAC)
    versions = [0]
    for turn, (here, there) in enumerate([(hosts.s, hosts.d), (hosts.d, hosts.s), (hosts.s, hosts.d)]):
        step(f"the guest starts on {here.name}: {here.name}'s row is local, {there.name}'s names {here.name}")
        before = len(here.events(MAC, "ring_start"))
        guest.start(hosts.sockets[here])
        event = wait_until(lambda: here.events(MAC, "ring_start")[before:], "the event of the ring's start")[0]
        row = here.row_of(VNI, MAC)
        check_equal((row["kind"], row["port"], row["origin"]), ("local", "guest", "endpoint"), "the row here")
        there.wait_for_row(VNI, MAC, here.address)

        step("the events say what happened, and how soon every worker saw it")
        event = wait_until(lambda: [event for event in here.events(MAC, "ring_start")[before:] if event["peers_told"]],
                           "the peer's answer in the event")[0]
        check_equal((event["to"], event["peers_told"], event["peers_failed"]),
                    ("local guest", [f"{there.address}:4790"], []), "the event here")
        heard = wait_until(lambda: [told for told in there.events(MAC, "peer") if told["version"] == event["version"]],
                           "the event there")[0]
        check_equal(heard["to"], f"VTEP {here.address}", "where the event there says the guest is")
        for told in (event, heard):
            check(0 < told["visible_us"] < 1e6, f"microseconds until every worker saw the row: {told}")
        versions.append(event["version"])
        check_equal(versions, sorted(set(versions)), "versions, which rise")

        step("both ferryd's and Linux's guests reach it")
        # testpmd's ring runs before testpmd has put buffers into it.
        wait_until(lambda: hosts.vms.namespace.reaches(ADDRESS), "the guest's first answer")
        hosts.vms.namespace.ping(ADDRESS)
        hosts.p.row(VNI, MAC, here.address)
        hosts.vmp.namespace.ping(ADDRESS)
        check_equal(here.row_of(VNI, MAC)["kind"], "local", "the row here, after traffic")

        step("the guest stops: the event says so, and its frames are dropped as ring_stopped")
        stops = len(here.events(MAC, "ring_stop"))
        guest.stop()
        wait_until(lambda: here.events(MAC, "ring_stop")[stops:], "the event of the ring's stop")
        dropped = here.drops().get("ring_stopped", 0)
        lost = hosts.vmp.namespace.start("ping", "-q", "-c", "1", "-W", "1", ADDRESS)
        wait_until(lambda: here.drops().get("ring_stopped", 0) > dropped, "a frame dropped as ring_stopped")
        lost.kill()
        lost.wait()
    hosts.s.stop()
    hosts.d.stop()


run(test)
