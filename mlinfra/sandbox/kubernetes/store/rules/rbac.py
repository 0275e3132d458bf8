"""Roles and their bindings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.kubernetes.store.rules import syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.sandbox.kubernetes.backend import Manifest

_GROUP: Final = "rbac.authorization.k8s.io"


def _role(manifest: Manifest) -> Iterator[str]:
    for number, rule in enumerate(manifest.get("rules") or ()):
        path = f"rules[{number}]"
        if not rule.get("verbs"):
            yield f"{path}.verbs: Required value: verbs must contain at least one value"
        if rule.get("nonResourceURLs"):
            if manifest["kind"] == "Role":
                yield f"{path}.nonResourceURLs: Invalid value: namespaced rules cannot apply to non-resource URLs"
            if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
                yield f"{path}.nonResourceURLs: Invalid value: rules cannot apply to both regular resources and non-resource URLs"
            continue
        if not rule.get("apiGroups"):
            yield f"{path}.apiGroups: Required value: resource rules must supply at least one api group"
        if not rule.get("resources"):
            yield f"{path}.resources: Required value: resource rules must supply at least one resource"


def _cluster_role(manifest: Manifest) -> Iterator[str]:
    yield from _role(manifest)
    selectors = (manifest.get("aggregationRule") or {}).get("clusterRoleSelectors")
    if manifest.get("aggregationRule") and not selectors:
        yield "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required"
    for number, one in enumerate(selectors or ()):
        yield from syntax.selector(one, f"aggregationRule.clusterRoleSelectors[{number}]")


def _binding(manifest: Manifest) -> Iterator[str]:
    reference = manifest.get("roleRef") or {}
    yield from syntax.one_of(reference.get("apiGroup"), (_GROUP,), "roleRef.apiGroup")
    kinds = ("ClusterRole",) if manifest["kind"] == "ClusterRoleBinding" else ("ClusterRole", "Role")
    yield from syntax.one_of(reference.get("kind"), kinds, "roleRef.kind")
    if not reference.get("name"):
        yield "roleRef.name: Required value"
    for number, subject in enumerate(manifest.get("subjects") or ()):
        yield from _subject(subject, f"subjects[{number}]", cluster=manifest["kind"] == "ClusterRoleBinding")


def _subject(subject: Manifest, path: str, *, cluster: bool) -> Iterator[str]:
    kind = subject.get("kind")
    yield from syntax.one_of(kind, ("Group", "ServiceAccount", "User"), f"{path}.kind")
    if not subject.get("name"):
        yield f"{path}.name: Required value"
    if kind == "ServiceAccount":
        yield from syntax.subdomain(subject.get("name"), f"{path}.name")
        if subject.get("apiGroup"):
            yield f'{path}.apiGroup: Unsupported value: "{subject["apiGroup"]}": supported values: ""'
        if cluster and not subject.get("namespace"):
            yield f"{path}.namespace: Required value"
    elif kind in {"User", "Group"}:
        yield from syntax.one_of(subject.get("apiGroup"), (_GROUP,), f"{path}.apiGroup")


RULES: Final[dict[tuple[str, str], Callable[[Manifest], Iterator[str]]]] = {
    (_GROUP, "ClusterRole"): _cluster_role,
    (_GROUP, "ClusterRoleBinding"): _binding,
    (_GROUP, "Role"): _role,
    (_GROUP, "RoleBinding"): _binding,
}
