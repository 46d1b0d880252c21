"""Certificates for what ferry hosts say to each other: an authority for one run, and one certificate for each host."""

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"]


class Authority:
    """Signs certificates in the run's folder, with which they go. They are valid for a day."""

    def __init__(self, lifetime):
        self._lifetime = lifetime
        self.certificate = lifetime.folder / "authority.pem"
        self._key = lifetime.folder / "authority.key"
        self._request(self.certificate, self._key, "move-a-vm", [])

    def sign(self, host):
        """Returns the paths of a certificate for the host's address and of its key."""
        certificate = self._lifetime.folder / f"{host.name}.pem"
        key = self._lifetime.folder / f"{host.name}.key"
        # A host is checked by the address at which the others reach it.
        self._request(certificate, key, host.name, [
            "-CA", self.certificate, "-CAkey", self._key, "-addext", f"subjectAltName=IP:{host.address}",
            "-addext", "basicConstraints=critical,CA:FALSE"])
        return certificate, key

    def _request(self, certificate, key, name, more):
        self._lifetime.run(["openssl", "req", "-x509", *_KEY, "-keyout", key, "-out", certificate, "-days", "1",
                            "-subj", f"/CN={name}", *more])
