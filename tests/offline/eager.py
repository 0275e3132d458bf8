"""Runs a program as `mlinfra/engine/program/runner.py` does, with the SDKs loaded at once: `python eager.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mlinfra.engine import program

sys.path[0] = str(Path(program.__file__).parent)
import runner  # type: ignore[import-not-found] # noqa: E402

status = runner.main()
sys.stdout.flush()
os._exit(status)
