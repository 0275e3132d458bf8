"""The provider as a plugin executable: it prints its port and serves the account at AWS_ENDPOINT_URL."""

from __future__ import annotations

import os
import sys

from mlinfra.sandbox.aws import serve


def main() -> int:
    """Serve until the engine ends the process."""
    endpoint_url = os.environ.get("AWS_ENDPOINT_URL", "")
    if not endpoint_url:
        sys.stderr.write("set AWS_ENDPOINT_URL to the sandbox's address; `mlinfra sandbox env` prints it\n")
        return 2
    server, port = serve(endpoint_url)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()
    return 0


if __name__ == "__main__":
    sys.exit(main())
