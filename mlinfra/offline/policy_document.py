"""`aws:iam/getPolicyDocument`: policy documents rendered exactly as the AWS provider renders them.

The rules are those of the data source `aws_iam_policy_document` (hashicorp/terraform-provider-aws,
internal/service/iam/policy_document_data_source.go and policy_model.go, which pulumi-aws runs): members in a fixed order,
a list of one as its only element, longer lists sorted downwards, `&{` for `${`.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import TYPE_CHECKING, Any, Final

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VERSION: Final = "2012-10-17"
_WITHOUT_VARIABLES: Final = "2008-10-17"
_MEMBERS: Final = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
)
_LISTS: Final = {"actions": "Action", "notActions": "NotAction", "resources": "Resource", "notResources": "NotResource"}

Statement = dict[str, Any]


def policy_document(args: Mapping[str, Any]) -> dict[str, Any]:
    """The function's result. Raises ConfigError for arguments that the AWS provider refuses."""
    for old in ("sourceJson", "overrideJson"):
        if args.get(old):
            raise ConfigError(
                f"getPolicyDocument takes {old} no more", fix=f"use {old.replace('Json', 'PolicyDocuments')}"
            )
    version = args.get("version") or _VERSION
    if version not in (_VERSION, _WITHOUT_VARIABLES):
        raise ConfigError(f"getPolicyDocument: version is {version!r}; it must be {_VERSION} or {_WITHOUT_VARIABLES}")
    own = {
        "Version": version,
        "Id": args.get("policyId") or "",
        "Statement": _statements(args.get("statements") or [], version),
    }
    merged: dict[str, Any] = {"Version": "", "Id": "", "Statement": []}
    sources = [
        _parsed("sourcePolicyDocuments", i, text)
        for i, text in enumerate(args.get("sourcePolicyDocuments") or [])
        if text
    ]
    _refuse_duplicates([s for source in sources for s in source["Statement"]], "the sourcePolicyDocuments")
    overrides = [
        _parsed("overridePolicyDocuments", i, t) for i, t in enumerate(args.get("overridePolicyDocuments") or []) if t
    ]
    for document in (*sources, own, *overrides):
        _merge(merged, document)
    document = {key: value for key, value in merged.items() if value}
    text = _go_json(document, indent=2)
    return {
        **{key: value for key, value in args.items() if value is not None},
        "id": str(zlib.crc32(text.encode())),
        "json": text,
        "minifiedJson": _go_json(document, indent=None),
        "version": version,
    }


def _statements(blocks: Sequence[Mapping[str, Any]], version: str) -> list[Statement]:
    found = [_statement(block, version) for block in blocks]
    _refuse_duplicates(found, "the statements")
    return found


def _statement(block: Mapping[str, Any], version: str) -> Statement:
    effect = block.get("effect") or "Allow"
    if effect not in ("Allow", "Deny"):
        raise ConfigError(f"getPolicyDocument: effect is {effect!r}; it must be Allow or Deny")
    sid = block.get("sid") or ""
    if not re.fullmatch("[A-Za-z0-9]*", sid):
        raise ConfigError(f"getPolicyDocument: sid is {sid!r}; it may only have letters and digits")
    members: Statement = {"Sid": sid, "Effect": effect}
    for name, member in _LISTS.items():
        members[member] = _list(block.get(name) or [], version if name.endswith("esources") else "")
    members["Principal"] = _principals(block.get("principals") or [], version)
    members["NotPrincipal"] = _principals(block.get("notPrincipals") or [], version)
    members["Condition"] = _conditions(
        [
            (c["test"], c["variable"], [_variables(v, version) for v in c["values"]])
            for c in block.get("conditions") or []
        ]
    )
    return {member: members[member] for member in _MEMBERS if members[member]}


def _list(items: Sequence[str], version: str) -> Any:
    words = [_variables(item, version) if version else item for item in dict.fromkeys(items)]
    return words[0] if len(words) == 1 else sorted(words, reverse=True)


def _variables(text: str, version: str) -> str:
    if version == _WITHOUT_VARIABLES and "&{" in text:
        raise ConfigError(f"getPolicyDocument: {text!r} has a variable, which version {version} does not know")
    return text.replace("&{", "${")


def _principals(blocks: Sequence[Mapping[str, Any]], version: str) -> Any:
    found: dict[str, list[str]] = {}
    for block in blocks:
        identifiers = {_variables(identifier, version) for identifier in block["identifiers"]}
        found.setdefault(block["type"], []).extend(sorted(identifiers, reverse=True))
    return _everyone({kind: words[0] if len(words) == 1 else words for kind, words in sorted(found.items())})


def _everyone(principals: dict[str, Any]) -> Any:
    """`"*"` for `{"*": "*"}`, which IAM would refuse; anything else as it is."""
    return "*" if principals in ({"*": "*"}, {"*": ["*"]}) else principals


def _conditions(found: Sequence[tuple[str, str, list[str]]]) -> Any:
    tests: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in found:
        tests.setdefault(test, {}).setdefault(variable, []).extend(values)
    return {
        test: {name: words[0] if len(words) == 1 else words for name, words in sorted(variables.items())}
        for test, variables in sorted(tests.items())
    }


def _parsed(argument: str, index: int, text: str) -> dict[str, Any]:
    where = f"getPolicyDocument: {argument}[{index}]"
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{where} is not JSON: {error}") from None
    statements = document.get("Statement") or [] if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if statements is None or not all(isinstance(s, dict) for s in statements):
        raise ConfigError(f"{where} is not a policy document")
    return {**document, "Statement": [_normal(statement) for statement in statements]}


def _normal(statement: Statement) -> Statement:
    """A statement of another document: its lists stay as they are, principals and conditions are rendered anew."""
    found = dict(statement)
    for member in ("Principal", "NotPrincipal"):
        value = found.get(member)
        if isinstance(value, str):
            found[member] = "*"
        elif isinstance(value, dict):
            sorted_lists = {
                kind: one if isinstance(one, str) else sorted(one, reverse=True) for kind, one in value.items()
            }
            found[member] = _everyone(dict(sorted(sorted_lists.items())))
    found["Condition"] = _conditions(
        [
            (
                test,
                variable,
                [
                    str(v).lower() if isinstance(v, bool) else v
                    for v in (values if isinstance(values, list) else [values])
                ],
            )
            for test, variables in (found.get("Condition") or {}).items()
            for variable, values in variables.items()
        ]
    )
    return {member: found[member] for member in _MEMBERS if found.get(member)}


def _refuse_duplicates(statements: Sequence[Statement], where: str) -> None:
    seen: set[str] = set()
    for statement in statements:
        sid = statement.get("Sid")
        if sid in seen:
            raise ConfigError(
                f"getPolicyDocument: {where} have the Sid {sid!r} twice", fix="make it unique or leave it out"
            )
        seen |= {sid} if sid else set()


def _merge(merged: dict[str, Any], document: Mapping[str, Any]) -> None:
    merged["Id"] = document.get("Id") or merged["Id"]
    merged["Version"] = max(merged["Version"], document.get("Version") or "")
    places = {statement["Sid"]: i for i, statement in enumerate(merged["Statement"]) if "Sid" in statement}
    for statement in document["Statement"]:
        place = places.get(statement.get("Sid", ""))
        if place is None:
            merged["Statement"].append(statement)
        else:
            merged["Statement"][place] = statement


def _go_json(value: Any, indent: int | None) -> str:
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    return re.sub("[<>&\u2028\u2029]", lambda m: f"\\u{ord(m[0]):04x}", text)
