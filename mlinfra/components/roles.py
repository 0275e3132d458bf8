"""Roles with which AWS services run workloads."""

from collections.abc import Callable
from typing import Any, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator

from mlinfra.catalog.trusted_services import trusted_services
from mlinfra.components import references
from mlinfra.components.access import Access, trusted_service
from mlinfra.components.access_policies import access_statements
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.documents import Document, Text
from mlinfra.components.problems import Invalid
from mlinfra.components.trusts import service_trust


class ServiceRoleArgs(Args):
    """Arguments of `ServiceRole`."""

    account: Account
    """The account and region that the role works in."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s."""
    service: str
    """The service that assumes the role, such as sagemaker, lambda, glue or batch."""
    access: Access = Access()
    """What the role may reach. Default: nothing."""

    _boundary = field_validator("boundary_arn")(references.policy_arn)

    @field_validator("service")
    @classmethod
    def _known(cls, value: str) -> str:
        return trusted_service(value)


class ServiceRole(Component[ServiceRoleArgs]):
    """The role of one workload that an AWS service runs: a training job, a function, an endpoint, a batch job.

    Only that service can assume it, and only for this account where the service says for whom it acts. It reaches what
    `access` names and nothing else, and never more than its boundary allows.

        training = ml.ServiceRole("training", ml.ServiceRoleArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            service="sagemaker",
            access=ml.Access(buckets=[ml.BucketAccess(
                bucket_arn=datasets.bucket_arn, key_arn=keys.arn(ml.KeyPurpose.DATA), mode=ml.Mode.READ)])))
    """

    role_arn: pulumi.Output[str]
    """The role's ARN, known once its policy is in place."""
    role_name: pulumi.Output[str]
    """The role's name."""

    _args_type = ServiceRoleArgs

    def __init__(self, name: str, args: ServiceRoleArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        role = workload_role(
            self,
            f"{name}-role",
            description=f"{name}: assumed by {args.service}",
            trust=service_trust(trusted_services()[args.service], args.account).json(),
            account=args.account,
            access=args.access,
            boundary_arn=args.boundary_arn,
        )
        self.role_arn, self.role_name = role
        self.finish()


def workload_role(
    parent: Component[Any],
    name: str,
    *,
    description: str,
    trust: Text,
    account: Account,
    access: Access,
    boundary_arn: Text,
) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """A bounded role that reaches what `access` names. Returns its ARN, known once it does, and its name."""
    role = aws.iam.Role(
        name,
        description=description,
        assume_role_policy=trust,
        permissions_boundary=boundary_arn,
        opts=parent.child(),
    )
    statements = access_statements(access, account)
    if not statements:
        return role.arn, role.name
    policy = aws.iam.RolePolicy(
        f"{name}-access", role=role.name, policy=Document(statements).json(), opts=parent.child()
    )
    return pulumi.Output.all(role.arn, policy.id).apply(lambda known: str(known[0])), role.name


def named(pattern: Callable[[str], Any], what: str, example: str) -> Callable[[str], str]:
    """A check that a name matches a pattern."""

    def check(value: str) -> str:
        if not pattern(value):
            raise Invalid(f"not {what}", fix=f"give one such as {example}; wildcards are not taken")
        return value

    return check
