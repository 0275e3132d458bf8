"""The bare program: run under a monitor that answers every registration with its own inputs and does nothing else.

`python -m bench.bare DIRECTORY` starts the monitor, runs the program against it in a process of its own, and ends.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent import futures
from pathlib import Path

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

RUN = """\
import asyncio, runpy, sys
import pulumi.runtime
from pulumi.runtime.stack import run_in_stack
pulumi.runtime.set_all_config({"aws:region": "us-east-1"})
pulumi.runtime.configure(pulumi.runtime.Settings(
    monitor=sys.argv[1], engine=sys.argv[1], project="bench", stack="bench", parallel=16, dry_run=True, organization="organization"))
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(run_in_stack(lambda: runpy.run_path(sys.argv[2], run_name="__main__")))
"""


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    def SupportsFeature(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def RegisterResource(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802
        urn = f"urn:pulumi:bench::bench::{request.type}::{request.name}"
        answer = resource_pb2.RegisterResourceResponse(urn=urn, id=request.name if request.custom else "")
        answer.object.CopyFrom(request.object)
        if request.custom:
            answer.object["arn"] = f"arn:bench:::{request.name}"
        return answer

    def RegisterResourceOutputs(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802
        return empty_pb2.Empty()


class Engine(engine_pb2_grpc.EngineServicer):
    def Log(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802
        return empty_pb2.Empty()

    def SetRootResource(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802
        return engine_pb2.SetRootResourceResponse()

    def GetRootResource(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802
        return engine_pb2.GetRootResourceResponse()


def main(directory: str) -> int:
    server = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.so_reuseport", 0)])
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(Monitor(), server)
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    program = str(Path(directory, "__main__.py"))
    done = subprocess.run([sys.executable, "-c", RUN, f"127.0.0.1:{port}", program], cwd=directory, check=False)
    server.stop(None)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
