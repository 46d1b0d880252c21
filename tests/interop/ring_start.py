"""A vhost ring that starts makes its endpoint local: taken where nobody has it, granted by the other ferry host where
that had it and has docked its frames. The guest is seen on S, then on D, then on S again.

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
            host.config["move"] = {"hold_ms": 60_000, "lease_ms": 500}  # testpmd takes its time to start
            host.start()
        for guest in (self.vms, self.vmp):  # the guest answers every ARP request, so nobody may ask
            guest.namespace.ip(f"neighbour replace {ADDRESS} lladdr {MAC} dev eth0 nud permanent")


def phases(move: dict) -> list[str]:
    return [phase["name"] for phase in move["phases"]]


def test():
    hosts = Hosts()
    wait_until(lambda: all(peer["connected"] for host in (hosts.s, hosts.d) for peer in host.ctl("peers")),
               "connections between S and D")
    guest = VhostGuest("guest", MAC)
    versions = [(0, 0)]
    for turn, (here, there) in enumerate([(hosts.s, hosts.d), (hosts.d, hosts.s), (hosts.s, hosts.d)]):
        step(f"the guest starts on {here.name}: {here.name}'s row is local, {there.name}'s names {here.name}")
        before = len(here.moves(MAC, "destination"))
        guest.start(hosts.sockets[here])
        wait_until(lambda: [move for move in here.moves(MAC, "destination")[before:] if move["closed"]],
                   "the closed books of the ring's start")
        row = here.row_of(VNI, MAC)
        check_equal((row["kind"], row["port"], row["origin"]), ("local", "guest", "endpoint"), "the row here")
        there.wait_for_row(VNI, MAC, here.address)

        step("the move says what happened, and how soon every worker saw it")
        move = here.moves(MAC, "destination")[-1]
        check_equal((phases(move)[0], move["port"], move["adds_up"]), ("ring_started", "guest", True), "the move here")
        check(0 < move["visible_us"] < 1e6, f"microseconds until every worker saw the row: {move}")
        if turn == 0:
            check("taken" in phases(move) and move["from"] is None, f"nobody had it, so it was taken: {move}")
        else:
            check("grant_received" in phases(move) and move["from"] == there.address, f"a grant of {there.name}: {move}")
            old = wait_until(lambda: [move for move in there.moves(MAC, "source") if move["closed"]],
                             f"{there.name}'s closed books")[-1]
            check_equal((old["state"], old["to"], old["adds_up"]), ("moved", here.address, True), "the move there")
            check(old["ledger"]["flushed"] >= 1 and move["ledger"]["flush_received"] == old["ledger"]["flushed"],
                  f"what was docked came here: {old['ledger']} {move['ledger']}")
        version = move["version"]
        versions.append((version["term"], version["epoch"]))
        check_equal(versions, sorted(set(versions)), "versions, which rise")

        step("both ferryd's and Linux's guests reach it")
        # testpmd's ring runs before testpmd has put buffers into it.
        wait_until(lambda: hosts.vms.namespace.reaches(ADDRESS), "the guest's first answer")
        hosts.vms.namespace.ping(ADDRESS)
        hosts.p.row(VNI, MAC, here.address)
        hosts.vmp.namespace.ping(ADDRESS)
        check_equal(here.row_of(VNI, MAC)["kind"], "local", "the row here, after traffic")

        step("the guest stops: its frames are docked")
        stops = len(here.moves(MAC, "source"))
        guest.stop()
        wait_until(lambda: here.moves(MAC, "source")[stops:], "the move that begins with the ring's stop")
        late = hosts.vmp.namespace.start("ping", "-q", "-c", "1", "-W", "1", ADDRESS)
        wait_until(lambda: here.moves(MAC, "source")[-1]["ledger"]["waiting"] >= 1, "a docked frame")
        check_equal(here.moves(MAC, "source")[-1]["state"], "held", "the state of the move")
        late.kill()
        late.wait()
    hosts.s.stop()
    hosts.d.stop()


run(test)
