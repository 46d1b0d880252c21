"""Certificates for what ferry hosts say to each other: an authority for one run, and one certificate for each host."""

from .build import TOP

_TOOL = TOP / "dataplane" / "packaging" / "ferry-test-ca"


class Authority:
    """Signs certificates in the run's folder, with which they go. They are valid for a day."""

    def __init__(self, lifetime, hosts):
        self._folder = lifetime.folder / "tls"
        lifetime.run([_TOOL, "--days", "1", self._folder, *(f"{host.name}={host.address}" for host in hosts)])
        self.certificate = self._folder / "ca.pem"

    def sign(self, host):
        """Returns the paths of the host's certificate, which carries its name and address, and of its key."""
        return self._folder / f"{host.name}.pem", self._folder / f"{host.name}.key"
