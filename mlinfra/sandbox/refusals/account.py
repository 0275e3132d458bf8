"""What checks ask the account: each question once while its answer cannot have changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from mlinfra.sandbox.refusals.memory import TRUTHS, Answer, Memory, key

Client = Any
ClientFactory = Callable[[str, str], Client]

ARN_PARTS: Final = 6  # arn:partition:service:region:account:rest
NOT_ABSENT: Final = ("AccessDenied", "Unauthorized", "Throttl", "UnrecognizedClient", "InvalidAction", "NotImplemented")


class UnknownError(Exception):
    """The account could not answer: the check that asked lets the call through."""


@dataclass(frozen=True)
class Subnet:
    """Where a subnet is."""

    id: str
    vpc: str
    zone: str


class Account:
    """The account seen from one region. Every method that cannot get an answer raises `UnknownError`."""

    def __init__(self, clients: ClientFactory, region: str, memory: Memory) -> None:
        self._clients = clients
        self._memory = memory
        self.region = region

    def ask(self, service: str, operation: str, **params: Any) -> Answer | None:
        """Call a reading operation: its answer, or None when AWS says that the thing is not there.

        Answers that a later change would make untrue in a known way are kept until then (`memory.TRUTHS`).
        """
        known = key(service, self.region, operation, params)
        kept = known[0] in TRUTHS
        stamp = self._memory.stamp(known) if kept else 0
        if kept and (answer := self._memory.recall(known)):
            return answer
        try:
            found: Answer = getattr(self._clients(service, self.region), operation)(**params)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
            code = str(error.response.get("Error", {}).get("Code", ""))
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR or any(part in code for part in NOT_ABSENT):
                raise UnknownError from error
            return None
        except BotoCoreError as error:
            raise UnknownError from error
        if kept and any(value for name, value in found.items() if name != "ResponseMetadata"):
            self._memory.keep(known, found, stamp)
        return found

    @property
    def id(self) -> str:
        """The account's twelve digits."""
        return str((self.ask("sts", "get_caller_identity") or {})["Account"])

    @property
    def caller(self) -> str:
        """The ARN of whoever deploys."""
        return str((self.ask("sts", "get_caller_identity") or {})["Arn"])

    def elsewhere(self, region: str) -> Account:
        """The same account seen from another region."""
        return self if region == self.region else Account(self._clients, region, self._memory)

    def owns(self, arn: str) -> bool:
        """Whether an ARN names something of this account (an ARN without account, as of S3, counts)."""
        parts = arn.split(":", ARN_PARTS - 1)
        return len(parts) == ARN_PARTS and parts[4] in ("", self.id)

    def blocks_deleted(self) -> set[str]:
        """Buckets whose public access block was deleted through this session."""
        return self._memory.opened

    # IAM

    def role(self, name_or_arn: str) -> Answer | None:
        """A role by name or ARN, its trust policy included; its path must be right."""
        found = self.ask("iam", "get_role", RoleName=name_or_arn.rsplit("/", 1)[-1])
        role = (found or {}).get("Role")
        return role if role and (":" not in name_or_arn or role["Arn"] == name_or_arn) else None

    def user(self, arn: str) -> Answer | None:
        """A user by ARN."""
        found = self.ask("iam", "get_user", UserName=arn.rsplit("/", 1)[-1])
        return (found or {}).get("User")

    def role_documents(self, name: str) -> list[Any]:
        """The policy documents attached to a role and inline in it."""
        documents = []
        for policy in (self.ask("iam", "list_attached_role_policies", RoleName=name) or {}).get("AttachedPolicies", []):
            arn = policy["PolicyArn"]
            version = (self.ask("iam", "get_policy", PolicyArn=arn) or {})["Policy"]["DefaultVersionId"]
            found = self.ask("iam", "get_policy_version", PolicyArn=arn, VersionId=version) or {}
            documents.append(found["PolicyVersion"]["Document"])
        for inline in (self.ask("iam", "list_role_policies", RoleName=name) or {}).get("PolicyNames", []):
            found = self.ask("iam", "get_role_policy", RoleName=name, PolicyName=inline) or {}
            documents.append(found["PolicyDocument"])
        return documents

    # Policies of other things

    def resource_policy(self, arn: str) -> str | None:
        """The policy of a queue, topic or function by ARN; None when it has none or is not there."""
        service, region = arn.split(":")[2:4]
        place = self.elsewhere(region)
        if service == "sqs":
            return place.queue_attribute(arn, "Policy")
        if service == "sns":
            found = place.ask("sns", "get_topic_attributes", TopicArn=arn) or {}
            return (found.get("Attributes") or {}).get("Policy")
        found = place.ask("lambda", "get_policy", FunctionName=arn) or {}
        return found.get("Policy")

    def queue_attribute(self, arn: str, name: str) -> str | None:
        """An attribute of a queue by ARN; None when the queue is not there."""
        place = self.elsewhere(arn.split(":")[3])
        url = place.ask("sqs", "get_queue_url", QueueName=arn.rsplit(":", maxsplit=1)[-1])
        if url is None:
            return None
        found = place.ask("sqs", "get_queue_attributes", QueueUrl=url["QueueUrl"], AttributeNames=[name]) or {}
        return (found.get("Attributes") or {}).get(name)

    def function_arn(self, name_or_arn: str) -> str:
        """The ARN of a function of this account and region, given its name or ARN."""
        return (
            name_or_arn
            if name_or_arn.startswith("arn:")
            else f"arn:aws:lambda:{self.region}:{self.id}:function:{name_or_arn}"
        )

    # KMS

    def key(self, key_id: str) -> Answer | None:
        """A key's metadata by id, ARN or alias, from the region its ARN names."""
        place = self.elsewhere(key_id.split(":")[3]) if key_id.startswith("arn:") else self
        found = place.ask("kms", "describe_key", KeyId=key_id)
        return (found or {}).get("KeyMetadata")

    def key_policy(self, key: Answer) -> str:
        """The text of a key's policy."""
        place = self.elsewhere(str(key["Arn"]).split(":")[3])
        found = place.ask("kms", "get_key_policy", KeyId=key["KeyId"], PolicyName="default")
        return str((found or {})["Policy"])

    # EC2

    def one(self, operation: str, member: str, **params: Any) -> Answer | None:
        """The first thing an EC2 describe call finds."""
        found: list[Answer] = (self.ask("ec2", operation, **params) or {}).get(member, [])
        return found[0] if found else None

    def subnets(self, ids: Sequence[str]) -> dict[str, Subnet]:
        """Those of the subnets that exist."""
        found: dict[str, Subnet] = {}
        for subnet_id in dict.fromkeys(ids):
            if item := self.one("describe_subnets", "Subnets", SubnetIds=[subnet_id]):
                found[subnet_id] = Subnet(subnet_id, item["VpcId"], item["AvailabilityZone"])
        return found

    def groups(self, ids: Sequence[str]) -> dict[str, str]:
        """The VPC of each security group that exists."""
        found: dict[str, str] = {}
        for group in dict.fromkeys(ids):
            if item := self.one("describe_security_groups", "SecurityGroups", GroupIds=[group]):
                found[group] = item["VpcId"]
        return found

    def gateway_of(self, vpc: str) -> str | None:
        """The internet gateway attached to a VPC."""
        filters = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
        found = self.one("describe_internet_gateways", "InternetGateways", Filters=filters)
        return found["InternetGatewayId"] if found else None

    # S3

    def bucket_exists(self, name: str) -> bool:
        """Whether a bucket is there, of whatever region."""
        return self.ask("s3", "get_bucket_location", Bucket=name) is not None

    def bucket_policy(self, name: str) -> str | None:
        """The text of a bucket's policy."""
        found = self.ask("s3", "get_bucket_policy", Bucket=name)
        return None if found is None else str(found["Policy"])

    def versioned(self, name: str) -> bool:
        """Whether versioning is enabled on a bucket."""
        return (self.ask("s3", "get_bucket_versioning", Bucket=name) or {}).get("Status") == "Enabled"
