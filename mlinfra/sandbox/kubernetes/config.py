"""The settings of one provider instance, and the cluster that its kubeconfig names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from mlinfra.engine.provider import CheckFailure
from mlinfra.sandbox.kubernetes.backend import UnreachableError
from mlinfra.stack.values import UNKNOWN, Properties, plain

_FLAGS: Final = {
    "deleteUnreachable": "delete_unreachable",
    "enableConfigMapMutable": "mutable_maps",
    "enablePatchForce": "force",
    "enableSecretMutable": "mutable_secrets",
    "enableServerSideApply": "server_side",
    "skipUpdateUnreachable": "skip_unreachable",
    "upsertExistingObjects": "upsert",
}
_WORDS: Final = {"kubeconfig": "kubeconfig", "context": "context", "cluster": "cluster", "namespace": "namespace"}
# What has no effect on what an object becomes: warnings, rates of requests, and Helm's own files.
_IGNORED: Final = frozenset(
    {"clusterIdentifier", "helmReleaseSettings", "kubeClientSettings", "pluginDownloadURL", "strictMode",
     "suppressDeprecationWarnings", "suppressHelmHookWarnings", "version"}
)  # fmt: skip
_UNSUPPORTED: Final = {
    "alwaysRender": "the sandbox deploys objects and renders no files; leave it out here",
    "renderYamlToDirectory": "the sandbox deploys objects and renders no files; leave it out here",
}
_LONGEST_PATH: Final = 4096


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """What of a provider's settings has an effect."""

    kubeconfig: Any = ""  # text, a path, or UNKNOWN
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    server_side: bool = True
    mutable_maps: bool = False
    mutable_secrets: bool = False
    force: bool = False
    upsert: bool = False
    delete_unreachable: bool = False
    skip_unreachable: bool = False

    @classmethod
    def parse(cls, properties: Properties) -> ProviderConfig:
        """The settings in a provider's inputs, where flags may arrive as strings."""
        given = plain(properties)
        flags = {
            field: str(given[name]).lower() == "true" for name, field in _FLAGS.items() if given.get(name) is not None
        }
        words = {field: given[name] for name, field in _WORDS.items() if given.get(name)}
        settings: dict[str, Any] = {**words, **flags}
        return cls(**settings)


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """What a kubeconfig says of the cluster that its context chooses. `names` may name an EKS cluster, the likeliest first."""

    server: str
    names: tuple[str, ...]
    region: str = ""


def failures(properties: Properties) -> list[CheckFailure]:
    """What is wrong with a provider's settings."""
    found = [CheckFailure(name, why) for name, why in _UNSUPPORTED.items() if plain(properties).get(name)]
    known = {*_FLAGS, *_WORDS, *_IGNORED, *_UNSUPPORTED}
    found += [
        CheckFailure(name, f"the provider kubernetes has no setting {name!r}")
        for name in properties
        if name not in known and not name.startswith("__")
    ]
    config = ProviderConfig.parse({name: value for name, value in properties.items() if plain(value) is not UNKNOWN})
    if config.kubeconfig:
        try:
            read(config)
        except UnreachableError as error:
            found.append(CheckFailure("", error.message))  # which would show the whole of it
    return found


def read(config: ProviderConfig) -> Kubeconfig:
    """The cluster that the kubeconfig names. Raises UnreachableError for one that cannot be understood."""
    document = _document(config.kubeconfig)
    contexts = _named(document, "contexts", "context")
    chosen = config.context or document.get("current-context") or ""
    if config.context and config.context not in contexts:
        raise UnreachableError(f"the kubeconfig has no context {config.context!r}")
    context = contexts.get(chosen, {})
    clusters = _named(document, "clusters", "cluster")
    name = config.cluster or context.get("cluster") or next(iter(clusters), "")
    if name not in clusters:
        raise UnreachableError(f"the kubeconfig has no cluster {name!r}")
    users = _named(document, "users", "user")
    user = users.get(context.get("user") or next(iter(users), ""), {})
    command = (user or {}).get("exec") or {}
    arguments = [str(one) for one in command.get("args") or ()]
    given = _after(arguments, "--cluster-name") or _after(arguments, "--cluster-id") or _after(arguments, "-i")
    return Kubeconfig(
        server=str(clusters[name].get("server") or ""),
        names=tuple(dict.fromkeys(one for one in (given, str(name), str(chosen)) if one)),
        region=_after(arguments, "--region") or _region(name),
    )


def _document(text: Any) -> dict[str, Any]:
    content = str(text)
    if "\n" not in content and "{" not in content and len(content) < _LONGEST_PATH:
        path = Path(content).expanduser()
        if not path.is_absolute():
            raise UnreachableError(f"the kubeconfig {content!r} is a relative path; give its text, or an absolute path")
        try:
            content = path.read_text()
        except OSError as error:
            raise UnreachableError(f"the kubeconfig {content} cannot be read: {error.strerror}") from error
    try:
        document = json.loads(content) if content.lstrip().startswith("{") else yaml.safe_load(content)
    except (ValueError, yaml.YAMLError) as error:
        raise UnreachableError(f"the kubeconfig cannot be parsed: {error}") from error
    if not isinstance(document, dict) or not document.get("clusters"):
        raise UnreachableError("the kubeconfig names no cluster")
    return document


def _named(document: dict[str, Any], many: str, one: str) -> dict[str, dict[str, Any]]:
    return {str(item.get("name")): item.get(one) or {} for item in document.get(many) or ()}


def _after(arguments: list[str], flag: str) -> str:
    for number, argument in enumerate(arguments):
        if argument == flag and number + 1 < len(arguments):
            return arguments[number + 1]
        if argument.startswith(f"{flag}="):
            return argument.partition("=")[2]
    return ""


def _region(name: Any) -> str:
    parts = str(name).split(":")
    return parts[3] if str(name).startswith("arn:") and len(parts) > 3 else ""  # noqa: PLR2004 - arn:partition:service:region
