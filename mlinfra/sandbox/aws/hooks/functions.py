"""Hooks of Lambda's types."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.aws.account import AwsError, is_missing
from mlinfra.sandbox.aws.hooks.base import Hook
from mlinfra.stack.values import Archive, Asset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.sandbox.aws.resource import Resource

EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can say: the same code gives the same hash
NO_LIMIT: Final = -1


class Function(Hook):
    """A function's code comes from an archive."""

    def route(self, resource: Resource, op: str) -> str:
        unlimited = resource.inputs.get("reservedConcurrentExecutions") in (NO_LIMIT, None)
        return "delete_function_concurrency" if op == "put_function_concurrency" and unlimited else op

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        code = resource.inputs.get("code")
        if op in ("create_function", "update_function_code") and code is not None:
            target = params.setdefault("Code", {}) if op == "create_function" else params
            target["ZipFile"] = zipped(code, op)
            resource.used |= {"code", "sourceCodeHash"}
        if op == "put_function_concurrency" and params["ReservedConcurrentExecutions"] == NO_LIMIT:
            del params["ReservedConcurrentExecutions"]
        return params


class EventInvokeConfig(Hook):
    """moto keeps the first configuration that a function was given; it must go before the next one comes."""

    def route(self, resource: Resource, op: str) -> str:
        if op == "update_function_event_invoke_config":
            resource.call("delete_function_event_invoke_config", resource.key("delete_function_event_invoke_config"))
            return "put_function_event_invoke_config"
        return op


class LayerVersion(Hook):
    """A layer's content comes from an archive."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        code = resource.inputs.get("code")
        if op == "publish_layer_version" and code is not None:
            params.setdefault("Content", {})["ZipFile"] = zipped(code, op)
        if "VersionNumber" in params:
            params["VersionNumber"] = int(params["VersionNumber"])
        return params


class Permission(Hook):
    """A permission is a statement of the function's policy."""

    def find(self, resource: Resource) -> bool:
        names = {**resource.outputs, **resource.inputs}
        target = {"FunctionName": names["function"]} | (
            {"Qualifier": names["qualifier"]} if names.get("qualifier") else {}
        )
        try:
            policy = json.loads(resource.call("get_policy", target)["Policy"])
        except AwsError as error:
            if is_missing(error):
                return False
            raise
        found = next((one for one in policy["Statement"] if one.get("Sid") == names["statementId"]), None)
        if found is None:
            return False
        principal = found["Principal"]
        told = {"action": found["Action"], "function": names["function"], "statementId": names["statementId"]}
        told["principal"] = principal if isinstance(principal, str) else next(iter(principal.values()))
        for condition in found.get("Condition", {}).values():
            for key, name in CONDITIONS.items():
                if key in condition:
                    told[name] = condition[key]
        resource.outputs.update(told)
        return True


CONDITIONS: Final = {
    "AWS:SourceArn": "sourceArn",
    "AWS:SourceAccount": "sourceAccount",
    "aws:PrincipalOrgID": "principalOrgId",
    "lambda:EventSourceToken": "eventSourceToken",
    "lambda:FunctionUrlAuthType": "functionUrlAuthType",
}


def zipped(code: Any, op: str) -> bytes:
    """The bytes of a zip with what the archive holds. Raises `AwsError` when it cannot be read."""
    if isinstance(code, Archive | Asset) and code.path is not None and Path(code.path).is_file():
        return Path(code.path).read_bytes()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(_files(code, op)):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data)
    return content.getvalue()


def _files(code: Any, op: str, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """The files in an archive, by their names in it."""
    if isinstance(code, Asset) and code.text is not None:
        yield prefix, code.text.encode()
        return
    if isinstance(code, Archive) and code.assets is not None:
        for name, inner in code.assets.items():
            yield from _files(inner, op, f"{prefix}/{name}" if prefix else name)
        return
    path = Path(getattr(code, "path", None) or "")
    if not path.is_absolute() or not path.exists():
        raise AwsError(
            op, "InvalidPath", f"the path {str(path)!r} of the code cannot be read; it must be absolute and exist"
        )
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            inside = file.relative_to(path).as_posix() if path.is_dir() else ""
            yield "/".join(part for part in (prefix, inside) if part), file.read_bytes()
