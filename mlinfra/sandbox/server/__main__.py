"""The server's own command line, called by `mlinfra.sandbox.server.control`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from dataclasses import asdict
from pathlib import Path

from mlinfra.sandbox.server.files import SandboxError


def main() -> None:
    """Leave the launching process, bring the server up, say so on the descriptor `--ready`, and serve."""
    parser = argparse.ArgumentParser(prog="python -m mlinfra.sandbox.server")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--idle-seconds", type=float, required=True)
    parser.add_argument("--ready", type=int, required=True)
    options = parser.parse_args()
    if os.fork():
        os._exit(0)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    from mlinfra.sandbox.server.process import Server

    server = Server(options.home, port=options.port, idle_seconds=options.idle_seconds)
    with os.fdopen(options.ready, "w") as ready:
        try:
            json.dump(asdict(server.open()), ready)
        except SandboxError as error:
            json.dump({"error": error.message, "fix": error.fix}, ready)
            sys.exit(1)
        except Exception:
            logging.getLogger("mlinfra.sandbox").exception(
                "the server cannot start"
            )  # before the one who waits for it is told
            sys.exit(1)
    server.serve()


if __name__ == "__main__":
    main()
