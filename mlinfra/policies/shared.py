"""What rules of several services ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.truth import Truth, only_if
from mlinfra.compliance.values import Value

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

ACCOUNT_LEVEL: Final = (
    "aws:accessanalyzer/analyzer:Analyzer",
    "aws:cfg/recorder:Recorder",
    "aws:ebs/encryptionByDefault:EncryptionByDefault",
    "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess",
    "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
    "aws:guardduty/detector:Detector",
    "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
    "aws:inspector2/enabler:Enabler",
    "aws:macie2/account:Account",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    "aws:securityhub/account:Account",
)
"""What there is once in an account (and region). A stack that declares one of them owns the account's baseline."""


def account_stack(stack: Resource, requirement: Truth) -> Truth:
    """The requirement, of a stack that owns the baseline of its account; of others nothing is said.

    Where another stack owns a part of the baseline, a waiver says so.
    """
    return only_if(stack.graph.of(*ACCOUNT_LEVEL).exist(), requirement)


def production(resource: Resource) -> Truth:
    """Whether a resource is in production: by its tag `environment`, or by the name of its stack."""
    if resource.graph.graph.stack.lower().startswith("prod"):
        return resource.says(True, "in production")
    environment = Value(resource, "tags.environment", resource.node.get("tags.environment"))
    return environment.matches(r"(?i)prod.*", "in production")


def development(resource: Resource) -> Truth:
    """Whether a resource is for development or tests, by its tag `environment`."""
    environment = Value(resource, "tags.environment", resource.node.get("tags.environment"))
    return environment.matches(r"(?i)(dev|test|lab|sandbox|staging|experiment).*", "for development")


def protected(resource: Resource) -> Truth:
    """Whether Pulumi refuses to delete a resource, or leaves it alone when it leaves the program."""
    kept = resource.option("protect") or resource.option("retain_on_delete")
    return resource.says(bool(kept), "pulumi.ResourceOptions(protect=True)", seen="not protected")
