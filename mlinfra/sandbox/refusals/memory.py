"""What was asked of the account, or learnt from its answers, and is still true."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Answer = Mapping[str, Any]
Question = tuple[str, ...]  # a service, one of its reading operations, and the names of its parameters
Key = tuple[Question, str]

GLOBAL: Final = ("iam", "route53", "s3", "sts")  # services whose answers do not depend on the region asked


@dataclass(frozen=True, slots=True)
class Truth:
    """How long an answer holds: until one of the operations changes it, and for `seconds`, since others change it too.

    What only a deletion makes untrue may be believed for long: a thing that is gone is then merely not missed here.
    """

    until: tuple[str, ...]
    seconds: float = 300.0


SECONDS: Final = 5.0  # for what changes back and forth, where an old answer would refuse what is right
TRUTHS: Final[Mapping[Question, Truth]] = {
    ("ec2", "describe_subnets", "SubnetIds"): Truth(("DeleteSubnet",)),
    ("ec2", "describe_security_groups", "GroupIds"): Truth(("DeleteSecurityGroup",)),
    ("ec2", "describe_route_tables", "RouteTableIds"): Truth(("DeleteRouteTable",)),
    ("ec2", "describe_managed_prefix_lists", "PrefixListIds"): Truth(("DeleteManagedPrefixList",)),
    ("ec2", "describe_internet_gateways", "Filters"): Truth(
        ("DetachInternetGateway", "DeleteInternetGateway"), SECONDS
    ),
    ("ec2", "describe_vpc_attribute", "Attribute", "VpcId"): Truth(("ModifyVpcAttribute",), SECONDS),
    ("iam", "get_role", "RoleName"): Truth(("DeleteRole", "UpdateRole", "UpdateAssumeRolePolicy"), SECONDS),
    ("iam", "get_user", "UserName"): Truth(("DeleteUser", "UpdateUser")),
    ("iam", "get_policy_version", "PolicyArn", "VersionId"): Truth(("DeletePolicyVersion", "DeletePolicy")),
    ("iam", "get_instance_profile", "InstanceProfileName"): Truth(("DeleteInstanceProfile",)),
    ("kms", "describe_key", "KeyId"): Truth(
        ("DisableKey", "EnableKey", "ScheduleKeyDeletion", "CancelKeyDeletion", "UpdateAlias"), SECONDS
    ),
    ("s3", "get_bucket_location", "Bucket"): Truth(("DeleteBucket",)),
    ("sqs", "get_queue_url", "QueueName"): Truth(("DeleteQueue",)),
    ("sts", "get_caller_identity"): Truth(()),
}


def key(service: str, region: str, operation: str, params: Mapping[str, Any]) -> Key:
    """What an answer is kept under."""
    place = "" if service in GLOBAL else region
    return (service, operation, *sorted(params)), place + json.dumps(params, sort_keys=True)


class Memory:
    """Answers of reading operations while they hold. Shared by all threads of a session."""

    def __init__(self) -> None:
        self.opened: set[str] = set()  # buckets whose public access block was deleted
        self._answers: dict[Question, dict[str, tuple[float, Answer]]] = {question: {} for question in TRUTHS}
        self._changes: Counter[Question] = Counter()
        self._lock = threading.Lock()

    def recall(self, known: Key) -> Answer | None:
        """A kept answer that still holds."""
        kept = self._answers[known[0]].get(known[1])
        return kept[1] if kept and time.monotonic() < kept[0] else None

    def stamp(self, known: Key) -> int:
        """How often the answers to a question have become untrue. Take it before asking."""
        return self._changes[known[0]]

    def keep(self, known: Key, answer: Answer, stamp: int | None = None) -> None:
        """Keep an answer, unless it may have become untrue since the stamp."""
        question, asked = known
        with self._lock:
            if stamp in (None, self._changes[question]):
                self._answers[question][asked] = (time.monotonic() + TRUTHS[question].seconds, answer)

    def notice(self, service: str, region: str, operation: str, params: Mapping[str, Any], answer: Answer) -> None:
        """Take in a change: forget what it made untrue, learn what it tells."""
        if operation == "DeletePublicAccessBlock":
            self.opened.add(str(params.get("Bucket")))
        for question, truth in TRUTHS.items():
            if question[0] == service and operation in truth.until:
                with self._lock:
                    self._changes[question] += 1
                    self._answers[question] = {}
        if lesson := LESSONS.get((service, operation)):
            reading, asked, told = lesson(params, answer)
            for one in asked:
                self.keep(key(service, region, reading, one), told)


Lesson = tuple[str, Sequence[Mapping[str, Any]], Answer]  # a reading operation, how it is asked, what it answers


def _subnet(_: Mapping[str, Any], answer: Answer) -> Lesson:
    made = answer["Subnet"]
    return "describe_subnets", [{"SubnetIds": [made["SubnetId"]]}], {"Subnets": [made]}


def _group(params: Mapping[str, Any], answer: Answer) -> Lesson:
    made = {"GroupId": answer["GroupId"], "VpcId": params.get("VpcId"), "GroupName": params["GroupName"]}
    asked = [{"GroupIds": [answer["GroupId"]]}] if params.get("VpcId") else []
    return "describe_security_groups", asked, {"SecurityGroups": [made]}


def _table(_: Mapping[str, Any], answer: Answer) -> Lesson:
    made = answer["RouteTable"]
    asked = [{"RouteTableIds": [made["RouteTableId"]]}]
    return "describe_route_tables", asked, {"RouteTables": [made]}


def _role(_: Mapping[str, Any], answer: Answer) -> Lesson:
    return "get_role", [{"RoleName": answer["Role"]["RoleName"]}], answer


def _key(_: Mapping[str, Any], answer: Answer) -> Lesson:
    made = answer["KeyMetadata"]
    return "describe_key", [{"KeyId": made["KeyId"]}, {"KeyId": made["Arn"]}], answer


def _bucket(params: Mapping[str, Any], _: Answer) -> Lesson:
    return "get_bucket_location", [{"Bucket": params["Bucket"]}], {"LocationConstraint": None}


# Creations whose answer is what reading would answer.
LESSONS: Final[Mapping[tuple[str, str], Callable[[Mapping[str, Any], Answer], Lesson]]] = {
    ("ec2", "CreateSubnet"): _subnet,
    ("ec2", "CreateSecurityGroup"): _group,
    ("ec2", "CreateRouteTable"): _table,
    ("iam", "CreateRole"): _role,
    ("kms", "CreateKey"): _key,
    ("s3", "CreateBucket"): _bucket,
}
