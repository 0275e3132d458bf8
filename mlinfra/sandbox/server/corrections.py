"""Where moto 5.2.5 refuses, or answers otherwise than AWS would, and a few lines in the same process put it right."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

# The default of CreateCluster, `version`: what EKS gives in November 2026 (standard support until 2027-03-27,
# endoflife.date/amazon-eks). moto's is 1.19.
EKS_VERSION: Final = "1.35"


@cache
def correct(signed: str) -> None:
    """Correct moto's part of a service, known by the name under which its requests are signed. Does it once."""
    if signed:
        correct("")
    correction = CORRECTIONS.get(signed)
    if correction:
        correction()


def _every_service() -> None:
    import moto.iam.models as iam  # noqa: PLC0415

    def get_account_id_from(access_key: str) -> str:
        """Whose key this is. moto would make IAM anew in every partition of AWS to find that out, policies and all."""
        for account, backends in list(iam.iam_backends.items()):
            if any(access_key in backend.access_keys for backend in list(backends.values())):
                return str(account)
        return str(iam.DEFAULT_ACCOUNT_ID)

    iam.get_account_id_from = get_account_id_from


def _ec2() -> None:
    from moto.ec2.models.amis import AmiBackend  # noqa: PLC0415
    from moto.ec2.models.flow_logs import FlowLogsBackend  # noqa: PLC0415
    from moto.ec2.models.nat_gateways import NatGatewayBackend  # noqa: PLC0415

    create = FlowLogsBackend.create_flow_logs

    def create_flow_logs(self: Any, **settings: Any) -> Any:
        """Flow logs may go to a folder of a bucket, and to a log group by its ARN."""
        destination, kind = settings["log_destination"] or "", settings["log_destination_type"]
        if kind == "s3":
            settings["log_destination"] = destination.partition("/")[0]
        made, unsuccessful = create(self, **settings)
        for flow_log in made:
            flow_log.log_destination = destination or None
            if kind != "s3" and destination:
                from moto.logs.models import logs_backends  # noqa: PLC0415

                groups = logs_backends[self.account_id][self.region_name].groups
                if destination.split(":", 6)[-1].removesuffix(":*") in groups:
                    flow_log.deliver_logs_status, flow_log.deliver_logs_error_message = "SUCCESS", None
        return made, unsuccessful

    FlowLogsBackend.create_flow_logs = create_flow_logs

    delete = NatGatewayBackend.delete_nat_gateway

    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> Any:
        """A NAT gateway that goes takes its network interface along and gives its address back."""
        gateway = delete(self, nat_gateway_id)
        for address in self.addresses:
            if address.eni is gateway._eni:  # noqa: SLF001
                self.disassociate_address(address=address.public_ip)
        self.delete_network_interface(gateway._eni.id)  # noqa: SLF001
        return gateway

    NatGatewayBackend.delete_nat_gateway = delete_nat_gateway
    load = AmiBackend._load_amis  # noqa: SLF001

    def load_amis(self: Any) -> None:
        """The snapshots behind AWS's images are AWS's own."""
        load(self)
        self.snapshots.clear()

    AmiBackend._load_amis = load_amis  # noqa: SLF001


def _eks() -> None:
    import moto.eks.models  # noqa: PLC0415

    moto.eks.models.DEFAULT_KUBERNETES_VERSION = EKS_VERSION


def _iam() -> None:
    from moto.iam.policy_validation import BaseIAMPolicyValidator  # noqa: PLC0415

    def validate_version(_: Any) -> None:
        """A policy need not name its version, nor name the second one; that it names none else is checked before."""

    BaseIAMPolicyValidator._validate_version = validate_version  # noqa: SLF001


def _macie2() -> None:
    from moto.macie2.models import MacieBackend  # noqa: PLC0415

    begin = MacieBackend.__init__

    def __init__(self: Any, *arguments: Any, **settings: Any) -> None:  # noqa: N807
        """Macie is off in a new account."""
        begin(self, *arguments, **settings)
        self.macie_session = None

    MacieBackend.__init__ = __init__


def _s3() -> None:
    from moto.s3.models import FakeBucket  # noqa: PLC0415

    judge = FakeBucket._log_permissions_enabled_policy  # noqa: SLF001

    def admits_log_delivery(target_bucket: Any, target_prefix: str | None) -> bool:
        """Only statements that name principals can admit log delivery; moto stumbles over "*", as in every denial."""
        statements = json.loads(target_bucket.policy)["Statement"] if target_bucket.policy else []
        named = [statement for statement in statements if isinstance(statement.get("Principal"), dict)]
        policy = json.dumps({"Statement": named}).encode()
        view = SimpleNamespace(policy=policy, partition=target_bucket.partition, name=target_bucket.name)
        return judge(view, target_prefix)

    FakeBucket._log_permissions_enabled_policy = staticmethod(admits_log_delivery)  # noqa: SLF001


def _sagemaker() -> None:
    from moto.core.utils import get_service_model  # noqa: PLC0415
    from moto.sagemaker import models  # noqa: PLC0415
    from moto.sagemaker.exceptions import ValidationError  # noqa: PLC0415

    def by_model(shape: str) -> Callable[[Any, str], None]:
        known = frozenset(get_service_model("sagemaker").shape_for(shape).enum)

        def validate(_: Any, instance_type: str) -> None:
            """Any instance type is right that SageMaker's own API lists; moto's lists are from 2023."""
            if instance_type not in known:
                message = f"Value '{instance_type}' at 'instanceType' failed to satisfy constraint: "
                raise ValidationError(message=f"{message}Member must satisfy enum value set: {sorted(known)}")

        return validate

    models.FakeEndpointConfig.validate_instance_type = by_model("ProductionVariantInstanceType")
    models.FakeSagemakerNotebookInstance.validate_instance_type = by_model("InstanceType")
    models.Cluster.valid_cluster_node_instance_types = by_model("ClusterInstanceType")
    create = models.SageMakerModelBackend.create_cluster

    def create_cluster(self: Any, **settings: Any) -> Any:
        """Threads per core need not be given: one, then."""
        groups = [{"ThreadsPerCore": 1} | group for group in settings["instance_groups"] or []]
        return create(self, **settings | {"instance_groups": groups})

    models.SageMakerModelBackend.create_cluster = create_cluster


CORRECTIONS: Final[Mapping[str, Callable[[], None]]] = {
    "": _every_service,
    "ec2": _ec2,
    "eks": _eks,
    "iam": _iam,
    "macie2": _macie2,
    "s3": _s3,
    "sagemaker": _sagemaker,
}
