"""Certificates for ferry hosts, made by openssl."""

from pathlib import Path

from .netns import command
from .sandbox import SCRATCH

_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"]


class Authority:
    """Signs the certificates of hosts."""

    def __init__(self, name: str):
        self._folder = SCRATCH / f"authority-{name}"
        self._folder.mkdir()
        self.certificate = self._make(name, [])

    def _make(self, name: str, more: list) -> Path:
        path = self._folder / f"{name}.pem"
        command("openssl", "req", "-x509", *_NEW_KEY, "-keyout", path.with_suffix(".key"), "-out", path, "-days", 1,
                "-subj", f"/CN={name}", *more)
        return path

    def tls(self, name: str, address: str) -> dict[str, str]:
        """What a host of this name, reached at this address, has in its [peers] section."""
        signer = ["-CA", self.certificate, "-CAkey", self.certificate.with_suffix(".key")]
        made = self._make(name, [*signer, "-addext", f"subjectAltName=IP:{address}",
                                 "-addext", "basicConstraints=critical,CA:FALSE"])
        return {"ca": str(self.certificate), "certificate": str(made), "key": str(made.with_suffix(".key"))}
