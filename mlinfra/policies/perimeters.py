"""Rules about whom and what the policies of resources name, and whom they keep out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.grants import ROLE, policy, resource_policy
from mlinfra.policies.kms import WITH_POLICY
from mlinfra.policies.resource_policies import HOLDERS
from mlinfra.policies.s3 import BUCKETS, LOCK, takes_access_logs, takes_audit_logs
from mlinfra.policies.shared import production
from mlinfra.policies.statements import Known, Statement, all3, any3, not3
from mlinfra.policies.storage import EFS_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.compliance.resource import Resource

TRUST: Final = "assumeRolePolicy"
SECRET: Final = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
SECRET_POLICY: Final = "aws:secretsmanager/secretPolicy:SecretPolicy"  # noqa: S105 - a type
REPOSITORY: Final = "aws:ecr/repository:Repository"
REPOSITORY_POLICY: Final = "aws:ecr/repositoryPolicy:RepositoryPolicy"
ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
WITH_RESOURCES: Final = (
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
)
"""Policies that can reach beyond what they stand on, or beyond a part of it."""
PRINCIPAL_KEYS: Final = ("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths")
PLACE_KEYS: Final = (
    *("aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:vpceaccount", "aws:vpceorgid"),
    *("s3:dataaccesspointaccount", "s3:dataaccesspointarn", "elasticfilesystem:accessedviamounttarget"),
)
RESOURCE_KEYS: Final = ("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths")
OWN_KEYS: Final = (*PRINCIPAL_KEYS, *RESOURCE_KEYS)
UPLOAD_KEYS: Final = ("s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id")
_CARRIES: Final = re.compile(r".*\.(?:s3|dynamodb|ecr\.\w+)")
"""Services through which data leaves into resources of other accounts."""


def _held(resource: Resource) -> str:
    """Where a resource has its policy."""
    return TRUST if resource.type == ROLE else HOLDERS.get(resource.type, "policy")


def _none(resource: Resource, wanted: str, *answers: Callable[[Statement], Known]) -> Truth:
    def so(one: Statement) -> Known:
        return all3((one.allows, *(says(one) for says in answers)))

    return resource_policy(resource, _held(resource), lambda one: one.none(so, wanted))


@rule(
    "policy-actions-named",
    title="Policies of resources name the actions that they allow",
    severity=Severity.LOW,
    types=(*HOLDERS, EFS_POLICY),
    fix='"Action": ["s3:GetObject", "s3:ListBucket"] instead of "*"',
)
def policy_actions_named(holder: Resource) -> Truth:
    """Who is let in for one thing may then also delete the resource, and rewrite the policy that let them in."""

    def whole(one: Statement) -> Known:
        return not3(one.actions.every(lambda text: not text.endswith(":*") and text != "*"))

    return _none(holder, "actions by name", whole)


@rule(
    "policy-principals-named",
    title="Policies of resources name whom they let in",
    severity=Severity.LOW,
    types=(*HOLDERS, *WITH_POLICY, ROLE),
    fix='"Principal": {"Service": "cloudtrail.amazonaws.com"}, or a condition on aws:PrincipalOrgID',
    profiles=STRICT,
)
def policy_principals_named(holder: Resource) -> Truth:
    """`*` lets in whoever meets the conditions, and keys such as aws:SourceAccount say something of AWS services alone.

    In a key's policy it also goes round IAM: everybody in the account may then use the key, whatever their own policies say.
    """
    return _none(
        holder,
        "principals by name, or a condition on who they are",
        lambda one: one.anybody(),
        lambda one: not3(one.requires(*PRINCIPAL_KEYS, *PLACE_KEYS)),
    )


@rule(
    "policy-resources-named",
    title="Policies of resources name what they open",
    severity=Severity.LOW,
    types=WITH_RESOURCES,
    fix='"Resource": f"{bucket.arn}/AWSLogs/*"',
)
def policy_resources_named(holder: Resource) -> Truth:
    """A service that delivers under one prefix, or into one log group, has no business in the others."""
    return _none(holder, "resources by name", lambda one: one.resources.any(lambda text: text == "*"))


@rule(
    "policy-own-accounts",
    title="Secrets and images are closed to other accounts, whatever else is allowed",
    severity=Severity.LOW,
    types=(SECRET, REPOSITORY),
    arguments={"mlinfra:images:ImageRepository": "pull_accounts", "mlinfra:secret:Secret": "readers"},
    fix='{"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*", "Condition": {"StringNotEquals": '
    '{"aws:PrincipalAccount": account}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}',
    profiles=STRICT,
)
def policy_own_accounts(held: Resource) -> Truth:
    """One statement that was added in a hurry gives a secret or a model server's image away; a denial outlives it."""

    def closes(one: Statement) -> Known:
        strangers = one.tests(lambda test: "notequals" in test.operator and test.key in PRINCIPAL_KEYS)
        service = "secretsmanager" if held.type == SECRET else "ecr"
        return all3((one.denies, one.anybody(), one.all_of_service(service), strangers))

    kind, at = (SECRET_POLICY, "secretArn") if held.type == SECRET else (REPOSITORY_POLICY, "repository")
    wanted = "a statement that denies other accounts"
    return held.attached(kind, at=at).any(lambda one: policy(one["policy"]).some(closes, wanted))


@rule(
    "endpoint-policy-scope",
    title="Endpoints let through to named resources, or to the account's own",
    severity=Severity.LOW,
    types=(ENDPOINT,),
    fix='"Condition": {"StringEquals": {"aws:PrincipalAccount": account, "aws:ResourceAccount": account}}',
    profiles=STRICT,
)
def endpoint_policy_scope(endpoint: Resource) -> Truth:
    """With credentials of their own account somebody inside the network carries data out through an endpoint that is open."""

    def wide(one: Statement) -> Known:
        everywhere = all3((one.resources.any(lambda text: text == "*"), not3(one.requires(*OWN_KEYS))))
        anything = all3((carries, one.all_of_service(), not3(one.requires(*RESOURCE_KEYS))))
        return any3((everywhere, anything))

    service = endpoint["serviceName"].raw
    carries = bool(_CARRIES.fullmatch(service)) if isinstance(service, str) else None

    return _none(endpoint, "resources by name, or conditions on the account", wide)


@rule(
    "efs-paths",
    title="EFS lets in clients through mount targets and access points alone",
    severity=Severity.LOW,
    types=(EFS_POLICY,),
    fix='{"Effect": "Deny", …, "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}}} and '
    '{"Null": {"elasticfilesystem:AccessPointArn": "true"}}',
    profiles=STRICT,
)
def efs_paths(holder: Resource) -> Truth:
    """A mount target is in the network, an access point fixes the user and the directory: past both, neither holds."""

    def denied(key: str, value: str) -> Truth:
        def closes(one: Statement) -> Known:
            tested = one.tests(
                lambda test: test.values.every(lambda text: text.lower() == value) if test.key == key else False
            )
            return all3((one.denies, one.anybody(), one.covers("elasticfilesystem:ClientMount"), tested))

        return policy(holder["policy"]).some(closes, f"a denial where {key} is {value}")

    ways = (("elasticfilesystem:accessedviamounttarget", "false"), ("elasticfilesystem:accesspointarn", "true"))
    return all_of(denied(key, value) for key, value in ways)


@rule(
    "s3-encryption-closed",
    title="Buckets refuse both another kind of encryption and another key",
    severity=Severity.LOW,
    types=BUCKETS,
    fix="two statements that deny s3:PutObject: StringNotEquals on s3:x-amz-server-side-encryption, and on "
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    profiles=STRICT,
)
def s3_encryption_closed(bucket: Resource) -> Truth:
    """A denial of other keys lets AES256 through, which needs no key; one of other encryption lets a foreign key through."""

    def denied(key: str) -> Truth:
        def closes(one: Statement) -> Known:
            other = one.tests(lambda test: test.key == key and "not" in test.operator)
            return all3((one.denies, one.anybody(), one.covers("s3:PutObject"), other))

        policies = bucket.attached("aws:s3/bucketPolicy:BucketPolicy", at="bucket")
        return policies.any(lambda one: policy(one["policy"]).some(closes, f"a denial by {key}"))

    return only_if(~takes_access_logs(bucket) & ~takes_audit_logs(bucket), all_of(map(denied, UPLOAD_KEYS)))


@rule(
    "s3-data-lock",
    title="Buckets in production hold objects against deletion for a while",
    severity=Severity.LOW,
    types=BUCKETS,
    fix='aws.s3.BucketObjectLockConfiguration(name, bucket=bucket.id, rule={"default_retention": {"mode": "COMPLIANCE", '
    '"days": 30}})',
    arguments={"mlinfra:storage:DataBucket": "lock_days"},
    profiles=STRICT,
)
def s3_data_lock(bucket: Resource) -> Truth:
    """Whoever encrypts datasets and models for a ransom deletes former versions first. Buckets of logs have a rule of their own."""
    asked = production(bucket) & ~takes_access_logs(bucket) & ~takes_audit_logs(bucket)
    return only_if(asked, bucket.attached(*LOCK, at="bucket").exist())


RULES: Final = (
    *(policy_actions_named, policy_principals_named, policy_resources_named, policy_own_accounts),
    *(endpoint_policy_scope, efs_paths, s3_encryption_closed, s3_data_lock),
)
