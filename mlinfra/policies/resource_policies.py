"""Rules about every policy that stands on a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.policies.grants import not_public, resource_policy
from mlinfra.policies.statements import Known, Statement, all3, not3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

HOLDERS: Final[Mapping[str, str]] = {
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "aws:s3/bucket:Bucket": "policy",
    "aws:sqs/queuePolicy:QueuePolicy": "policy",
    "aws:sqs/queue:Queue": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:sns/topic:Topic": "policy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
    "aws:secretsmanager/secret:Secret": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "policyDocument",
    "aws:opensearch/domain:Domain": "accessPolicies",
    "aws:opensearch/domainPolicy:DomainPolicy": "accessPolicies",
}
"""The types whose policies let AWS services in, and where. Keys have a rule of their own."""

SOURCE: Final = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner")
SILENT: Final = frozenset(
    {
        *(
            "ec2.amazonaws.com",
            "ecs-tasks.amazonaws.com",
            "lambda.amazonaws.com",
            "logdelivery.elasticloadbalancing.amazonaws.com",
        ),
        *("codebuild.amazonaws.com", "billingreports.amazonaws.com", "elasticmapreduce.amazonaws.com"),
    }
)
"""Services that do not say for whom they act when they use a resource, by their own documentation."""


@rule(
    "policy-confused-deputy",
    title="AWS services use resources for this account alone",
    severity=Severity.MEDIUM,
    types=tuple(HOLDERS),
    fix='"Condition": {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": …}}',
)
def policy_confused_deputy(holder: Resource) -> Truth:
    """A service writes where its customer tells it to: without the condition, any customer of it can name this resource."""

    def open_to_service(one: Statement) -> Known:
        telling = one.services().any(lambda name: name not in SILENT)
        return all3((one.allows, telling, not3(one.requires(*SOURCE))))

    wanted = "a condition on aws:SourceAccount or aws:SourceArn"
    return resource_policy(holder, HOLDERS[holder.type], lambda one: one.none(open_to_service, wanted))


@rule(
    "logs-no-public-policy",
    title="No policy of log groups lets everybody in",
    severity=Severity.HIGH,
    types=("aws:cloudwatch/logResourcePolicy:LogResourcePolicy",),
    fix='"Principal": {"Service": "delivery.logs.amazonaws.com"} with a condition on aws:SourceAccount',
)
def logs_no_public_policy(holder: Resource) -> Truth:
    """Everybody could write into the logs, and make them say whatever they like."""
    return not_public(holder, "policyDocument")


RULES: Final = (policy_confused_deputy, logs_no_public_policy)
