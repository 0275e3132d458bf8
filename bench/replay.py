"""A plain boto3 script that does the calls of an `up` again, one after the other, as a script would.

`record` serves the sandbox's provider in this process and notes every call it makes; what a later call took from an
earlier answer becomes a link, so that the calls can be done again in an empty account. `python -m bench.replay FILE URL`
does them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MIN_TOKEN = 8  # shorter texts in answers ("true", "default") are no ids


def record(endpoint: str, deploy: Callable[[int], object], file: Path) -> int:
    """Note the calls of `deploy`, which gets the port of the provider; returns how many there were."""
    from mlinfra.sandbox.aws import serve
    from mlinfra.sandbox.aws.account import Account

    calls: list[dict[str, Any]] = []
    original = Account.call

    def noted(self: Account, service: str, operation: str, params: Any, region: str = "us-east-1") -> Any:
        answer = original(self, service, operation, params, region)
        calls.append({"service": service, "operation": operation, "params": dict(params), "region": region, "answer": answer})
        return answer

    Account.call = noted  # type: ignore[method-assign]
    server, port = serve(endpoint)
    try:
        deploy(port)
    finally:
        Account.call = original  # type: ignore[method-assign]
        server.stop(None)
    file.write_text(json.dumps(linked(calls), default=str))
    return len(calls)


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
        done.append({"service": call["service"], "operation": call["operation"], "region": call["region"], "params": params})
        given = json.dumps(call["params"], default=str)
        answer = {k: v for k, v in call["answer"].items() if k != "ResponseMetadata"} if isinstance(call["answer"], dict) else {}
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


def main(file: str, endpoint: str) -> None:
    import boto3

    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")
    clients: dict[tuple[str, str], Any] = {}
    answers: list[Any] = []
    for call in json.loads(Path(file).read_text()):
        key = (call["service"], call["region"])
        if key not in clients:
            clients[key] = session.client(call["service"], region_name=call["region"], endpoint_url=endpoint)
        answers.append(getattr(clients[key], call["operation"])(**filled(call["params"], answers)))


if __name__ == "__main__":
    main(*sys.argv[1:])
