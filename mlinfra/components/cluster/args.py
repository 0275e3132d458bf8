"""The arguments of a cluster, and which of them do not go together."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import pulumi
from pydantic import Field, field_validator, model_validator

from mlinfra.catalog.charts import addon
from mlinfra.catalog.eks import default_version
from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.cluster.access import ADMINISTRATOR, ClusterAccess
from mlinfra.components.cluster.auto_mode import SOURCE, AutoMode
from mlinfra.components.cluster.nodes import SystemPool
from mlinfra.components.cluster.storage import ClusterStorage
from mlinfra.components.network_checks import check_zones
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Profile, log_days
from mlinfra.errors import ConfigError

_CUSTOM_NETWORKING: Final = "https://docs.aws.amazon.com/eks/latest/userguide/cni-custom-network.html"


class ClusterArgs(Args):
    """Arguments of `Cluster`."""

    account: Account
    """Where the cluster lives."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s."""
    vpc_id: pulumi.Input[str]
    """The VPC. A cluster cannot move to another one: changing it replaces the cluster and all that is in it."""
    zones: Sequence[str]
    """The availability zones, two at least."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """A subnet for nodes in each zone, in the order of the zones: a `Network`'s workload_subnet_ids."""
    control_subnet_ids: pulumi.Input[Sequence[str]]
    """A subnet for the control plane's network interfaces in each zone: a `Network`'s control_subnet_ids."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts Kubernetes secrets and the volumes of nodes and pods."""
    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts the control plane's logs."""
    administrators: Sequence[pulumi.Input[str]]
    """ARNs of the roles and users who may take the cluster's administrator role, those who deploy among them: what the
    program declares in the cluster is declared with that role."""
    access: Mapping[str, ClusterAccess] = {}
    """Who else may enter, by a name of your own. Default: nobody, whoever made the cluster."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    version: str = Field(default_factory=default_version)
    """The Kubernetes version, such as 1.35; raised by one minor version at a time, never lowered. Default: the
    catalogue's."""
    pod_subnet_ids: Optional[pulumi.Input[Sequence[str]]] = None
    """A subnet of their own for pods in each zone: a `Network`'s pod_subnet_ids. Default: pods share the nodes'."""
    expose_to_internet: Sequence[str] = ()
    """Ranges from which the API server can be reached over the internet, such as 203.0.113.0/24. The check asks for a
    waiver. Default: none; it is reached from inside the VPC alone."""
    storage: ClusterStorage = ClusterStorage()
    """What pods can mount. Default: volumes of their own (Amazon EBS)."""
    client_security_group_ids: Sequence[pulumi.Input[str]] = ()
    """Security groups that let nodes reach what pods mount: the client_security_group_id of each `FileSystem` and
    `LustreFileSystem`. A network interface has five groups unless AWS raised the quota, and the cluster's and EFA's are two
    of them. In Auto Mode the nodes of its built-in pools are not in them. Default: none."""
    system_pool: Optional[SystemPool] = None
    """The nodes for what every cluster runs. Default: two of the catalogue's system types; in Auto Mode there is none."""
    auto_mode: Optional[AutoMode] = None
    """Lets EKS run the nodes (EKS Auto Mode), with what that excludes. Default: no."""
    extended_support: bool = False
    """Whether the cluster stays on its version, at six times the price, when standard support ends. Default: no; EKS
    upgrades it then."""
    log_retention_days: Optional[int] = None
    """Days that the control plane's logs are kept. Default: the profile's floor (90, 365, 365)."""
    drain_on_delete: bool = False
    """Whether deleting the cluster first removes what its controllers made in AWS, by a resource hook: `pulumi destroy`
    then needs --run-program. Default: no; `mlinfra drain` does the same by hand."""
    deletion_protection: bool = True
    """Whether EKS and Pulumi refuse to delete it. Default: true."""

    _boundary = field_validator("boundary_arn")(references.policy_arn)
    _vpc = field_validator("vpc_id")(references.vpc_id)
    _keys = field_validator("key_arn", "logs_key_arn")(references.key_arn)
    _clients = field_validator("client_security_group_ids")(references.each(references.security_group_id))

    @field_validator("administrators")
    @classmethod
    def _somebody(cls, value: Sequence[Any]) -> Sequence[Any]:
        if not value:
            raise Invalid("nobody could administer the cluster", fix="name the role that deploys")
        return references.each(references.principal_arn)(value)

    @field_validator("access")
    @classmethod
    def _free(cls, value: Mapping[str, ClusterAccess]) -> Mapping[str, ClusterAccess]:
        if ADMINISTRATOR in value:
            fix = "choose another name, or add the ARN to administrators"
            raise Invalid(f"{ADMINISTRATOR!r} is the cluster's own entry", fix=fix)
        return value

    @field_validator("version")
    @classmethod
    def _pinned(cls, value: str) -> str:
        try:
            addon("vpc-cni", kubernetes=value)
        except ConfigError as error:
            raise Invalid("no version of Kubernetes that the catalogue has add-ons for", fix=error.fix) from None
        return value

    @field_validator("expose_to_internet")
    @classmethod
    def _narrow(cls, value: Sequence[str]) -> Sequence[str]:
        for cidr in value:
            try:
                network = ipaddress.ip_network(cidr)
            except ValueError:
                raise Invalid(f"{cidr!r} is not a range of addresses", fix="write it as 203.0.113.0/24") from None
            if network.version != 4 or network.is_private or network.prefixlen < 8:  # noqa: PLR2004 - IPv4; a company's /8
                fix = "give the public IPv4 ranges of your offices or your VPN; private ones reach it inside the VPC"
                raise Invalid(f"{cidr} is everybody's, nobody's or no IPv4 range", fix=fix)
        return value

    @model_validator(mode="after")
    def _together(self) -> "ClusterArgs":
        check_zones(self.zones, self.account.region)
        for argument in ("subnet_ids", "control_subnet_ids", "pod_subnet_ids"):
            references.one_for_each(getattr(self, argument), self.zones, argument)
        log_days(self.profile, self.log_retention_days, "log_retention_days")
        if self.profile is Profile.ISOLATED and self.expose_to_internet:
            fix = "leave it out, or choose another profile"
            raise Invalid("the isolated profile has no path from the internet", fix=fix, argument="expose_to_internet")
        if self.auto_mode:
            self._leave_to_eks(self.system_pool, "system_pool", "brings its own nodes", SOURCE)
            self._leave_to_eks(self.pod_subnet_ids, "pod_subnet_ids", "has no VPC CNI to configure", _CUSTOM_NETWORKING)
        return self

    @staticmethod
    def _leave_to_eks(given: Any, argument: str, why: str, source: str) -> None:
        if given is not None:
            fix = f"leave it out, or leave auto_mode out ({source})"
            raise Invalid(f"EKS Auto Mode {why}", fix=fix, argument=argument)
