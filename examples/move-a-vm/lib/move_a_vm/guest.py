"""The guest: a QEMU process that can be the start or the end of a live migration."""

from .lifetime import Failure
from .qmp import Qmp
from .topology import VM_MAC

# 8 KiB more than 256 MiB, and that matters. QEMU before 9.0 (Debian 12 has 7.2) reads the dirty bitmap of a block of
# memory in one go where the block is a multiple of 256 KiB, and then forgets to tell an emulated processor that the
# pages are clean again. What the guest writes to them afterwards is not migrated, and it dies on the destination.
MEMORY_KB = 256 * 1024 + 8
# `mitigations=off`, because an emulated processor pays for each of them many times over. `panic=-1` with -no-reboot
# ends QEMU when the guest dies, and so the job hears of it.
KERNEL_ARGUMENTS = "console=ttyS0 quiet mitigations=off panic=-1 net.ifnames=0"


class Guest:
    """The VM as one host runs it. A migrated VM is another Guest object, on the other host."""

    def __init__(self, lifetime, image, host, number, incoming=None):
        """Starts QEMU on `host`, whose ferryd connects to socket_path(lifetime, host). With `incoming` (a path) it
        waits there for a migration instead of booting. `number` tells the QEMU processes of one run apart."""
        self.host = host
        self._lifetime = lifetime
        self._qmp_path = lifetime.folder / f"qmp-{number}.sock"
        self.serial = lifetime.folder / f"serial-{number}.log"
        self.qmp = None
        self.process = lifetime.start(f"qemu-{number}-on-{host.name}", [
            "/usr/bin/qemu-system-x86_64",
            # Emulation, also where /dev/kvm is there: inside many VMs it is there and cannot run a guest, and the rates
            # that the job finds should mean the same on every machine.
            "-accel", "tcg", "-m", f"{MEMORY_KB}K", "-nodefaults", "-display", "none", "-no-reboot",
            # vhost-user needs guest memory that another process can map.
            "-object", f"memory-backend-memfd,id=memory,size={MEMORY_KB}K,share=on",
            "-machine", "pc,memory-backend=memory",
            "-kernel", image / "vmlinuz", "-initrd", image / "initrd.gz", "-append", KERNEL_ARGUMENTS,
            "-chardev", f"socket,id=vhost,path={socket_path(lifetime, host)},server=on,wait=off",
            "-netdev", "vhost-user,id=network,chardev=vhost",
            # vectors=0: without KVM, QEMU 7.2 crashes when a guest starts a vhost-user device that has MSI-X.
            "-device", f"virtio-net-pci,netdev=network,mac={VM_MAC},rombar=0,vectors=0,rx_queue_size=1024",
            "-serial", f"file:{self.serial}", "-qmp", f"unix:{self._qmp_path},server=on,wait=off",
            *(["-incoming", f"unix:{incoming}"] if incoming else [])], namespace=host.space)

    def connect(self):
        """Waits until QEMU takes commands, which it does when ferryd has connected to the guest's NIC."""
        def try_connect():
            try:
                return Qmp(self._qmp_path, f"the guest on {self.host.name}")
            except OSError:
                return None
        self.qmp = self._lifetime.wait_for(try_connect, 30, f"QEMU on {self.host.name} takes commands")
        self.set_capability("events", True)

    def set_capability(self, name, state):
        """Switches one of the migration's capabilities on or off."""
        self.qmp.command("migrate-set-capabilities", capabilities=[{"capability": name, "state": state}])

    def wait_booted(self):
        """Waits until the answering program in the guest says that it is ready."""
        def ready():
            text = self.serial.read_text(errors="replace") if self.serial.exists() else ""
            if "vm-answer ended" in text:
                raise Failure(f"the guest's answering program ended:\n{text}")
            return "vm-answer: ready" in text
        # An emulated guest boots in 2 s on an idle machine; the rest is for a busy one.
        self._lifetime.wait_for(ready, 120, "the guest boots")

    def quit(self):
        """Ends QEMU, whose VM runs elsewhere by now."""
        self.process.expected_to_end = True
        try:
            self.qmp.command("quit")
        except (Failure, OSError):
            pass  # it may close the connection before it answers
        self.qmp.close()
        self.process.stop()


def socket_path(lifetime, host):
    """Returns the vhost-user socket of the VM on `host`. QEMU listens on it; ferryd connects, and again whenever a new
    QEMU is there."""
    return lifetime.folder / f"vhost-{host.name}.sock"
