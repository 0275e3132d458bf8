"""Where moto 5.2.5 refuses, or answers otherwise than AWS would, and a few lines in its place put it right."""

from __future__ import annotations

import importlib
import inspect
import json
from collections import defaultdict
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.iam import simulate
from mlinfra.sandbox.server import ec2, eks, firewalls, kms

if TYPE_CHECKING:
    from collections.abc import Callable

# By the name under which a service's requests are signed: what to replace, and what by. Under "" for every service.
_REPLACEMENTS: Final[dict[str, list[tuple[str, Any]]]] = defaultdict(list)
_REPLACEMENTS["ec2"] += ec2.REPLACEMENTS
_REPLACEMENTS["kms"] += kms.REPLACEMENTS
_REPLACEMENTS["eks"] += eks.REPLACEMENTS
_REPLACEMENTS["iam"] += [(f"moto.iam.responses:IamResponse.{name}", one) for name, one in simulate.OPERATIONS.items()]
_REPLACEMENTS["network-firewall"] += [
    ("moto.networkfirewall.models:NetworkFirewallBackend.create_firewall", firewalls.create),
    ("moto.networkfirewall.responses:_firewall", firewalls.describe),
    *(
        (f"moto.networkfirewall.responses:NetworkFirewallResponse.{name}", one)
        for name, one in firewalls.OPERATIONS.items()
    ),
]

# moto only understands trust policies with one service alone; whether a role trusts CodePipeline is `references.toml`'s.
_TRUSTING: Final = SimpleNamespace(
    assume_role_policy_document='{"Statement": [{"Principal": {"Service": "codepipeline.amazonaws.com"}}]}'
)
_REPLACEMENTS["codepipeline"] += [
    ("moto.codepipeline.models:CodePipelineBackend.iam_backend", SimpleNamespace(get_role_by_arn=lambda _: _TRUSTING))
]


def replaces(signed: str, target: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a function as the replacement of moto's `module:name` or `module:Class.name`.

    It gets what it replaces as its first argument.
    """

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        _REPLACEMENTS[signed].append((target, function))
        return function

    return mark


@cache
def correct(signed: str) -> None:
    """Correct moto's part of a service, known by the name under which its requests are signed. Does it once."""
    if signed:
        correct("")
    for target, replacement in _REPLACEMENTS.get(signed, ()):
        module, _, path = target.partition(":")
        *owners, name = path.split(".")
        owner: Any = importlib.import_module(module)
        for part in owners:
            owner = getattr(owner, part)
        setattr(owner, name, _replacement(owner, name, replacement) if callable(replacement) else replacement)


def _replacement(owner: Any, name: str, function: Callable[..., Any]) -> Any:
    original = getattr(owner, name, None)  # None: moto has nothing there

    def replacement(*arguments: Any, **settings: Any) -> Any:
        return function(original, *arguments, **settings)

    static = isinstance(inspect.getattr_static(owner, name, None), staticmethod)
    return staticmethod(replacement) if static else replacement


@replaces("", "moto.iam.models:get_account_id_from")
def _account_of(_: Any, access_key: str) -> str:
    """Whose key this is. moto would make IAM anew in every partition of AWS to find that out, policies and all."""
    iam: Any = importlib.import_module("moto.iam.models")
    for account, backends in list(iam.iam_backends.items()):
        if any(access_key in backend.access_keys for backend in list(backends.values())):
            return str(account)
    return str(iam.DEFAULT_ACCOUNT_ID)


def _tags_of(response: Any, arn: str | None = None) -> dict[str, str]:
    """The tags, kept beside moto's own things, of a resource; by default that which the request names by its ARN."""
    kept = vars(response.applicationautoscaling_backend).setdefault("kept_tags", {})
    tags: dict[str, str] = kept.setdefault(arn or response._get_param("ResourceARN"), {})  # noqa: SLF001
    return tags


@replaces(
    "application-autoscaling",
    "moto.applicationautoscaling.responses:ApplicationAutoScalingResponse.register_scalable_target",
)
def _register_target(register: Any, response: Any) -> str:
    answer: str = register(response)
    _tags_of(response, json.loads(answer)["ScalableTargetARN"]).update(response._get_param("Tags") or {})  # noqa: SLF001
    return answer


@replaces(
    "application-autoscaling", "moto.applicationautoscaling.responses:ApplicationAutoScalingResponse.tag_resource"
)
def _tag_target(_: Any, response: Any) -> str:
    _tags_of(response).update(response._get_param("Tags"))  # noqa: SLF001
    return "{}"


@replaces(
    "application-autoscaling", "moto.applicationautoscaling.responses:ApplicationAutoScalingResponse.untag_resource"
)
def _untag_target(_: Any, response: Any) -> str:
    for key in response._get_param("TagKeys"):  # noqa: SLF001
        _tags_of(response).pop(key, None)
    return "{}"


@replaces(
    "application-autoscaling",
    "moto.applicationautoscaling.responses:ApplicationAutoScalingResponse.list_tags_for_resource",
)
def _list_target_tags(_: Any, response: Any) -> str:
    return json.dumps({"Tags": _tags_of(response)})


@replaces("batch", "moto.batch.models:BatchBackend.create_compute_environment")
def _create_compute_environment(create: Any, backend: Any, *arguments: Any, **settings: Any) -> Any:
    """Without a role, Batch works with one that it makes for itself."""
    asked = inspect.signature(create).bind(backend, *arguments, **settings).arguments
    own = f"arn:aws:iam::{backend.account_id}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
    asked["service_role"] = asked["service_role"] or own
    return create(**asked)


@replaces("batch", "moto.iam.models:IAMBackend.get_role_by_arn")
def _role_by_arn(find: Any, backend: Any, arn: str) -> Any:
    """Batch's own role need not be made first."""
    return SimpleNamespace(arn=arn) if arn.endswith("/AWSServiceRoleForBatch") else find(backend, arn)


@replaces("ec2", "moto.ec2.models.flow_logs:FlowLogsBackend.create_flow_logs")
def _create_flow_logs(create: Any, backend: Any, **settings: Any) -> Any:
    """Flow logs may go to a folder of a bucket, and to a log group by its ARN."""
    destination, kind = settings["log_destination"] or "", settings["log_destination_type"]
    if kind == "s3":
        settings["log_destination"] = destination.partition("/")[0]
    made, unsuccessful = create(backend, **settings)
    for flow_log in made:
        flow_log.log_destination = destination or None
        if kind != "s3" and destination:
            logs: Any = importlib.import_module("moto.logs.models")
            groups = logs.logs_backends[backend.account_id][backend.region_name].groups
            if destination.split(":", 6)[-1].removesuffix(":*") in groups:
                flow_log.deliver_logs_status, flow_log.deliver_logs_error_message = "SUCCESS", None
    return made, unsuccessful


@replaces("ec2", "moto.ec2.models.nat_gateways:NatGatewayBackend.delete_nat_gateway")
def _delete_nat_gateway(delete: Any, backend: Any, nat_gateway_id: str) -> Any:
    """A NAT gateway that goes takes its network interface along and gives its address back."""
    gateway = delete(backend, nat_gateway_id)
    for address in backend.addresses:
        if address.eni is gateway._eni:  # noqa: SLF001
            backend.disassociate_address(address=address.public_ip)
    backend.delete_network_interface(gateway._eni.id)  # noqa: SLF001
    return gateway


@replaces("ec2", "moto.ec2.models.amis:AmiBackend._load_amis")
def _load_amis(load: Any, backend: Any) -> None:
    """The snapshots behind AWS's images are AWS's own."""
    load(backend)
    backend.snapshots.clear()


@replaces("iam", "moto.iam.models:IAMBackend.delete_policy")
def _delete_policy(delete: Any, backend: Any, policy_arn: str) -> None:
    """A policy that is the boundary of a role stays."""
    if any(role.permissions_boundary_arn == policy_arn for role in backend.roles.values()):
        conflict: Any = importlib.import_module("moto.iam.exceptions").DeleteConflictException
        raise conflict("Cannot delete a policy that is a permissions boundary.")
    delete(backend, policy_arn)


@replaces("iam", "moto.iam.policy_validation:BaseIAMPolicyValidator._validate_version")
def _validate_version(*_: Any) -> None:
    """A policy need not name its version, nor name the second one; that it names none else is checked before."""


@replaces("macie2", "moto.macie2.models:MacieBackend.__init__")
def _begin_macie(begin: Any, backend: Any, *arguments: Any, **settings: Any) -> None:
    """Macie is off in a new account."""
    begin(backend, *arguments, **settings)
    backend.macie_session = None


@replaces("rds", "moto.rds.models:RDSBackend.modify_db_subnet_group")
def _modify_subnet_group(modify: Any, backend: Any, subnet_name: str, *settings: Any, **named: Any) -> Any:
    """A subnet group that changes is still there."""
    backend.subnet_groups[subnet_name] = group = modify(backend, subnet_name, *settings, **named)
    return group


@replaces("guardduty", "moto.guardduty.models:Detector.update")
def _change_features_named(
    update: Any, detector: Any, enable: Any, frequency: Any, sources: Any, features: list[dict[str, Any]] | None
) -> Any:
    """UpdateDetector changes the features that it names and no other."""
    if features is not None:
        features = [*{feature["name"]: feature for feature in (*detector.features, *features)}.values()]
    return update(detector, enable, frequency, sources, features)


@replaces("s3", "moto.s3.models:FakeBucket.get_permission")
def _denies_whom_it_means(judge: Any, bucket: Any, action: str, resource: str) -> Any:
    """Whom a bucket's policy denies is the gate's to say: moto reads it without conditions, and denies everybody."""
    found = judge(bucket, action, resource)
    return type(found).NEUTRAL if found is type(found).DENIED else found


@replaces("s3", "moto.s3.models:FakeBucket._log_permissions_enabled_policy")
def _admits_log_delivery(judge: Any, target_bucket: Any, target_prefix: str | None) -> bool:
    """Only statements that name principals can admit log delivery; moto stumbles over "*", as in every denial."""
    statements = json.loads(target_bucket.policy)["Statement"] if target_bucket.policy else []
    named = [statement for statement in statements if isinstance(statement.get("Principal"), dict)]
    policy = json.dumps({"Statement": named}).encode()
    view = SimpleNamespace(policy=policy, partition=target_bucket.partition, name=target_bucket.name)
    return bool(judge(view, target_prefix))


@replaces("sagemaker", "moto.sagemaker.models:SageMakerModelBackend.create_cluster")
def _create_cluster(create: Any, backend: Any, **settings: Any) -> Any:
    """Threads per core need not be given: one, then."""
    groups = [{"ThreadsPerCore": 1} | group for group in settings["instance_groups"] or []]
    return create(backend, **settings | {"instance_groups": groups})


@replaces("sagemaker", "moto.sagemaker.models:FakeEndpointConfig.validate_instance_type")
def _endpoint_type(_: Any, __: Any, instance_type: str) -> None:
    _validate_type("ProductionVariantInstanceType", instance_type)


@replaces("sagemaker", "moto.sagemaker.models:FakeSagemakerNotebookInstance.validate_instance_type")
def _notebook_type(_: Any, __: Any, instance_type: str) -> None:
    _validate_type("InstanceType", instance_type)


@replaces("sagemaker", "moto.sagemaker.models:Cluster.valid_cluster_node_instance_types")
def _node_type(_: Any, __: Any, instance_type: str) -> None:
    _validate_type("ClusterInstanceType", instance_type)


def _validate_type(shape: str, instance_type: str) -> None:
    """Any instance type is right that SageMaker's own API lists; moto's lists are from 2023."""
    from moto.core.utils import get_service_model
    from moto.sagemaker.exceptions import ValidationError

    known = get_service_model("sagemaker").shape_for(shape).enum
    if instance_type not in known:
        message = f"Value '{instance_type}' at 'instanceType' failed to satisfy constraint: "
        raise ValidationError(message=f"{message}Member must satisfy enum value set: {sorted(known)}")


@replaces("route53resolver", "moto.route53resolver.models:Route53ResolverBackend._matched_arn")
def _tag_query_log_configs(original: Callable[..., Any], backend: Any, arn: str) -> None:
    """Configurations of query logs have tags too."""
    if not any(one.arn == arn for one in backend.resolver_query_log_configs.values()):
        original(backend, arn)


@replaces("secretsmanager", "moto.secretsmanager.models:SecretsManagerBackend.rotate_secret")
def _rotate_secret(rotate: Any, backend: Any, secret_id: str, **settings: Any) -> Any:
    """The function that rotates must be there, but is not run: that would take a container. The value stays."""
    function = settings.pop("rotation_lambda_arn", None)
    if function:
        awslambda: Any = importlib.import_module("moto.awslambda.utils")
        awslambda.get_backend(backend.account_id, backend.region_name).get_function(function)
    before = dict(backend.secrets[secret_id].versions) if backend._is_valid_identifier(secret_id) else {}  # noqa: SLF001
    answer = rotate(backend, secret_id=secret_id, rotation_lambda_arn=None, **settings)
    secret = backend.secrets[secret_id]
    secret.versions.clear()
    secret.versions.update(before)
    secret.rotation_enabled = True
    secret.rotation_lambda_arn = function or secret.rotation_lambda_arn
    return answer
