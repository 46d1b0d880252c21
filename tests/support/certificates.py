"""Certificates for ferry hosts, made by ferry-test-ca."""

from .netns import command
from .sandbox import REPOSITORY, SCRATCH

TOOL = REPOSITORY / "dataplane/packaging/ferry-test-ca"


class Authority:
    """Signs the certificates of hosts."""

    def __init__(self, name: str):
        self._folder = SCRATCH / f"authority-{name}"
        self.certificate = self._folder / "ca.pem"

    def tls(self, name: str, address: str) -> dict[str, str]:
        """What a host of this name, reached at this address, has in its [peers] section."""
        command(TOOL, "--days", 1, self._folder, f"{name}={address}")
        return {"ca": str(self.certificate), "certificate": str(self._folder / f"{name}.pem"),
                "key": str(self._folder / f"{name}.key")}
