"""An account whose clients have the refusals installed: one with raised quotas for most tests, one with AWS's own."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config

from mlinfra.sandbox.refusals import install
from tests.sandbox.conftest import Sandbox
from tests.sandbox.refusals.cloud import ACCOUNT, Cloud

MANY = 10**6
RAISED = dict.fromkeys(
    ("vpcs-per-region", "internet-gateways-per-region", "addresses-per-region", "nat-gateways-per-zone"), MANY
)


class Watched:
    """Clients of one session that has the refusals installed."""

    def __init__(self, endpoint_url: str, quotas: Mapping[str, int]) -> None:
        self.endpoint_url = endpoint_url
        self.session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test")
        self._clients: dict[tuple[str, str], Any] = {}
        self.session.events.register("before-call.s3-control", self._without_account)
        install(self.session, self.client, quotas=quotas)

    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region, always the same one."""
        if (service, region) not in self._clients:
            config = Config(
                retries={"total_max_attempts": 1}, inject_host_prefix=False, s3={"addressing_style": "path"}
            )
            self._clients[service, region] = self.session.client(
                service, region_name=region, endpoint_url=self.endpoint_url, config=config
            )
        return self._clients[service, region]

    @staticmethod
    def _without_account(params: dict[str, Any], **_: Any) -> None:
        params["url"] = params["url"].replace(f"//{ACCOUNT}.", "//")


@pytest.fixture(scope="session")
def watched(sandbox: Sandbox) -> Watched:
    return Watched(sandbox.endpoint_url, RAISED)


@pytest.fixture(scope="session")
def aws(watched: Watched, sandbox: Sandbox) -> Iterator[Cloud]:
    cloud = Cloud(watched.client)
    cloud.strict = functools.partial(Cloud, Watched(sandbox.endpoint_url, {}).client)
    cloud.elsewhere = Cloud(watched.client, "eu-west-1")
    return cloud


@pytest.fixture(autouse=True)
def every_check_is_made(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A check that stumbles over an answer lets the call through; here that is an error."""
    yield
    assert not [record for record in caplog.records if record.name == "mlinfra.sandbox.refusals.hooks"]
