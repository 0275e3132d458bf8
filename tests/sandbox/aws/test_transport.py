"""The short way into the server says the same as HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.serving import make_server

from mlinfra.sandbox.aws.account import ACCOUNT_ID, ATTEMPTS, Account, AwsError
from mlinfra.sandbox.server.wire import origin_of
from tests.sandbox.conftest import Sandbox
from tests.sandbox.refusals.cloud import ARCHIVE

CONNECTION = ("HTTP_CONNECTION", "HTTP_ACCEPT_ENCODING", "REMOTE_PORT", "SERVER_SOFTWARE", "HTTP_EXPECT")
SIGNATURE = ("HTTP_X_AMZ_DATE", "HTTP_AUTHORIZATION", "HTTP_AMZ_SDK_INVOCATION_ID", "HTTP_X_AMZ_CONTENT_SHA256")


class Recorder:
    """An application that keeps what it was asked and answers all alike."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        text = {name: value for name, value in environ.items() if isinstance(value, str) and value}
        self.seen.append({"body": body, **text})
        start_response("200 OK", [("Content-Type", "text/xml"), ("ETag", '"x"'), ("x-amz-version-id", "v1")])
        return [b"<Answer><Bucket>", b"b</Bucket></Answer>"]


@pytest.fixture(name="wire")
def _wire() -> Iterator[tuple[Recorder, str]]:
    recorder = Recorder()
    server = make_server("127.0.0.1", 0, recorder, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield recorder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("s3", "put_object", {"Bucket": "b", "Key": "a b/ü+~*.txt", "Body": b"\x00\xff", "Metadata": {"k": "v"}}),
    ("s3", "get_object", {"Bucket": "b", "Key": "x", "VersionId": "v/1"}),
    ("s3", "head_object", {"Bucket": "b", "Key": "x"}),
    ("ec2", "describe_vpcs", {"Filters": [{"Name": "tag:a", "Values": ["ü & =", "c"]}]}),
    ("lambda", "get_function", {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f"}),
    ("lambda", "list_functions", {}),
]


@pytest.mark.parametrize(("service", "operation", "params"), CALLS, ids=[call[1] for call in CALLS])
def test_the_short_way_says_what_http_says(
    wire: tuple[Recorder, str], service: str, operation: str, params: dict[str, Any]
) -> None:
    there, url = wire
    here = Recorder()
    answers = []
    for account in (Account(url), Account(url, application=here)):
        with_body = operation == "get_object"
        try:
            answer = account.call(service, operation, params)
        except Exception as error:  # noqa: BLE001 (the answer fits no operation but S3's)
            answers.append(type(error))
            continue
        meta = answer["ResponseMetadata"]
        told = {name: meta["HTTPHeaders"].get(name) for name in ("etag", "content-type", "x-amz-version-id")}
        answers.append((meta["HTTPStatusCode"], told, answer["Body"].read() if with_body else None))
    assert answers[0] == answers[1]
    (sent,), (short,) = there.seen, here.seen
    assert sent.keys() - {*CONNECTION, *SIGNATURE} - short.keys() == set()
    for name in short.keys() - {*CONNECTION, *SIGNATURE}:
        if name in sent:
            assert short[name] == sent[name], name
    assert origin_of(short) == origin_of(sent)
    assert short["HTTP_AUTHORIZATION"].endswith("Signature=none")


def test_what_is_presigned_is_signed() -> None:
    client = Account("http://127.0.0.1:1", application=Recorder()).client("sts")
    assert "X-Amz-Signature=" in client.generate_presigned_url("get_caller_identity")


def test_what_the_application_raises_is_no_success() -> None:
    def broken(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Account("http://127.0.0.1:1", application=broken).call("s3", "list_buckets", {})


class Unwell(Recorder):
    """An application that is unwell for the first few requests."""

    def __init__(self, status: str, body: bytes, times: int) -> None:
        super().__init__()
        self.status, self.body, self.times = status, body, times

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        super().__call__(environ, start_response)
        if len(self.seen) > self.times:
            return [b"<ListTopicsResponse><ListTopicsResult/></ListTopicsResponse>"]
        start_response(self.status, [("Content-Type", "text/xml")])
        return [self.body]


def throttled(code: str) -> bytes:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>wait</Message></Error></ErrorResponse>".encode()


TRANSIENT = [
    ("503 Service Unavailable", b""),
    ("500 Internal Server Error", throttled("InternalFailure")),
    ("400 Bad Request", throttled("Throttling")),
    ("400 Bad Request", throttled("RequestLimitExceeded")),
]


@pytest.fixture(name="naps")
def _naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    naps: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", naps.append)
    return naps


@pytest.mark.parametrize(("status", "body"), TRANSIENT)
def test_what_passes_by_itself_is_tried_again(status: str, body: bytes, naps: list[float]) -> None:
    application = Unwell(status, body, ATTEMPTS - 1)
    Account("http://127.0.0.1:1", application=application).call("sns", "list_topics", {})
    assert len(application.seen) == len(naps) + 1 == ATTEMPTS
    assert len({one["body"] for one in application.seen}) == 1


@pytest.mark.parametrize(
    ("status", "body", "attempts", "code"),
    [
        ("503 Service Unavailable", throttled("Unavailable"), ATTEMPTS, "Unavailable"),
        ("501 Not Implemented", throttled("NotImplemented"), 1, "NotImplemented"),
        ("400 Bad Request", throttled("ValidationError"), 1, "ValidationError"),
    ],
)
def test_what_does_not_is_told(status: str, body: bytes, attempts: int, code: str, naps: list[float]) -> None:
    application = Unwell(status, body, 100)
    with pytest.raises(AwsError) as refused:
        Account("http://127.0.0.1:1", application=application).call("sns", "list_topics", {})
    assert (refused.value.code, len(application.seen), len(naps)) == (code, attempts, attempts - 1)


def test_what_is_refused_for_a_while_is_tried_for_a_while(sandbox: Sandbox) -> None:
    """A role that another resource of the same deployment is just making."""
    account = Account(sandbox.endpoint_url, patience=5.0)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"RoleName": "late", "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [trust]})}
    named = {"FunctionName": "late", "Role": f"arn:aws:iam::{ACCOUNT_ID}:role/late"}
    function = {**named, "Runtime": "python3.12", "Handler": "a.b", "Code": {"ZipFile": ARCHIVE}}
    impatient = Account(sandbox.endpoint_url)
    with pytest.raises(AwsError) as refused:
        impatient.call("lambda", "create_function", function)
    assert refused.value.transient
    with ThreadPoolExecutor(1) as later:
        made = later.submit(lambda: (time.sleep(0.5), impatient.call("iam", "create_role", role)))
        assert account.call("lambda", "create_function", function)["FunctionName"] == "late"
        made.result()
    account.call("lambda", "delete_function", {"FunctionName": "late"})
    account.call("iam", "delete_role", {"RoleName": "late"})
