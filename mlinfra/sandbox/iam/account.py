"""Who asks, and which policies apply, in moto's account."""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.iam.documents import Policy
from mlinfra.sandbox.iam.evaluate import Policies, Principal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mlinfra.sandbox.iam.requests import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An IAM user or a session of a role: who it is in policies, what its own say, and what requests say of it."""

    principal: Principal
    policies: tuple[Policy, ...]
    boundary: Policy | None = None
    session: Policy | None = None
    context: Mapping[str, tuple[str, ...]]


class Account:
    """Reads moto's part of an account. `user_boundary` gives the ARN of a user's boundary, which moto does not keep."""

    def __init__(self, place: Place, user_boundary: Callable[[str], str | None] = lambda _: None) -> None:
        self.place = place
        self._user_boundary = user_boundary

    def _backend(self, module: str, *, world: bool = False) -> Any:
        models = importlib.import_module(f"moto.{module}.models")
        backends = getattr(models, f"{module.removeprefix('aws')}_backends")
        return backends[self.place.account][self.place.partition if world else self.place.region]

    # --- who asks ----------------------------------------------------------------------------------------------------

    def caller(self, key: str) -> Identity | None:
        """Whose access key this is; None for keys that are nobody's, which stand for the account itself."""
        for session in self._backend("sts", world=True).assumed_roles:
            if session.access_key_id == key:
                return self.session(session.role_arn, session.session_name, session.policy)
        for user in self._backend("iam", world=True).users.values():
            if any(one.access_key_id == key for one in user.access_keys):
                return self.user(user.name)
        return None

    def session(self, role_arn: str, name: str = "session", policy: str | None = None) -> Identity:
        """A session of a role. Raises `KeyError` when there is no such role."""
        iam = self._backend("iam", world=True)
        role = next((one for one in iam.roles.values() if one.arn == role_arn), None)
        if role is None:
            raise KeyError(role_arn)
        arn = f"arn:{self.place.partition}:sts::{self.place.account}:assumed-role/{role.name}/{name}"
        boundary = role.permissions_boundary_arn
        principal = Principal(name=arn, account=self.place.account, role=role.arn)
        context = {"aws:userid": (f"{role.id}:{name}",), "aws:PrincipalType": ("AssumedRole",)}
        return Identity(
            principal=principal,
            policies=tuple(self._held(role)),
            boundary=self.managed(boundary) if boundary else None,
            session=Policy.parse(policy, "session") if policy else None,
            context=self._of(principal, role.arn, role.tags) | context,
        )

    def user(self, name: str) -> Identity:
        """An IAM user. Raises `KeyError` when there is no such user."""
        iam = self._backend("iam", world=True)
        user = iam.users[name]
        groups = [group for group in iam.groups.values() if user in group.users]
        boundary = self._user_boundary(name)
        principal = Principal(name=user.arn, account=self.place.account)
        tags = {tag["Key"]: tag for tag in iam.tagger.list_tags_for_resource(user.arn).get("Tags", ())}
        context = {"aws:userid": (user.id,), "aws:username": (name,), "aws:PrincipalType": ("User",)}
        return Identity(
            principal=principal,
            policies=tuple(policy for holder in (user, *groups) for policy in self._held(holder)),
            boundary=self.managed(boundary) if boundary else None,
            context=self._of(principal, user.arn, tags) | context,
        )

    def _held(self, holder: Any) -> Iterable[Policy]:
        for name, document in holder.policies.items():
            yield Policy.parse(document, name)
        for arn in holder.managed_policies:
            yield self.managed(arn)

    def managed(self, arn: str) -> Policy:
        """A managed policy's version in force. Raises `KeyError` when there is no such policy."""
        policy = self._backend("iam", world=True).managed_policies[arn]
        version = next(one for one in policy.versions if one.version_id == policy.default_version_id)
        return Policy.parse(version.document, policy.name)

    def _of(self, principal: Principal, arn: str, tags: Any) -> dict[str, tuple[str, ...]]:
        given = tags.values() if isinstance(tags, dict) else tags or ()
        named: dict[str, tuple[str, ...]] = {f"aws:PrincipalTag/{tag['Key']}": (str(tag["Value"]),) for tag in given}
        return named | {"aws:PrincipalArn": (arn,), "aws:PrincipalAccount": (principal.account,)}

    # --- what is asked for -------------------------------------------------------------------------------------------

    def resolve(self, prefix: str, arn: str) -> str:
        """The ARN that policies are compared with, of one that was made from the words of a request."""
        name = arn.split(":", 5)[-1]
        if prefix == "kms":
            kms, wanted = self._backend("kms"), name.removeprefix("key/")
            if "alias/" in wanted:
                wanted = kms.get_key_id_from_alias(wanted[wanted.index("alias/") :]) or wanted
            return str(kms.keys[wanted].arn) if wanted in kms.keys else arn
        if prefix == "secretsmanager":
            wanted = name.removeprefix("secret:")
            secrets = self._backend("secretsmanager").secrets.values()
            return next((str(one.arn) for one in secrets if wanted in (one.name, one.arn)), arn)
        if prefix == "iam" and name.count("/") == 1:
            iam, (kind, wanted) = self._backend("iam", world=True), name.split("/")
            found = {"role": iam.roles, "user": iam.users}.get(kind, {}).values()
            return next((str(one.arn) for one in found if one.name == wanted), arn)
        return arn

    def of_resource(self, action: str, arn: str) -> tuple[Policy | None, bool]:
        """The policy of a resource, and whether it alone gives the resource away."""
        prefix = action.partition(":")[0]
        if prefix == "kms" and ":key/" in arn:
            key = self._backend("kms").keys.get(arn.rpartition("/")[2])
            return (Policy.parse(key.policy, "key policy") if key else None), key is not None
        if action.startswith("sts:AssumeRole") and ":role/" in arn:
            role = next((one for one in self._backend("iam", world=True).roles.values() if one.arn == arn), None)
            return (Policy.parse(role.assume_role_policy_document, "trust policy") if role else None), True
        document = self._document(prefix, arn)
        return (Policy.parse(document, "resource policy") if document else None), False

    def _document(self, prefix: str, arn: str) -> Any:
        name = arn.split(":", 5)[-1]
        if prefix == "s3":
            bucket = self._backend("s3", world=True).buckets.get(name.partition("/")[0])
            return bucket.policy if bucket else None
        if prefix == "secretsmanager":
            secret = next((one for one in self._backend(prefix).secrets.values() if one.arn == arn), None)
            return secret.policy if secret else None
        if prefix == "sns":
            topic = self._backend("sns").topics.get(arn)
            return topic.policy if topic else None
        if prefix == "sqs":
            queue = self._backend("sqs").queues.get(name)
            return queue.policy if queue else None
        if prefix == "ecr":
            repository = self._backend("ecr").repositories.get(name.removeprefix("repository/"))
            return repository.policy if repository else None
        if prefix == "lambda":
            names = name.removeprefix("function:").partition(":")[0]
            functions = self._backend("awslambda").list_functions()
            function = next((one for one in functions if one.function_name == names), None)
            statements = function.policy.statements if function else ()
            return {"Version": "2012-10-17", "Statement": statements} if statements else None
        return None

    def tags(self, arn: str) -> dict[str, tuple[str, ...]]:
        """The tags of what an ARN names, as condition keys; empty where moto does not tell them."""
        found = self._backend("resourcegroupstaggingapi").get_resources(resource_arn_list=[arn])[1]
        return {f"aws:ResourceTag/{key}": (str(value),) for one in found for key, value in one.tags.items()}

    # --- what the request itself says --------------------------------------------------------------------------------

    def circumstances(self) -> dict[str, tuple[str, ...]]:
        """What holds for every request: its time and place. The sandbox stands for AWS's own, encrypted, endpoints."""
        now = time.time()
        return {
            "aws:CurrentTime": (datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),),
            "aws:EpochTime": (str(int(now)),),
            "aws:PrincipalIsAWSService": ("false",),
            "aws:RequestedRegion": (self.place.region,),
            "aws:ResourceAccount": (self.place.account,),
            "aws:SecureTransport": ("true",),
            "aws:SourceIp": ("127.0.0.1",),
            "aws:ViaAWSService": ("false",),
            "ec2:Region": (self.place.region,),
            "kms:CallerAccount": (self.place.account,),
            "s3:ResourceAccount": (self.place.account,),
            "s3:TlsVersion": ("1.3",),
        }

    def policies(self, identity: Identity, action: str, resource: str) -> Policies:
        """Everything that applies when this identity asks for this."""
        of_resource, strict = self.of_resource(action, resource)
        return Policies(
            identity=identity.policies,
            boundary=identity.boundary,
            session=identity.session,
            resource=of_resource,
            strict=strict,
        )
