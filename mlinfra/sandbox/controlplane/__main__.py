"""The supervisor's own command line, called by `mlinfra.sandbox.controlplane.control`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from mlinfra.sandbox.controlplane.files import ControlPlaneFiles
from mlinfra.sandbox.controlplane.supervisor import Supervisor
from mlinfra.sandbox.server.files import SandboxError


def main() -> None:
    """Bring the control plane up, say so on the descriptor `--ready`, and keep it until `--lifeline` is closed."""
    parser = argparse.ArgumentParser(prog="python -m mlinfra.sandbox.controlplane")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--lifeline", type=int, required=True)
    parser.add_argument("--ready", type=int, required=True)
    parser.add_argument("--programs", type=json.loads, required=True)
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    programs = {name: Path(path) for name, path in options.programs.items()}
    supervisor = Supervisor(ControlPlaneFiles(options.home), programs)
    with os.fdopen(options.ready, "w") as ready:
        try:
            json.dump(asdict(supervisor.start()), ready)
        except SandboxError as error:
            json.dump({"error": error.message, "fix": error.fix}, ready)
            sys.exit(1)
    supervisor.watch(options.lifeline)


if __name__ == "__main__":
    main()
