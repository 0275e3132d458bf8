"""A private server for every test run, on a free port, with a home of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from mlinfra.sandbox.server import control


@dataclass(frozen=True)
class Sandbox:
    """A running server and how to talk to it."""

    home: Path
    info: control.ServerInfo

    @property
    def endpoint_url(self) -> str:
        return self.info.endpoint_url

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client that never retries, so that a test sees what the server really said."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
        )

    def reset(self) -> None:
        """Empty the account."""
        control.reset(self.home)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One server for the whole run. Tests share its account: use own names, or `sandbox.reset()` first."""
    home = tmp_path_factory.mktemp("home")
    yield Sandbox(home, control.start(home, port=0, idle_seconds=900))
    control.stop(home)
