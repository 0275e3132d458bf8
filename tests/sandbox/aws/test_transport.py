"""The short way into the server says the same as HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from mlinfra.sandbox.aws.account import Account
from mlinfra.sandbox.server.wire import origin_of

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


def test_what_is_presigned_is_signed() -> None:
    client = Account("http://127.0.0.1:1", application=Recorder()).client("sts")
    assert "X-Amz-Signature=" in client.generate_presigned_url("get_caller_identity")


def test_what_the_application_raises_is_no_success() -> None:
    def broken(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Account("http://127.0.0.1:1", application=broken).call("s3", "list_buckets", {})
