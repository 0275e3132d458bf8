"""The bare program: run under a monitor that answers every registration with its own inputs and does nothing else.

`serving()` gives the monitor's address; `python -m bench.bare ADDRESS DIRECTORY` runs a program against it.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PARALLEL = 16


def main(address: str, directory: str) -> None:
    """Run the program as Pulumi's Python language host does, in this process."""
    import asyncio
    import runpy
    from concurrent.futures import ThreadPoolExecutor

    import pulumi.runtime

    pulumi.runtime.set_all_config({"aws:region": "us-east-1"})
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            monitor=address,
            engine=address,
            project="bench",
            stack="bench",
            parallel=PARALLEL,
            dry_run=True,
            organization="organization",
        )
    )

    def program() -> None:
        runpy.run_path(directory, run_name="__main__")

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with ThreadPoolExecutor(PARALLEL * 4) as executor:
        loop.set_default_executor(executor)
        loop.run_until_complete(pulumi.runtime.run_in_stack(program))


@contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """The monitor in a process of its own, as engines are: its address and process id. Its start is nobody's cost."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.bare"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process.pid
    finally:
        process.communicate("")  # the end of its input ends it


def serve() -> None:
    """Serve the monitor until standard input ends."""
    from concurrent import futures

    import grpc
    from google.protobuf import empty_pb2
    from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

    class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
        def SupportsFeature(self, request: Any, context: Any) -> Any:
            return resource_pb2.SupportsFeatureResponse(hasSupport=True)

        def RegisterResource(self, request: Any, context: Any) -> Any:
            urn = f"urn:pulumi:bench::bench::{request.type}::{request.name}"
            answer = resource_pb2.RegisterResourceResponse(urn=urn, id=request.name if request.custom else "")
            answer.object.CopyFrom(request.object)
            if request.custom:
                answer.object["arn"] = f"arn:bench:::{request.name}"
            return answer

        def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
            return empty_pb2.Empty()

        def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
            return empty_pb2.Empty()

    class Engine(engine_pb2_grpc.EngineServicer):
        def Log(self, request: Any, context: Any) -> Any:
            return empty_pb2.Empty()

        def SetRootResource(self, request: Any, context: Any) -> Any:
            return engine_pb2.SetRootResourceResponse()

        def GetRootResource(self, request: Any, context: Any) -> Any:
            return engine_pb2.GetRootResourceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(PARALLEL * 4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(Monitor(), server)
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"127.0.0.1:{port}", flush=True)
    sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main(*sys.argv[1:]) if sys.argv[1:] else serve()
