"""Another ferry host as far as its messages go, for saying what no honest one would. In a process of its own, because gRPC's
threads would stay in the network namespace in which they began:

    HostClient(namespace, ...) ── FerryHost.Moves on TCP ── ferryd
"""

import json
import subprocess
import sys
from pathlib import Path

from .netns import Namespace, command
from .outcome import Failure, Skip
from .sandbox import REPOSITORY, SCRATCH

TESTS = REPOSITORY / "tests"
_PROTO = REPOSITORY / "dataplane/rpc/ferry.proto"


class HostClient:
    """Connects from a namespace to a ferryd's address, and says that it is the host of `vtep`. `tls` has the files ca,
    certificate and key, of which the last two may be missing; None: plain text."""

    def __init__(self, namespace: Namespace, address: str, name: str, vtep: str, tls: dict | None = None):
        folder = SCRATCH / "host-client"
        if not folder.exists():
            folder.mkdir()
            command("protoc", f"-I{_PROTO.parent}", f"--python_out={folder}", _PROTO.name)
        options = {"folder": str(folder), "address": address, "name": name, "vtep": vtep, "tls": tls}
        self._process = namespace.start(sys.executable, "-m", __name__, json.dumps(options), cwd=TESTS, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        answer = self._answer()
        if "missing" in answer:
            raise Skip(f"needs Python's {answer['missing']}")
        #: what ferryd said to the hello: "" where it has let this host in, else the status of the refusal
        self.refusal: str = answer["refusal"]

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise Failure("the client of other hosts has ended")
        return json.loads(line)

    def say(self, vni: int, mac: str, **body: dict) -> None:
        """Sends one message, such as say(100, mac, claim={...}), with the fields of ferry.proto."""
        message = {"vni": vni, "mac": int(mac.replace(":", ""), 16), **body}
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def ended(self) -> str:
        """Ends the stream, once ferryd has read what was said, and returns its status."""
        self._process.stdin.close()
        status = self._answer()["status"]
        self._process.wait(10)
        return status


def _main(folder: str, address: str, name: str, vtep: str, tls: dict | None) -> None:
    sys.path.insert(0, folder)
    try:
        import ferry_pb2
        import grpc
        from google.protobuf.json_format import ParseDict
    except ModuleNotFoundError as error:
        return print(json.dumps({"missing": error.name}), flush=True)
    if tls is None:
        channel = grpc.insecure_channel(address)
    else:
        read = {what: Path(path).read_bytes() for what, path in tls.items()}
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(
            read["ca"], read.get("key"), read.get("certificate")))

    def frames():
        hello = ferry_pb2.Hello(host=name, vtep=vtep, reads_marks=True, protocol=1)
        yield ferry_pb2.HostFrame(hello=hello)
        for line in sys.stdin:
            yield ferry_pb2.HostFrame(messages=[ParseDict(json.loads(line), ferry_pb2.MoveMessage())])

    moves = channel.stream_stream("/ferry.v1.FerryHost/Moves", request_serializer=ferry_pb2.HostFrame.SerializeToString,
                                  response_deserializer=ferry_pb2.HostFrame.FromString)
    answers = moves(frames(), timeout=60)
    refusal = ""
    try:
        next(answers)
    except grpc.RpcError as error:
        refusal = f"{error.code().name}: {error.details()}"
    print(json.dumps({"refusal": refusal}), flush=True)
    status = "OK"
    try:
        for _ in answers:
            pass
    except grpc.RpcError as error:
        status = f"{error.code().name}: {error.details()}"
    print(json.dumps({"status": status}), flush=True)


if __name__ == "__main__":
    _main(**json.loads(sys.argv[1]))
