"""A plain boto3 script that does the calls of an `up` again, one after the other, as a script would.

`python -m bench.replay record URL FILE PROJECT STACK` deploys with the sandbox's provider `aws` in this process and notes
every call that it makes to create resources; the look-ups by which the sandbox tells what AWS would refuse are none of
them. What goes into Kubernetes goes to the running sandbox's own provider and is not noted: boto3 has no calls for it.
What a call took from an earlier answer becomes a link, so that `python -m bench.replay do URL FILE` can do the calls
again in an empty account.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MIN_TOKEN = 8  # shorter texts in answers ("true", "default") are no ids


def record(endpoint: str, file: str, project: str, stack: str) -> None:
    """Deploy a project's stack that has no state yet, and note the calls."""
    from mlinfra.engine import Options, Stack, up
    from mlinfra.sandbox.aws import serve
    from mlinfra.sandbox.aws.account import Account
    from mlinfra.sandbox.server import control
    from mlinfra.stack.project import Project
    from mlinfra.stack.stack import default_home

    sandbox = control.status(default_home())
    if sandbox is None or sandbox.endpoint_url != endpoint:
        sys.exit(f"the sandbox of {default_home()} does not answer at {endpoint}")
    calls: list[dict[str, Any]] = []
    original = Account.call

    def noted(self: Account, service: str, operation: str, params: Any, region: str = "us-east-1") -> Any:
        answer = original(self, service, operation, params, region)
        calls.append(
            {"service": service, "operation": operation, "params": dict(params), "region": region, "answer": answer}
        )
        return answer

    Account.call = noted  # type: ignore[method-assign]
    server, port = serve(endpoint)
    attached = f"aws:{port},kubernetes:{sandbox.kubernetes_port}"
    options = Options(env={"PULUMI_DEBUG_PROVIDERS": attached}, take_over_lock=True)
    result = up(Stack.open(Project.load(project), stack), options, lambda _: None)
    server.stop(None)
    if result.failed:
        sys.exit("\n".join(result.errors))
    lines = [json.dumps(call, default=str) for call in linked(calls)]
    Path(file).write_text("".join(f"{line}\n" for line in lines))


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield from leaves(child, (*path, key))
    if isinstance(value, str):
        yield path, value


def linked(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known: dict[str, str] = {}
    done = []
    for number, call in enumerate(calls):
        params = links(call["params"], known)
        done.append(
            {"service": call["service"], "operation": call["operation"], "region": call["region"], "params": params}
        )
        given = json.dumps(call["params"], default=str)
        answer = (
            {k: v for k, v in call["answer"].items() if k != "ResponseMetadata"}
            if isinstance(call["answer"], dict)
            else {}
        )
        for path, text in leaves(answer):
            if len(text) >= MIN_TOKEN and text not in given and text not in known:
                known[text] = f"\0{number}|{json.dumps(path)}\0"
    return done


def links(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: links(child, known) for key, child in value.items()}
    if isinstance(value, list):
        return [links(child, known) for child in value]
    if isinstance(value, str):
        for token in sorted((t for t in known if t in value), key=len, reverse=True):
            value = value.replace(token, known[token])
    return value


def filled(value: Any, answers: list[Any]) -> Any:
    if isinstance(value, dict):
        return {key: filled(child, answers) for key, child in value.items()}
    if isinstance(value, list):
        return [filled(child, answers) for child in value]
    if isinstance(value, str) and "\0" in value:
        parts = value.split("\0")
        for index in range(1, len(parts), 2):
            number, _, path = parts[index].partition("|")
            found = answers[int(number)]
            for key in json.loads(path):
                found = found[key]
            parts[index] = found
        return "".join(parts)
    return value


def without_account(request: Any, **_: Any) -> None:
    """S3 Control puts the account before the host's name, which an address does not take."""
    scheme, _, rest = request.url.partition("://")
    account, _, after = rest.partition(".")
    if account.isdigit() and after.startswith("127."):
        request.url = f"{scheme}://{after}"


def do(endpoint: str, file: str) -> None:
    """Do the calls of a file."""
    import boto3
    from botocore.config import Config

    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test")
    config = Config(inject_host_prefix=False)
    clients: dict[tuple[str, str], Any] = {}
    answers: list[Any] = []
    for call in map(json.loads, Path(file).read_text().splitlines()):
        key = (call["service"], call["region"])
        if key not in clients:
            clients[key] = session.client(key[0], region_name=key[1], endpoint_url=endpoint, config=config)
            clients[key].meta.events.register("before-sign.s3-control", without_account)
        answers.append(getattr(clients[key], call["operation"])(**filled(call["params"], answers)))


if __name__ == "__main__":
    record(*sys.argv[2:]) if sys.argv[1] == "record" else do(*sys.argv[2:])
