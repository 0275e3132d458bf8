"""The managed node groups of the emulated account, as pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.aws.account import AwsError
from mlinfra.sandbox.controlplane.nodes import Pool, managed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlinfra.sandbox.aws.account import Account

EFA_INTERFACES: Final = frozenset({"efa", "efa-only"})


class NodeGroups:
    """The node groups of one cluster. They are read again only when the account has changed."""

    def __init__(
        self, account: Account, cluster: Callable[[], tuple[str, str] | None], revision: Callable[[], Any]
    ) -> None:
        """`cluster` gives region and name of the cluster, if there is one; `revision` differs after every change."""
        self._account, self._cluster, self._revision = account, cluster, revision
        self._seen: Any = None
        self._pools: tuple[Pool, ...] = ()

    def __call__(self) -> tuple[Pool, ...]:
        """The node groups now. A failing call leaves what was known."""
        cluster = self._cluster()
        now = (self._revision(), cluster)
        if now != self._seen:
            try:
                self._pools = () if cluster is None else tuple(self._read(*cluster))
            except AwsError as error:
                if error.code not in {"ResourceNotFoundException", "ClusterNotFoundException"}:
                    raise
                self._pools = ()
            self._seen = now
        return self._pools

    def _read(self, region: str, cluster: str) -> list[Pool]:
        names = self._account.call("eks", "list_nodegroups", {"clusterName": cluster}, region)["nodegroups"]
        return [self._group(region, cluster, name) for name in names]

    def _group(self, region: str, cluster: str, name: str) -> Pool:
        asked = {"clusterName": cluster, "nodegroupName": name}
        group = self._account.call("eks", "describe_nodegroup", asked, region)["nodegroup"]
        found = self._account.call("ec2", "describe_subnets", {"SubnetIds": group["subnets"]}, region)["Subnets"]
        template = self._template(group, region)
        types = (
            group.get("instanceTypes") or [template["InstanceType"]]
            if template.get("InstanceType")
            else group.get("instanceTypes")
        )
        interfaces = [one.get("InterfaceType") for one in template.get("NetworkInterfaces", ())]
        read = {**group, "zones": {one["AvailabilityZone"] for one in found}, "instanceTypes": types or ["t3.medium"]}
        return managed(read, efa=sum(kind in EFA_INTERFACES for kind in interfaces))

    def _template(self, group: Mapping[str, Any], region: str) -> dict[str, Any]:
        said = group.get("launchTemplate") or {}
        if not said:
            return {}
        which = {"LaunchTemplateId": said["id"]} if said.get("id") else {"LaunchTemplateName": said["name"]}
        asked = {**which, "Versions": [str(said.get("version") or "$Default")]}
        versions = self._account.call("ec2", "describe_launch_template_versions", asked, region)[
            "LaunchTemplateVersions"
        ]
        data: dict[str, Any] = versions[0]["LaunchTemplateData"]
        return data
