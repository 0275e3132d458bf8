"""`python -m mlinfra.cli` is `mlinfra`."""

from __future__ import annotations

from mlinfra.cli.main import main

main()
