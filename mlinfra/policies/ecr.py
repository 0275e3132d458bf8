"""Rules about container registries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import only_if
from mlinfra.policies.components import KEPT
from mlinfra.policies.grants import not_public, own_accounts, resource_policy, to_strangers
from mlinfra.policies.references import names_a_key
from mlinfra.policies.shared import production
from mlinfra.policies.statements import Known, Statement, all3, any3

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

REPOSITORY: Final = "aws:ecr/repository:Repository"
POLICIES: Final = ("aws:ecr/repositoryPolicy:RepositoryPolicy", "aws:ecr/registryPolicy:RegistryPolicy")
LIFECYCLE: Final = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
SCANNING: Final = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"
INSPECTOR: Final = "aws:inspector2/enabler:Enabler"
WRITES: Final = ("ecr:PutImage", "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy", "ecr:DeleteRepository")


@rule(
    "ecr-immutable",
    title="Tags of images never move",
    severity=Severity.MEDIUM,
    types=(REPOSITORY,),
    fix='aws.ecr.Repository(name, image_tag_mutability="IMMUTABLE")',
)
def ecr_immutable(repository: Resource) -> Truth:
    """With a tag that moves, nobody can say which code trained a model, and a pushed image is in service unseen."""
    return repository["imageTagMutability"].is_("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION")


@rule(
    "ecr-scan",
    title="Images are scanned",
    severity=Severity.HIGH,
    types=(REPOSITORY,),
    fix='image_scanning_configuration={"scan_on_push": True}, or aws.ecr.RegistryScanningConfiguration for all repositories',
)
def ecr_scan(repository: Resource) -> Truth:
    """Images for ML are large, and old: CUDA, drivers and hundreds of Python packages, with all that is known about them."""
    registry = repository.graph.of(SCANNING).any(lambda one: one["rules"].present())
    inspector = repository.graph.of(INSPECTOR).any(lambda one: one["resourceTypes"].contains("ECR"))
    return repository["imageScanningConfiguration.scanOnPush"].is_true() | registry | inspector


@rule(
    "ecr-kms",
    title="Repositories are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(REPOSITORY,),
    fix='encryption_configurations=[{"encryption_type": "KMS", "kms_key": key.arn}]',
    profiles=STRICT,
)
def ecr_kms(repository: Resource) -> Truth:
    """Models and code lie in the layers. It can only be chosen when the repository is made."""
    return repository["encryptionConfigurations"].any(
        lambda one: one["encryptionType"].is_("KMS", "KMS_DSSE") & names_a_key(one["kmsKey"])
    )


@rule(
    "ecr-no-public-policy",
    title="No policy of a repository lets everybody in",
    severity=Severity.HIGH,
    types=POLICIES,
    fix="accounts or roles by ARN, or a condition on aws:PrincipalOrgID",
)
def ecr_no_public_policy(holder: Resource) -> Truth:
    """Everybody with an account could pull the models, or push what runs next."""
    return not_public(holder, "policy")


@rule(
    "ecr-cross-account-write",
    title="No other account pushes or deletes images",
    severity=Severity.HIGH,
    types=POLICIES,
    arguments={"mlinfra:images:ImageRepository": "pushers"},
    fix="let other accounts pull at most: ecr:BatchGetImage, ecr:GetDownloadUrlForLayer, ecr:BatchCheckLayerAvailability",
)
def ecr_cross_account_write(holder: Resource) -> Truth:
    """Who pushes images decides what code runs with the roles of this account.

    Replication from another registry of the organisation uses actions of its own (ecr:ReplicateImage).
    """
    own = own_accounts(holder)

    def written(one: Statement) -> Known:
        return all3((one.allows, to_strangers(one, own), any3(map(one.covers, WRITES))))

    return resource_policy(holder, "policy", lambda one: one.none(written, "reading at most"))


@rule(
    "ecr-lifecycle",
    title="Repositories let go of old images",
    severity=Severity.LOW,
    types=(REPOSITORY,),
    arguments={"mlinfra:images:ImageRepository": "keep_images"},
    fix="aws.ecr.LifecyclePolicy(name, repository=repository.name, policy=…)",
)
def ecr_lifecycle(repository: Resource) -> Truth:
    """An image of ten gigabytes for each build, kept for ever, is paid for every month and scanned every day."""
    return repository.attached(LIFECYCLE, at="repository").any(lambda one: one["policy"].present())


@rule(
    "ecr-keep-in-production",
    title="Repositories in production cannot be deleted with their images",
    severity=Severity.MEDIUM,
    types=(REPOSITORY,),
    arguments=KEPT,
    fix="aws.ecr.Repository(name, force_delete=False)",
)
def ecr_keep_in_production(repository: Resource) -> Truth:
    """What runs can then not be started again, and no model can be traced to the code that made it."""
    return only_if(production(repository), ~repository["forceDelete"].is_true())


RULES: Final = (
    *(ecr_immutable, ecr_scan, ecr_kms, ecr_no_public_policy, ecr_cross_account_write),
    *(ecr_lifecycle, ecr_keep_in_production),
)
