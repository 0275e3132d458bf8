"""The one way to the emulated account: cached boto3 clients and `call`, through which every AWS call goes."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.session import Session

from mlinfra.sandbox.aws import transport
from mlinfra.sandbox.aws.names import search
from mlinfra.sandbox.refusals import install

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT_ID: Final = "123456789012"
DEFAULT_REGION: Final = "us-east-1"
RETRY_SECONDS: Final = 0.2
ATTEMPTS: Final = 5  # at a call that is throttled or fails on the server's side; pulumi-aws makes up to 25
NOT_FOUND: Final = re.compile(r"NotFound|NoSuch|NonExist|DoesNotExist|NotExist|^404$")
# Answers of 200 that carry failures (measured with ec2, events and kinesis): where, code and message.
REPORTED: Final = (
    ("Unsuccessful", "Error.Code", "Error.Message"),
    ("FailedEntries", "ErrorCode", "ErrorMessage"),
    ("failures", "reason", "detail"),
)


class AwsError(Exception):
    """An AWS call that was refused. `code` is AWS's error code; `transient`: a little later it might not be."""

    def __init__(self, operation: str, code: str, message: str, *, transient: bool = False) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation, self.code, self.message, self.transient = operation, code, message, transient


class Account:
    """boto3 onto one endpoint. Clients are made once per service and region and shared by all threads.

    What AWS would refuse and the server does not is refused here, before a call is sent. `application` is the server's own
    one when it lives in this process: calls then go straight into it. `patience` is for how many seconds a call is tried
    again that is refused for the lack of what may still come, such as a role, or for what may still go.
    """

    def __init__(
        self, endpoint_url: str, application: transport.Application | None = None, *, patience: float = 0
    ) -> None:
        self.endpoint_url = endpoint_url
        self.patience = patience
        core = Session()
        core.set_config_variable("profile", None)
        self._session = boto3.Session(
            aws_access_key_id=transport.CREDENTIAL, aws_secret_access_key=transport.CREDENTIAL, botocore_session=core
        )
        self._config = Config(
            proxies={},  # the server is on this machine
            user_agent="mlinfra",  # botocore would compose its own anew, twice for each call
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            inject_host_prefix=False,
            s3={"addressing_style": "path"},
            max_pool_connections=64,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.RLock()
        self._session.events.register("before-send.s3-control", _without_account)
        if application is not None:
            transport.install(self._session.events, application)
        install(self._session, self.client)

    def client(self, service: str, region: str = DEFAULT_REGION) -> Any:
        """The client for a service in a region."""
        client = self._clients.get((service, region))
        if client is None:
            with self._lock:
                client = self._clients.get((service, region)) or self._session.client(
                    service, region_name=region, endpoint_url=self.endpoint_url, config=self._config
                )
                self._clients[service, region] = client
        return client

    def call(self, service: str, operation: str, params: Mapping[str, Any], region: str = DEFAULT_REGION) -> Any:
        """Call `operation` (in boto3's spelling) and return its answer. Raises `AwsError` when it is refused."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return self._call(service, operation, params, region)
            except AwsError as error:
                if not error.transient or time.monotonic() >= deadline:
                    raise
            time.sleep(RETRY_SECONDS)

    def _call(self, service: str, operation: str, params: Mapping[str, Any], region: str) -> Any:
        client = self.client(service, region)
        name = client.meta.method_to_api_mapping[operation]
        try:
            answer = getattr(client, operation)(**params)
        except ClientError as error:
            details, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
            code, message = str(details.get("Code", "")), str(details.get("Message", ""))
            raise AwsError(name, code, message, transient=bool(metadata.get("Transient"))) from error
        except ParamValidationError as error:
            raise AwsError(name, "ValidationError", str(error).partition("\n")[2] or str(error)) from error
        except BotoCoreError as error:
            raise AwsError(name, type(error).__name__, str(error)) from error
        for place, code, message in REPORTED:
            if isinstance(answer, dict) and answer.get(place):
                first = answer[place][0]
                raise AwsError(name, str(search(code, first)), str(search(message, first)))
        return answer

    def input_shape(self, service: str, operation: str) -> Any:
        """The model of what the operation takes; None when it takes nothing."""
        meta = self.client(service).meta
        return meta.service_model.operation_model(meta.method_to_api_mapping[operation]).input_shape


def _without_account(request: Any, **_: Any) -> None:
    """Take away the account that S3 Control's endpoint rules put before the host: no name of this machine has it."""
    request.url = request.url.replace(f"//{ACCOUNT_ID}.", "//", 1)


def is_missing(error: AwsError, codes: tuple[str, ...] = ()) -> bool:
    """Whether the error says that the resource is not there."""
    return bool(NOT_FOUND.search(error.code)) or error.code in codes
