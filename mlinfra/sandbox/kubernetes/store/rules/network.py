"""Services, ingresses and network policies."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.kubernetes.manifests import get, within
from mlinfra.sandbox.kubernetes.store.rules import syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.sandbox.kubernetes.backend import Manifest

_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def _service(manifest: Manifest) -> Iterator[str]:
    spec = manifest["spec"]
    type_, ports = spec.get("type"), spec.get("ports") or []
    yield from syntax.one_of(type_, _TYPES, "spec.type")
    headless = spec.get("clusterIP") == "None"
    if type_ == "ExternalName":
        if not spec.get("externalName"):
            yield "spec.externalName: Required value"
        if spec.get("clusterIP"):
            yield "spec.clusterIPs[0]: Forbidden: may not be set for ExternalName services"
    elif not ports and not headless:
        yield "spec.ports: Required value"
    if type_ == "LoadBalancer" and headless:
        yield "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for LoadBalancer services"
    yield from syntax.one_of(spec.get("sessionAffinity"), ("ClientIP", "None"), "spec.sessionAffinity")
    yield from syntax.labels(spec.get("selector") or {}, "spec.selector")
    yield from _service_ports(ports, nodes=type_ in {"NodePort", "LoadBalancer"})
    ranges = spec.get("loadBalancerSourceRanges") or ()
    if ranges and type_ != "LoadBalancer":
        yield "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"
    for number, one in enumerate(ranges):
        yield from _block(one, f"spec.loadBalancerSourceRanges[{number}]")


def _service_ports(ports: list[Manifest], *, nodes: bool) -> Iterator[str]:
    names: list[Any] = []
    numbers: list[Any] = []
    for number, port in enumerate(ports):
        place = f"spec.ports[{number}]"
        yield from syntax.port(port.get("port"), f"{place}.port")
        yield from syntax.port(port.get("targetPort"), f"{place}.targetPort")
        yield from syntax.one_of(port.get("protocol"), _PROTOCOLS, f"{place}.protocol")
        if port.get("name"):
            yield from syntax.dns_label(port["name"], f"{place}.name")
        elif len(ports) > 1:
            yield f"{place}.name: Required value"
        if port.get("name") and port["name"] in names:
            yield f'{place}.name: Duplicate value: "{port["name"]}"'
        if (port.get("port"), port.get("protocol")) in numbers:
            yield f"{place}: Duplicate value: {port.get('port')}/{port.get('protocol')}"
        node = port.get("nodePort")
        if node and not nodes:
            yield f"{place}.nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"
        elif node and not 30000 <= node <= 32767:  # noqa: PLR2004 - the range that nodes keep for services
            yield f"{place}.nodePort: Invalid value: {node}: provided port is not in the valid range. The range of valid ports is 30000-32767"
        names.append(port.get("name"))
        numbers.append((port.get("port"), port.get("protocol")))


def _ingress(manifest: Manifest) -> Iterator[str]:
    spec = manifest.get("spec") or {}
    if not spec.get("rules") and not spec.get("defaultBackend"):
        yield "spec: Invalid value: either `defaultBackend` or `rules` must be specified"
    for number, rule in enumerate(spec.get("rules") or ()):
        host = rule.get("host")
        if host:
            yield from syntax.subdomain(host.removeprefix("*."), f"spec.rules[{number}].host")
        for place, path in within(rule, "http.paths[]"):
            where = f"spec.rules[{number}].{place}"
            types = ("Exact", "ImplementationSpecific", "Prefix")
            yield from syntax.one_of(path.get("pathType"), types, f"{where}.pathType")
            if path.get("pathType") in {"Exact", "Prefix"} and not str(path.get("path", "")).startswith("/"):
                yield f'{where}.path: Invalid value: "{path.get("path", "")}": must be an absolute path'
            yield from _backend(path.get("backend") or {}, f"{where}.backend")
    if spec.get("defaultBackend"):
        yield from _backend(spec["defaultBackend"], "spec.defaultBackend")


def _backend(backend: Manifest, path: str) -> Iterator[str]:
    service, resource = backend.get("service"), backend.get("resource")
    if service and resource:
        yield f"{path}: Invalid value: cannot set both resource and service backends"
    elif service:
        port = service.get("port") or {}
        if bool(port.get("name")) == bool(port.get("number")):
            yield f"{path}: Required value: port name or number is required"
        yield from syntax.port(port.get("number"), f"{path}.service.port.number")
    elif not resource:
        yield f"{path}: Required value: one of `resource` or `service` is required"


def _policy(manifest: Manifest) -> Iterator[str]:
    spec = manifest["spec"]
    yield from syntax.selector(spec.get("podSelector"), "spec.podSelector")
    for number, type_ in enumerate(spec.get("policyTypes") or ()):
        yield from syntax.one_of(type_, ("Egress", "Ingress"), f"spec.policyTypes[{number}]")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for place, peer in within(spec, f"{direction}[].{peers}[]"):
            yield from _peer(peer, f"spec.{place}")
        for place, port in within(spec, f"{direction}[].ports[]"):
            yield from _policy_port(port, f"spec.{place}")


def _peer(peer: Manifest, path: str) -> Iterator[str]:
    block = peer.get("ipBlock")
    selectors = [one for one in ("podSelector", "namespaceSelector") if peer.get(one) is not None]
    if block is None and not selectors:
        yield f"{path}: Required value: must specify a peer"
    if block is not None and selectors:
        yield f"{path}: Forbidden: may not specify both ipBlock and another peer"
    for one in selectors:
        yield from syntax.selector(peer[one], f"{path}.{one}")
    if block is not None:
        yield from _block(block.get("cidr"), f"{path}.ipBlock.cidr")
        for number, left_out in enumerate(block.get("except") or ()):
            place = f"{path}.ipBlock.except[{number}]"
            yield from _block(left_out, place)
            if not _inside(left_out, block.get("cidr")):
                yield f'{place}: Invalid value: "{left_out}": must be a strict subset of `cidr`'


def _policy_port(port: Manifest, path: str) -> Iterator[str]:
    yield from syntax.one_of(port.get("protocol"), _PROTOCOLS, f"{path}.protocol")
    yield from syntax.port(port.get("port"), f"{path}.port")
    end = port.get("endPort")
    if end is None:
        return
    if not isinstance(port.get("port"), int):
        yield f"{path}.endPort: Invalid value: {end}: may not be specified when `port` is non-numeric or not specified"
    elif end < port["port"]:
        yield f"{path}.endPort: Invalid value: {end}: must be greater than or equal to `port`"


def _block(value: Any, path: str) -> Iterator[str]:
    try:
        ipaddress.ip_network(str(value), strict=False)
        known = "/" in str(value)
    except ValueError:
        known = False
    if not known:
        yield f'{path}: Invalid value: "{value}": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'


def _inside(inner: Any, outer: Any) -> bool:
    try:
        one, other = (ipaddress.ip_network(str(value), strict=False) for value in (inner, outer))
    except ValueError:
        return True  # said elsewhere
    return one.version == other.version and one != other and one.subnet_of(other)  # type: ignore[arg-type]


def _class(manifest: Manifest) -> Iterator[str]:
    controller = get(manifest, "spec.controller", "")
    if controller and "/" not in controller:
        yield f'spec.controller: Invalid value: "{controller}": must be a domain-prefixed path (such as "acme.io/foo")'


RULES: Final[dict[tuple[str, str], Callable[[Manifest], Iterator[str]]]] = {
    ("", "Service"): _service,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("networking.k8s.io", "IngressClass"): _class,
    ("networking.k8s.io", "NetworkPolicy"): _policy,
}
