"""`python -m mlinfra.cli` is `mlinfra`."""

from __future__ import annotations

import sys
from typing import NoReturn


def start() -> NoReturn:
    """Run the command line; who interrupts it while it is still being loaded sees no traceback either."""
    try:
        from mlinfra.cli.main import main
    except KeyboardInterrupt:
        sys.exit(130)
    main()


if __name__ == "__main__":
    start()
