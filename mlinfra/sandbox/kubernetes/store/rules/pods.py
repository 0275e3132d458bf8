"""Pods, alone and in the templates of workloads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.kubernetes.manifests import get, within
from mlinfra.sandbox.kubernetes.store.quantities import amount, is_quantity
from mlinfra.sandbox.kubernetes.store.rules import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlinfra.sandbox.kubernetes.backend import Manifest

_NATIVE: Final = frozenset({"cpu", "memory", "ephemeral-storage"})
_HANDLERS: Final = ("exec", "httpGet", "tcpSocket", "grpc")


def check(spec: Manifest, path: str, *, restart: tuple[str, ...] = ("Always", "OnFailure", "Never")) -> Iterator[str]:
    """What is wrong with a pod's specification; `restart` are the policies that its owner allows."""
    if not spec.get("containers"):
        yield f"{path}.containers: Required value"
    yield from syntax.one_of(spec.get("restartPolicy"), restart, f"{path}.restartPolicy")
    policies = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
    yield from syntax.one_of(spec.get("dnsPolicy"), policies, f"{path}.dnsPolicy")
    yield from syntax.labels(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    for field in ("serviceAccountName", "priorityClassName", "runtimeClassName"):
        if spec.get(field):
            yield from syntax.subdomain(spec[field], f"{path}.{field}")
    if "activeDeadlineSeconds" in spec:
        yield from syntax.at_least(spec["activeDeadlineSeconds"], 1, f"{path}.activeDeadlineSeconds")
    volumes = list(_volumes(spec))
    yield from _distinct(volumes, f"{path}.volumes")
    for number, volume in enumerate(spec.get("volumes") or ()):
        yield from _volume(volume, f"{path}.volumes[{number}]")
    names = []
    for part in ("initContainers", "containers"):
        for place, container in within(spec, f"{part}[]"):
            names.append(str(container.get("name")))
            yield from _container(
                container, f"{path}.{place}", set(volumes), host_network=bool(spec.get("hostNetwork"))
            )
    yield from _distinct(names, f"{path}.containers")
    for number, toleration in enumerate(spec.get("tolerations") or ()):
        yield from _toleration(toleration, f"{path}.tolerations[{number}]")
    yield from _affinity(spec.get("affinity") or {}, f"{path}.affinity")
    for number, one in enumerate(spec.get("topologySpreadConstraints") or ()):
        place = f"{path}.topologySpreadConstraints[{number}]"
        yield from syntax.at_least(one.get("maxSkew"), 1, f"{place}.maxSkew")
        yield from syntax.one_of(
            one.get("whenUnsatisfiable"), ("DoNotSchedule", "ScheduleAnyway"), f"{place}.whenUnsatisfiable"
        )
        yield from syntax.selector(one.get("labelSelector"), f"{place}.labelSelector")
    yield from _seccomp(spec.get("securityContext") or {}, f"{path}.securityContext")
    yield from _claims(spec, path)


def resources(found: Mapping[str, Any] | None, path: str) -> Iterator[str]:
    """What is wrong with requests and limits."""
    requests, limits = ((found or {}).get(name) or {} for name in ("requests", "limits"))
    for field, amounts in (("requests", requests), ("limits", limits)):
        for name, value in amounts.items():
            place = f"{path}.{field}[{name}]"
            yield from quantity(value, place)
            if "/" not in name and name not in _NATIVE and not name.startswith("hugepages-"):
                yield f'{path}.{field}: Invalid value: "{name}": must be a standard resource type or fully qualified'
            elif "/" in name:
                yield from syntax.qualified(name, f"{path}.{field}")
            if "/" in name and is_quantity(value) and amount(value) % 1:
                yield f'{place}: Invalid value: "{value}": must be an integer'
    for name, value in requests.items():
        limit = limits.get(name)
        if not is_quantity(value) or (limit is not None and not is_quantity(limit)):
            continue
        extended = "/" in name or name.startswith("hugepages-")
        if extended and limit is None:
            yield f"{path}.limits: Required value: Limit must be set for non overcommitable resources"
        elif extended and amount(limit) != amount(value):
            yield f'{path}.requests: Invalid value: "{value}": must be equal to {name} limit of {limit}'
        elif limit is not None and amount(value) > amount(limit):
            yield f'{path}.requests: Invalid value: "{value}": must be less than or equal to {name} limit of {limit}'


def quantity(value: Any, path: str) -> Iterator[str]:
    """Problems of an amount."""
    if not is_quantity(value):
        why = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        yield f'{path}: Invalid value: "{value}": {why}'
    elif amount(value) < 0:
        yield f'{path}: Invalid value: "{value}": must be greater than or equal to 0'


def _container(container: Manifest, path: str, volumes: set[str], *, host_network: bool) -> Iterator[str]:
    yield from syntax.dns_label(container.get("name"), f"{path}.name")
    image = container.get("image")
    if not image:
        yield f"{path}.image: Required value"
    elif str(image) != str(image).strip():
        yield f'{path}.image: Invalid value: "{image}": must not have leading or trailing whitespace'
    yield from syntax.one_of(
        container.get("imagePullPolicy"), ("Always", "IfNotPresent", "Never"), f"{path}.imagePullPolicy"
    )
    yield from resources(container.get("resources"), f"{path}.resources")
    names = [port["name"] for port in container.get("ports") or () if port.get("name")]
    yield from _distinct(names, f"{path}.ports")
    for number, port in enumerate(container.get("ports") or ()):
        place = f"{path}.ports[{number}]"
        yield from syntax.port(port.get("containerPort"), f"{place}.containerPort")
        yield from syntax.one_of(port.get("protocol"), ("SCTP", "TCP", "UDP"), f"{place}.protocol")
        if host_network and port.get("hostPort") not in {None, port.get("containerPort")}:
            yield f"{place}.containerPort: Invalid value: {port.get('containerPort')}: must match `hostPort` when `hostNetwork` is true"
        name = port.get("name")
        if name and (
            not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?", str(name)) or not re.search("[a-z]", str(name))
        ):
            yield f"{place}.name: Invalid value: \"{name}\": must be no more than 15 characters of a-z, 0-9 and '-' with at least one letter"
    for number, variable in enumerate(container.get("env") or ()):
        place = f"{path}.env[{number}]"
        yield from syntax.env_name(variable.get("name", ""), f"{place}.name")
        if variable.get("value") and variable.get("valueFrom"):
            yield f"{place}.valueFrom: Invalid value: may not be specified when `value` is not empty"
    mounted: list[str] = []
    for number, mount in enumerate(container.get("volumeMounts") or ()):
        if mount.get("name") not in volumes:
            yield f'{path}.volumeMounts[{number}].name: Not found: "{mount.get("name")}"'
        mounted.append(str(mount.get("mountPath")))
    for place in _repeated(mounted):
        yield f'{path}.volumeMounts: Invalid value: "{place}": must be unique'
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        yield from _probe(container.get(probe), f"{path}.{probe}", probe)
    yield from _security(container.get("securityContext") or {}, f"{path}.securityContext")


def _probe(probe: Manifest | None, path: str, name: str) -> Iterator[str]:
    if probe is None:
        return
    handlers = [one for one in _HANDLERS if probe.get(one) is not None]
    if not handlers:
        yield f"{path}: Required value: must specify a handler type"
    if len(handlers) > 1:
        yield f"{path}.{handlers[1]}: Forbidden: may not specify more than 1 handler type"
    if name != "readinessProbe" and probe.get("successThreshold", 1) != 1:
        yield f"{path}.successThreshold: Invalid value: {probe['successThreshold']}: must be 1"
    yield from syntax.port(get(probe, "httpGet.port"), f"{path}.httpGet.port")


def _security(context: Manifest, path: str) -> Iterator[str]:
    escalates = context.get("allowPrivilegeEscalation")
    if escalates is False and context.get("privileged"):
        yield f"{path}: Invalid value: cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
    if escalates is False and "CAP_SYS_ADMIN" in (get(context, "capabilities.add") or ()):
        yield f"{path}: Invalid value: cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
    yield from syntax.at_least(context.get("runAsUser"), 0, f"{path}.runAsUser")
    yield from _seccomp(context, path)


def _seccomp(context: Manifest, path: str) -> Iterator[str]:
    profile = get(context, "seccompProfile.type")
    yield from syntax.one_of(profile, ("Localhost", "RuntimeDefault", "Unconfined"), f"{path}.seccompProfile.type")
    if profile == "Localhost" and not get(context, "seccompProfile.localhostProfile"):
        yield f"{path}.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost"


def _volumes(spec: Manifest) -> Iterator[str]:
    yield from (str(volume.get("name")) for volume in spec.get("volumes") or ())


def _volume(volume: Manifest, path: str) -> Iterator[str]:
    yield from syntax.dns_label(volume.get("name"), f"{path}.name")
    sources = [name for name, value in volume.items() if name != "name" and value is not None]
    if not sources:
        yield f"{path}: Required value: must specify a volume type"
    if len(sources) > 1:
        yield f"{path}.{sources[1]}: Forbidden: may not specify more than 1 volume type"
    limit = get(volume, "emptyDir.sizeLimit")
    if limit is not None:
        yield from quantity(limit, f"{path}.emptyDir.sizeLimit")


def _toleration(toleration: Manifest, path: str) -> Iterator[str]:
    operator = toleration.get("operator", "Equal")
    yield from syntax.one_of(operator, ("Equal", "Exists", "Lt", "Gt"), f"{path}.operator")
    effect = toleration.get("effect") or None
    yield from syntax.one_of(effect, ("NoSchedule", "PreferNoSchedule", "NoExecute"), f"{path}.effect")
    if not toleration.get("key") and operator != "Exists":
        yield f'{path}.operator: Invalid value: "{operator}": operator must be Exists when `key` is empty, which means "match all values and all keys"'
    if operator == "Exists" and toleration.get("value"):
        yield f"{path}.operator: Invalid value: \"{toleration['value']}\": value must be empty when `operator` is 'Exists'"
    if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
        yield f"{path}.effect: Invalid value: effect must be 'NoExecute' when `tolerationSeconds` is set"


def _affinity(affinity: Manifest, path: str) -> Iterator[str]:
    for kind in ("podAffinity", "podAntiAffinity"):
        for when, deeper in (("required", ""), ("preferred", ".podAffinityTerm")):
            field = f"{kind}.{when}DuringSchedulingIgnoredDuringExecution[]{deeper}"
            for place, term in within(affinity, field):
                if not term.get("topologyKey"):
                    yield f"{path}.{place}.topologyKey: Required value: can not be empty"
                yield from syntax.selector(term.get("labelSelector"), f"{path}.{place}.labelSelector")
    terms = "nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].matchExpressions[]"
    for place, one in within(affinity, terms):
        operators = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
        yield from syntax.one_of(one.get("operator"), operators, f"{path}.{place}.operator")
        yield from syntax.qualified(one.get("key", ""), f"{path}.{place}.key")
        if one.get("operator") in {"In", "NotIn"} and not one.get("values"):
            yield f"{path}.{place}.values: Required value: must be specified when `operator` is 'In' or 'NotIn'"


def _claims(spec: Manifest, path: str) -> Iterator[str]:
    """Devices by dynamic allocation: each claim of a container is one of the pod's."""
    known = {one.get("name") for one in spec.get("resourceClaims") or ()}
    for number, one in enumerate(spec.get("resourceClaims") or ()):
        if bool(one.get("resourceClaimName")) == bool(one.get("resourceClaimTemplateName")):
            yield f"{path}.resourceClaims[{number}]: Required value: must specify exactly one of `resourceClaimName` and `resourceClaimTemplateName`"
    for place, claim in within(spec, "containers[].resources.claims[]"):
        if claim.get("name") not in known:
            yield f'{path}.{place}.name: Not found: "{claim.get("name")}"'


def _distinct(names: list[str], path: str) -> Iterator[str]:
    for name in _repeated(names):
        yield f'{path}[{names.index(name)}].name: Duplicate value: "{name}"'


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
