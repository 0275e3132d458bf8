"""Which traffic a team's pods may have besides their own. Pure."""

import ipaddress
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Optional

from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)
from pydantic import field_validator, model_validator

from mlinfra.components.args import Args
from mlinfra.components.problems import Invalid
from mlinfra.components.teams import names

_NAMESPACE_LABEL: Final = "kubernetes.io/metadata.name"
BUILT_IN: Final = ("default-deny", "dns", "identity", "internal")
_METADATA: Final = ("169.254.169.254/32", "fd00:ec2::254/128")  # gives out the role of the node
_IDENTITY: Final = ("169.254.170.23/32", "fd00:ec2::23/128")
"""Where EKS Pod Identity's agent answers, on every node.

Source: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
"""
PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
_MAX_PORT: Final = 65535
_DNS, _IDENTITY_PORT = 53, 80


class TrafficDirection(StrEnum):
    """Who calls."""

    TO = "to"
    """The team's pods call others."""
    FROM = "from"
    """Others call the team's pods."""


class TrafficProtocol(StrEnum):
    """What is spoken below the application."""

    TCP = "TCP"
    """Connections."""
    UDP = "UDP"
    """Datagrams."""


class TeamConnection(Args):
    """Traffic that the network policies of a team's space let through: with one namespace, or one network."""

    name: str
    """What it is for, such as registry; the policy's name."""
    direction: TrafficDirection
    """Who calls: to, the team's pods call others; from, others call them."""
    namespace: Optional[str] = None
    """The namespace of the other side. Default: a network instead."""
    pod_labels: Mapping[str, str] = {}
    """The labels of the other side's pods. Default: every pod of the namespace."""
    cidr: Optional[str] = None
    """The network of the other side, such as 10.0.0.0/16. Default: a namespace instead."""
    ports: Sequence[int]
    """The ports that are called."""
    protocol: TrafficProtocol = TrafficProtocol.TCP
    """What is spoken there: TCP or UDP. Default: TCP."""

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if value in BUILT_IN:
            raise Invalid(f"{value!r} is a policy that every team's space has", fix="give it another name")
        return names.label("the name of a connection", "registry")(value)

    @field_validator("namespace")
    @classmethod
    def _namespace(cls, value: Optional[str]) -> Optional[str]:
        return value if value is None else names.label("the name of a namespace", "monitoring")(value)

    @field_validator("cidr")
    @classmethod
    def _network(cls, value: Optional[str]) -> Optional[str]:
        if value is None:
            return None
        try:
            network = ipaddress.ip_network(value)
        except ValueError as error:
            raise Invalid(str(error), fix="give a network such as 10.0.0.0/16") from None
        if str(network) in _METADATA:
            reason = "the metadata service gives pods the role of their node"
            raise Invalid(reason, fix="give the workload a role of its own, a PodRole")
        return str(network)

    @field_validator("ports")
    @classmethod
    def _ports(cls, value: Sequence[int]) -> Sequence[int]:
        if not value:
            raise Invalid("it would be open on every port", fix="name the ports, such as [443]")
        for port in value:
            if not 0 < port <= _MAX_PORT:
                raise Invalid(f"{port} is not a port", fix=f"give numbers from 1 to {_MAX_PORT}")
        return value

    @model_validator(mode="after")
    def _one_side(self) -> "TeamConnection":
        if (self.namespace is None) == (self.cidr is None):
            reason = "it does not say with whom" if self.cidr is None else "it names two other sides"
            raise Invalid(reason, fix="give one of namespace and cidr", argument="namespace")
        if self.pod_labels and self.namespace is None:
            reason = "a network has no pods with labels"
            raise Invalid(reason, fix="give namespace, or leave pod_labels out", argument="pod_labels")
        if self.direction is TrafficDirection.FROM and self.cidr and ipaddress.ip_network(self.cidr).prefixlen == 0:
            reason = "everybody could call the team's pods"
            raise Invalid(reason, fix="name the networks, or the namespace of a gateway", argument="cidr")
        return self

    def policy(self) -> NetworkPolicySpecArgs:
        """The specification of the network policy, for every pod of the team."""
        peer = network_peer(self.cidr) if self.cidr else pods_peer(self.namespace or "", self.pod_labels)
        return allow(self.direction, [peer], [(self.protocol, port) for port in self.ports])


def built_in(*, auto_mode: bool, internal: bool) -> Mapping[str, NetworkPolicySpecArgs]:
    """The policies that every team's space has, by name: nothing passes but DNS, Pod Identity and, if wanted, its own.

    In Auto Mode the nodes themselves answer DNS, at the address of a service that no pod stands behind.
    """
    dns = [network_peer(cidr) for cidr in PRIVATE] if auto_mode else [pods_peer("kube-system", {"k8s-app": "kube-dns"})]
    policies = {
        "default-deny": NetworkPolicySpecArgs(pod_selector=LabelSelectorArgs(), policy_types=["Ingress", "Egress"]),
        "dns": allow(TrafficDirection.TO, dns, [(TrafficProtocol.UDP, _DNS), (TrafficProtocol.TCP, _DNS)]),
        "identity": allow(
            TrafficDirection.TO, [network_peer(cidr) for cidr in _IDENTITY], [(TrafficProtocol.TCP, _IDENTITY_PORT)]
        ),
    }
    if internal:
        own = NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs())
        policies["internal"] = NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(),
            policy_types=["Ingress", "Egress"],
            ingress=[NetworkPolicyIngressRuleArgs(from_=[own])],
            egress=[NetworkPolicyEgressRuleArgs(to=[own])],
        )
    return policies


def allow(
    direction: TrafficDirection, peers: Sequence[NetworkPolicyPeerArgs], ports: Sequence[tuple[TrafficProtocol, int]]
) -> NetworkPolicySpecArgs:
    """A policy for every pod of a namespace: traffic with the peers on the ports, in one direction."""
    every, open_ports = (
        LabelSelectorArgs(),
        [NetworkPolicyPortArgs(protocol=spoken, port=port) for spoken, port in ports],
    )
    if direction is TrafficDirection.TO:
        egress = [NetworkPolicyEgressRuleArgs(to=peers, ports=open_ports)]
        return NetworkPolicySpecArgs(pod_selector=every, policy_types=["Egress"], egress=egress)
    ingress = [NetworkPolicyIngressRuleArgs(from_=peers, ports=open_ports)]
    return NetworkPolicySpecArgs(pod_selector=every, policy_types=["Ingress"], ingress=ingress)


def pods_peer(namespace: str, labels: Mapping[str, str]) -> NetworkPolicyPeerArgs:
    """The pods of a namespace, those with the labels alone if there are any."""
    return NetworkPolicyPeerArgs(
        namespace_selector=LabelSelectorArgs(match_labels={_NAMESPACE_LABEL: namespace}),
        pod_selector=LabelSelectorArgs(match_labels=labels) if labels else None,
    )


def network_peer(cidr: str) -> NetworkPolicyPeerArgs:
    """A network without the metadata service of the nodes."""
    network = ipaddress.ip_network(cidr)
    held = [one for one in _METADATA if _within(one, network)]
    return NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr, except_=held or None))


def _within(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    other = ipaddress.ip_network(address)
    return other.version == network.version and other.network_address in network
