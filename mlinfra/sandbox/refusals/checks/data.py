"""Dead letter queues, load balancers, brokers and DNS records."""

from __future__ import annotations

import json
from typing import Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused

MOST_RECEIVES: Final = 1000


def dead_letters(call: Call) -> None:
    """A dead letter queue exists, is of its source's kind, and gets a message after a sensible count."""
    text = call.first("Attributes.RedrivePolicy")
    if not text:
        return
    fifo = call.first("Attributes.FifoQueue") == "true" or str(call.params.get("QueueUrl", "")).endswith(".fifo")
    reason = ""
    try:
        policy = json.loads(text)
        target, count = str(policy["deadLetterTargetArn"]), int(policy["maxReceiveCount"])
    except (ValueError, KeyError, TypeError):
        reason = "Redrive policy is not a valid JSON map with deadLetterTargetArn and maxReceiveCount"
    else:
        if not 1 <= count <= MOST_RECEIVES:
            reason = (
                f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to {MOST_RECEIVES} both inclusive"
            )
        elif fifo != target.endswith(".fifo"):
            reason = "Dead letter queue must be same type of queue as the source"
        elif call.account.owns(target) and call.account.queue_attribute(target, "QueueArn") is None:
            reason = "Dead letter target does not exist"
    if reason:
        raise Refused(
            "InvalidParameterValue", f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}."
        )


def balancer(call: Call) -> None:
    """A load balancer that faces the internet is in a VPC with an internet gateway."""
    if call.params.get("Scheme", "internet-facing") != "internet-facing":
        return
    subnets = call.account.subnets(call.values("Subnets[]") or call.values("SubnetMappings[].SubnetId"))
    for vpc in {subnet.vpc for subnet in subnets.values()}:
        if call.account.gateway_of(vpc) is None:
            raise Refused("InvalidSubnet", f"VPC {vpc} has no internet gateway", transient=True)


def brokers(call: Call) -> None:
    """A Kafka cluster has as many brokers in each zone."""
    zones = len(call.values("BrokerNodeGroupInfo.ClientSubnets[]"))
    if call.params["NumberOfBrokerNodes"] % zones:
        message = f"The number of broker nodes must be a multiple of the number of client subnets, {zones}"
        raise Refused("BadRequestException", message)


def apex(call: Call) -> None:
    """The top of a zone is no CNAME."""
    names = [
        record["Name"].rstrip(".")
        for record in call.values("ChangeBatch.Changes[].ResourceRecordSet")
        if record["Type"] == "CNAME"
    ]
    zone = call.account.ask("route53", "get_hosted_zone", Id=call.params["HostedZoneId"]) if names else None
    if zone and (top := zone["HostedZone"]["Name"].rstrip(".")) in names:
        raise Refused(
            "InvalidChangeBatch", f"[RRSet of type CNAME with DNS name {top}. is not permitted at apex in zone {top}.]"
        )


def final_snapshot(call: Call) -> None:
    """The end of a database that is in no cluster says what becomes of its data."""
    if call.params.get("SkipFinalSnapshot") or call.params.get("FinalDBSnapshotIdentifier"):
        return
    name = call.params["DBInstanceIdentifier"]
    found = (call.account.ask("rds", "describe_db_instances", DBInstanceIdentifier=name) or {}).get("DBInstances")
    if found and not found[0].get("DBClusterIdentifier"):
        message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        raise Refused("InvalidParameterCombination", message)


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    ("sqs", "CreateQueue"): (dead_letters,),
    ("sqs", "SetQueueAttributes"): (dead_letters,),
    ("elbv2", "CreateLoadBalancer"): (balancer,),
    ("kafka", "CreateCluster"): (brokers,),
    ("rds", "DeleteDBInstance"): (final_snapshot,),
    ("route53", "ChangeResourceRecordSets"): (apex,),
}
