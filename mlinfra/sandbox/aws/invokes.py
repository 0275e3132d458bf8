"""Functions (`aws.ec2.get_vpc` and the like): answered from the emulated account, where they need it at all."""

from __future__ import annotations

import base64
import functools
import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.aws_types import lookup
from mlinfra.catalog.templates import MissingError, fill
from mlinfra.engine.provider import Invoked, ProviderFailure
from mlinfra.errors import ConfigError
from mlinfra.offline import functions
from mlinfra.sandbox import session
from mlinfra.sandbox.aws.account import ACCOUNT_ID, AwsError
from mlinfra.sandbox.aws.images import images
from mlinfra.sandbox.aws.names import search
from mlinfra.sandbox.aws.resource import Resource
from mlinfra.stack.values import Properties, has_unknowns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlinfra.sandbox.aws.provider import AwsProvider

ABANDON: Final = session.ABANDON.format("aws")


def invoke(provider: AwsProvider, token: str, args: Properties) -> Invoked:
    """Answer the function `token`. Raises `ProviderFailure` when it is not emulated or finds nothing."""
    if has_unknowns(args):
        return Invoked({})
    region = str(args.get("region") or provider.config.region)
    given = {name: value for name, value in args.items() if value is not None}
    try:
        found = functions.answer(token, given, functions.Context(region, ACCOUNT_ID))
        if found is None:
            special, entry = SPECIAL.get(token), table().get(token)
            if special is None and entry is None:
                raise ProviderFailure(f"the function {token} is not emulated by the sandbox")
            found = (
                special(provider, region, given) if special else _look_up(provider, region, token, entry or {}, given)
            )
    except (AwsError, ConfigError, MissingError) as error:
        raise ProviderFailure(f"invoking {token}: {error}") from error
    return Invoked({"region": region, **given, **found})


@functools.cache
def table() -> dict[str, dict[str, Any]]:
    """The functions that are answered by reading the account."""
    path = resources.files("mlinfra.catalog") / "aws_functions.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _look_up(provider: AwsProvider, region: str, token: str, entry: Mapping[str, Any], args: Properties) -> Properties:
    if "find" in entry:
        return _found(provider, region, token, entry, args)
    if "like" in entry:
        return _like(provider, region, token, entry["like"], fill(entry["id"], _scope(region, args)))
    scope = _scope(region, args)
    params = {name: _filled(value, scope) for name, value in entry.get("params", {}).items()}
    answer = provider.account.call(
        entry["service"], entry["op"], {k: v for k, v in params.items() if v is not None}, region
    )
    outputs: Properties = {name: search(path, answer) for name, path in entry["outputs"].items()}
    scope["outputs"] = outputs
    derived: Properties = fill(entry.get("derive", {}), scope)
    return outputs | derived | {"id": fill(entry["id"], scope)}


def _filled(template: Any, scope: Mapping[str, Any]) -> Any:
    try:
        return fill(template, scope)
    except MissingError:
        return None


def _scope(region: str, args: Properties) -> dict[str, Any]:
    partition = functions.Context(region, ACCOUNT_ID).partition
    return {"partition": partition, "region": region, "account": ACCOUNT_ID, "inputs": args}


def _like(provider: AwsProvider, region: str, token: str, kind_token: str, id: str) -> Properties:
    """What the account says of a resource of a type in the table."""
    kind = lookup(kind_token)
    if kind is None:
        raise ProviderFailure(f"the function {token} is not emulated by the sandbox")
    resource = Resource(kind, provider.account, region, {}, id)
    if not resource.read():
        raise ProviderFailure(f"invoking {token}: there is no {kind.noun} {id!r} in the account")
    return {**kind.computed, **resource.outputs, "id": resource.id}


def _found(provider: AwsProvider, region: str, token: str, entry: Mapping[str, Any], args: Properties) -> Properties:
    """What EC2 finds by id, filters and tags."""
    find = entry["find"]
    filters = [{"Name": one["name"], "Values": one["values"]} for one in args.get("filters") or ()]
    filters += [{"Name": f"tag:{key}", "Values": [value]} for key, value in (args.get("tags") or {}).items()]
    for name, filter_name in find.get("by", {}).items():
        if args.get(name) not in (None, ""):
            value = args[name]
            filters.append(
                {"Name": filter_name, "Values": [str(value).lower() if isinstance(value, bool) else str(value)]}
            )
    params: dict[str, Any] = {"Filters": filters} if filters else {}
    argument, parameter = find.get("id", ("", ""))
    if args.get(argument):
        params[parameter] = [args[argument]]
    items = search(find["at"], provider.account.call("ec2", find["op"], params, region)) or []
    ids = [item[find["ids"]] for item in items]
    if "list" in entry:
        also = {name: [search(path, item) for item in items] for name, path in entry.get("also", {}).items()}
        return {entry["list"]: ids, "id": region, **also}
    if len(ids) != 1:
        raise ProviderFailure(
            f"invoking {token}: {len(ids) or 'no'} matches found, where there must be one: use another filter"
        )
    known = _like(provider, region, token, entry["like"], ids[0]) if "like" in entry else {"id": ids[0]}
    return known | {name: search(path, items[0]) for name, path in entry.get("also", {}).items()}


def _ami(provider: AwsProvider, region: str, args: Properties) -> Properties:
    found = images(provider.account, region, args)
    if len(found) > 1 and not args.get("mostRecent"):
        raise ProviderFailure(
            "invoking aws:ec2/getAmi:getAmi: several images match; use a narrower filter or mostRecent"
        )
    return found[0]


def _ami_ids(provider: AwsProvider, region: str, args: Properties) -> Properties:
    return {"ids": [one["id"] for one in images(provider.account, region, args)], "id": region}


def _parameter(provider: AwsProvider, region: str, args: Properties) -> Properties:
    """A parameter of the account; one of Amazon's that names an image names one that is made up for it."""
    function, name = "aws:ssm/getParameter:getParameter", str(args["name"])
    try:
        return _look_up(provider, region, function, table()[function], args)
    except AwsError as error:
        if error.code != "ParameterNotFound" or not re.fullmatch(r"/aws/service/.*/image_id", name):
            raise
    wanted = [{"name": "name", "values": [name.strip("/").replace("/", "-")]}]
    image = images(provider.account, region, {"filters": wanted})[0]["id"]
    arn = f"arn:aws:ssm:{region}::parameter{name}"
    return {
        "arn": arn,
        "id": name,
        "name": name,
        "type": "String",
        "value": image,
        "insecureValue": image,
        "version": 1,
    }


def _authorization_token(provider: AwsProvider, region: str, _args: Properties) -> Properties:
    data = provider.account.call("ecr", "get_authorization_token", {}, region)["authorizationData"][0]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return {
        "authorizationToken": data["authorizationToken"],
        "expiresAt": data["expiresAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "proxyEndpoint": data["proxyEndpoint"],
        "userName": user,
        "password": password,
        "id": region,
    }


def _cluster_auth(provider: AwsProvider, region: str, args: Properties) -> Properties:
    """A token in the form that EKS takes: a presigned call of STS (aws-iam-authenticator's README)."""
    url = provider.account.client("sts", region).generate_presigned_url("get_caller_identity", ExpiresIn=60)
    token = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    return {"token": f"k8s-aws-v1.{token}", "id": args["name"]}


def _account_alias(provider: AwsProvider, region: str, _: Properties) -> Properties:
    aliases = provider.account.call("iam", "list_account_aliases", {}, region)["AccountAliases"]
    if not aliases:
        raise ProviderFailure("invoking aws:iam/getAccountAlias:getAccountAlias: the account has no alias")
    return {"accountAlias": aliases[0], "id": aliases[0]}


def _abandon(provider: AwsProvider, _: str, args: Properties) -> Properties:
    """Delete what was created for these URNs while nobody came to know of it. No function of AWS: see `claims`."""
    return {"ids": provider.abandon(args["lost"])}


def _default_tags(provider: AwsProvider, _: str, __: Properties) -> Properties:
    return {"tags": dict(provider.config.default_tags), "id": "aws"}


SPECIAL: Final[dict[str, Callable[[AwsProvider, str, Properties], Properties]]] = {
    "aws:ec2/getAmi:getAmi": _ami,
    "aws:ec2/getAmiIds:getAmiIds": _ami_ids,
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _authorization_token,
    "aws:eks/getClusterAuth:getClusterAuth": _cluster_auth,
    "aws:iam/getAccountAlias:getAccountAlias": _account_alias,
    "aws:index/getDefaultTags:getDefaultTags": _default_tags,
    ABANDON: _abandon,
    "aws:ssm/getParameter:getParameter": _parameter,
}
