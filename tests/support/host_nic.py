"""A NIC of the machine's own, for what namespaces cannot show. The sandbox of a test is cut off from the host's network, so
that the way there is kept open from before it is entered."""

import os

from .netns import Namespace, command
from .outcome import Skip
from .sandbox import inside

_HOST_NETWORK = "FERRY_TEST_HOST_NETWORK"


def keep_host_network() -> None:
    """To be called before the sandbox is entered."""
    if not inside():
        descriptor = os.open("/proc/self/ns/net", os.O_RDONLY)
        os.set_inheritable(descriptor, True)
        os.environ[_HOST_NETWORK] = str(descriptor)


def named_by(variable: str, what: str) -> str:
    """What the environment names; skips the test where it names nothing."""
    if not os.environ.get(variable):
        raise Skip(f"needs {what}, which it takes: set {variable}")
    return os.environ[variable]


def move_from_host(interface: str, namespace: Namespace) -> None:
    """The kernel gives an interface of a device back to the host when the namespace goes."""
    # As ip-netns(8) has names, so that they are found in the host's network too.
    command("nsenter", f"--net=/proc/{os.getpid()}/fd/{os.environ[_HOST_NETWORK]}", "ip", "link", "set", "dev", interface, "netns",
            namespace.name)
    namespace.ip(f"link set dev {interface} up")
