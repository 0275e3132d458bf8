"""EKS, SageMaker, Lambda and Batch."""

from __future__ import annotations

import ipaddress
import json
from functools import cache
from typing import Final

from botocore.session import get_session

from mlinfra.catalog.instances import instance_type
from mlinfra.sandbox.refusals.call import Call, Check, Refused
from mlinfra.sandbox.refusals.policies.document import read
from mlinfra.sandbox.refusals.policies.meaning import Request, allows

EKS: Final = "InvalidParameterException"
BATCH: Final = "ClientException"
LAMBDA: Final = "InvalidParameterValueException"


def service_range(call: Call) -> None:
    """A cluster's service addresses lie apart from its VPC's."""
    given = call.first("kubernetesNetworkConfig.serviceIpv4Cidr")
    if not given:
        return
    services = ipaddress.ip_network(given, strict=False)
    subnets = call.account.subnets(call.values("resourcesVpcConfig.subnetIds[]"))
    for vpc in {subnet.vpc for subnet in subnets.values()}:
        found = call.account.one("describe_vpcs", "Vpcs", VpcIds=[vpc]) or {}
        for block in found.get("CidrBlockAssociationSet", []):
            if ipaddress.ip_network(block["CidrBlock"]).overlaps(services):
                raise Refused(EKS, f"The serviceIpv4Cidr {services} conflicts with {block['CidrBlock']} of {vpc}")


def instance_types(call: Call) -> None:
    """Instance types exist. Batch also takes families and `optimal`, which name no single type."""
    path, code = (
        ("instanceTypes[]", EKS) if call.service == "eks" else ("computeResources.instanceTypes[]", "ClientException")
    )
    unknown = [name for name in call.values(path) if "." in name and name not in _instance_types()]
    if unknown:
        raise Refused(code, f"The following supplied instance types do not exist: {unknown}")


def feature_group(call: Call) -> None:
    """A feature group's identifier and time are among its features."""
    features = call.values("FeatureDefinitions[].FeatureName")
    for name in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        if call.params[name] not in features:
            raise Refused("ValidationException", f"{name} {call.params[name]} is not in FeatureDefinitions")


def pipeline(call: Call) -> None:
    """A pipeline's definition is JSON with steps."""
    try:
        definition = json.loads(call.params.get("PipelineDefinition", '{"Steps": []}'))
    except ValueError as error:
        raise Refused("ValidationException", f"Unable to parse pipeline definition. Invalid JSON: {error}") from error
    if not isinstance(definition, dict) or not isinstance(definition.get("Steps"), list):
        raise Refused("ValidationException", "Unable to parse pipeline definition. It has no list of Steps")


def code(call: Call) -> None:
    """A function's code in S3 is there."""
    where = call.params.get("Code", call.params)
    bucket, key = where.get("S3Bucket"), where.get("S3Key")
    if bucket and key and call.account.ask("s3", "head_object", Bucket=bucket, Key=key) is None:
        message = f"Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist. {bucket}/{key}"
        raise Refused(LAMBDA, message)


def permissions(call: Call) -> None:
    """A function's role may make network interfaces in a VPC and send to the dead letter queue or topic."""
    role = call.params.get("Role")
    if role and call.first("VpcConfig.SubnetIds[]"):
        _permitted(call, role, "ec2:CreateNetworkInterface")
    if role and (target := call.first("DeadLetterConfig.TargetArn")):
        _permitted(call, role, "sqs:SendMessage" if ":sqs:" in target else "sns:Publish")


def concurrency(call: Call) -> None:
    """A reservation leaves some concurrency to the other functions."""
    kept, all_of = call.quotas["concurrency-kept-unreserved"], call.quotas["concurrency"]
    if call.params["ReservedConcurrentExecutions"] > all_of - kept:
        message = f"Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{kept}]."
        raise Refused(LAMBDA, message)


def event_source(call: Call) -> None:
    """A queue's messages stay hidden while the function that it triggers works, and the function may receive them."""
    source = call.params.get("EventSourceArn", "")
    function = call.account.ask("lambda", "get_function_configuration", FunctionName=call.params["FunctionName"])
    hidden = call.account.queue_attribute(source, "VisibilityTimeout") if ":sqs:" in source else None
    if not function or hidden is None:
        return
    if int(hidden) < function["Timeout"]:
        message = (
            f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {function['Timeout']} seconds"
        )
        raise Refused(LAMBDA, message)
    _permitted(call, function["Role"], "sqs:ReceiveMessage")


def permission_statement(call: Call) -> None:
    """A statement id is used once in a function's policy."""
    policy = call.account.resource_policy(call.account.function_arn(call.params["FunctionName"]))
    if policy and call.params["StatementId"] in [statement.sid for statement in read(policy)]:
        message = f"The statement id ({call.params['StatementId']}) provided already exists. Please provide a new statement id, or remove the existing statement."
        raise Refused("ResourceConflictException", message, status=409)


def training_volume_key(call: Call) -> None:
    """Local disks have keys of their own; a volume's key is for instance types without them."""
    resources = call.params.get("ResourceConfig", {})
    known = instance_type(str(resources.get("InstanceType", "")).removeprefix("ml."))
    if resources.get("VolumeKmsKeyId") and known is not None and known.nvme_gb:
        message = f"VolumeKmsKeyId cannot be specified for {resources['InstanceType']}, which has local storage"
        raise Refused("ValidationException", message)


def environment_released(call: Call) -> None:
    """A compute environment goes once it is disabled and no queue uses it."""
    wanted = call.params["computeEnvironment"]
    found = call.account.ask("batch", "describe_compute_environments", computeEnvironments=[wanted]) or {}
    for one in found.get("computeEnvironments", ()):
        if one.get("state") != "DISABLED":
            raise Refused(BATCH, "Cannot delete, resource must be disabled")
        queues = (call.account.ask("batch", "describe_job_queues") or {}).get("jobQueues", ())
        uses = [item["computeEnvironment"] for queue in queues for item in queue.get("computeEnvironmentOrder", ())]
        if {one["computeEnvironmentArn"], one["computeEnvironmentName"]} & set(uses):
            raise Refused(BATCH, "Cannot delete, found existing JobQueue relationship", transient=True)


def queue_disabled(call: Call) -> None:
    """A queue goes once it is disabled."""
    found = call.account.ask("batch", "describe_job_queues", jobQueues=[call.params["jobQueue"]]) or {}
    if any(one.get("state") != "DISABLED" for one in found.get("jobQueues", ())):
        raise Refused(BATCH, "Cannot delete, resource must be disabled")


def _permitted(call: Call, role: str, action: str) -> None:
    if not call.account.owns(role):
        return
    documents = call.account.role_documents(role.rsplit("/", 1)[-1])
    if not any(allows(read(document), Request(action)) for document in documents):
        service, name = action.split(":")
        message = f"The provided execution role does not have permissions to call {name} on {service.upper()}"
        raise Refused(LAMBDA, message, transient=True)


@cache
def _instance_types() -> frozenset[str]:
    return frozenset(get_session().get_service_model("ec2").shape_for("InstanceType").enum)


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    ("eks", "CreateCluster"): (service_range,),
    ("eks", "CreateNodegroup"): (instance_types,),
    ("batch", "CreateComputeEnvironment"): (instance_types,),
    ("batch", "DeleteComputeEnvironment"): (environment_released,),
    ("batch", "DeleteJobQueue"): (queue_disabled,),
    ("sagemaker", "CreateTrainingJob"): (training_volume_key,),
    ("sagemaker", "CreateFeatureGroup"): (feature_group,),
    ("sagemaker", "CreatePipeline"): (pipeline,),
    ("sagemaker", "UpdatePipeline"): (pipeline,),
    ("lambda", "CreateFunction"): (code, permissions),
    ("lambda", "UpdateFunctionCode"): (code,),
    ("lambda", "UpdateFunctionConfiguration"): (permissions,),
    ("lambda", "PutFunctionConcurrency"): (concurrency,),
    ("lambda", "CreateEventSourceMapping"): (event_source,),
    ("lambda", "AddPermission"): (permission_statement,),
}
