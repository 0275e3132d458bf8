"""Where container images are kept: Amazon ECR."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator

from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component, together
from mlinfra.components.documents import (
    EVERYONE,
    Condition,
    Document,
    Effect,
    Operator,
    Principals,
    Statement,
)
from mlinfra.components.problems import Invalid

_NAME: Final = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*")
MAX_NAME: Final = 200  # ECR takes 256; the stack's and the component's name go before it
UNTAGGED_DAYS: Final = 14
PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUSH: Final = (
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
    "ecr:BatchDeleteImage",
)


class ImageRepositoryArgs(Args):
    """Arguments of `ImageRepository`."""

    account: Account
    """Where the repositories live."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts the images. Another key is another repository."""
    repositories: Sequence[str]
    """The repositories, such as training and serving; each is named <stack>-<component>/<repository>."""
    pushers: Sequence[pulumi.Input[str]] = ()
    """ARNs of those who alone push and delete images, such as a build's role. Default: the account's IAM policies
    decide."""
    pull_accounts: Sequence[str] = ()
    """Other accounts that may pull, by their twelve digits. Default: none."""
    keep_images: int = 100
    """How many tagged images each repository keeps; older ones expire, as untagged ones do after 14 days.
    Default: 100."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete the repositories. When false, destroying the stack erases their images."""

    _key = field_validator("key_arn")(references.key_arn)
    _pushers = field_validator("pushers")(references.each(references.principal_arn))
    _accounts = field_validator("pull_accounts")(references.each(references.account_id))

    @field_validator("repositories")
    @classmethod
    def _names(cls, value: Sequence[str]) -> Sequence[str]:
        if not value:
            raise Invalid("there is none", fix="name one at least, such as training")
        for name in value:
            if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
                raise Invalid(f"{name!r} cannot name a repository", fix="use lower-case letters, digits, . _ - and /")
        if len(set(value)) < len(value):
            raise Invalid("a repository stands there twice", fix="name every repository once")
        return value

    @field_validator("keep_images")
    @classmethod
    def _some(cls, value: int) -> int:
        if value < 1:
            raise Invalid("every image would expire", fix="give 1 or more")
        return value


class ImageRepository(Component[ImageRepositoryArgs]):
    """Amazon ECR repositories under a customer-managed key, with tags that never move and a scan of every push.

    A tag once pushed stays what it is, so that what was reviewed is what runs. Nobody outside the account, or the
    accounts named, can pull; where pushers are named, nobody else can push or delete.

        images = ml.ImageRepository("images", ml.ImageRepositoryArgs(
            account=account, key_arn=keys.arn(ml.KeyPurpose.ARTIFACTS), repositories=["training", "serving"]))
    """

    repository_urls: pulumi.Output[Mapping[str, str]]
    """What image names begin with, by repository: <account>.dkr.ecr.<region>.amazonaws.com/<name>."""
    repository_arns: pulumi.Output[Mapping[str, str]]
    """The repositories' ARNs, by repository."""

    _args_type = ImageRepositoryArgs

    def __init__(self, name: str, args: ImageRepositoryArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        made = {repository: self._repository(name, repository) for repository in self._args.repositories}
        self.repository_urls = together({role: repository.repository_url for role, repository in made.items()})
        self.repository_arns = together({role: repository.arn for role, repository in made.items()})
        self.finish()

    def _repository(self, name: str, repository: str) -> aws.ecr.Repository:
        args, role = self._args, f"{name}-{repository.replace('/', '-')}"
        made = aws.ecr.Repository(
            role,
            name=f"{self.qualified_name(name).lower()}/{repository}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
            encryption_configurations=[
                aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=args.key_arn)
            ],
            force_delete=not args.deletion_protection,
            tags={"Name": role},
            opts=self.child(protect=args.deletion_protection),
        )
        aws.ecr.LifecyclePolicy(
            role, repository=made.name, policy=json.dumps(lifecycle(args.keep_images)), opts=self.child()
        )
        aws.ecr.RepositoryPolicy(role, repository=made.name, policy=self._policy().json(), opts=self.child())
        return made

    def _policy(self) -> Document:
        """Who may never do what, whatever their own policies say. A repository's policy speaks of that repository alone."""
        args = self._args
        partition = args.account.partition
        others = [f"arn:{partition}:iam::{account}:root" for account in args.pull_accounts]
        statements = [
            Statement(
                sid="DenyOtherAccounts",
                effect=Effect.DENY,
                principals=EVERYONE,
                actions=["ecr:*"],
                conditions=[
                    Condition(
                        Operator.STRING_NOT_EQUALS, "aws:PrincipalAccount", [args.account.id, *args.pull_accounts]
                    ),
                    Condition(Operator.BOOL_IF_EXISTS, "aws:PrincipalIsAWSService", "false"),
                ],
            )
        ]
        if others:
            statements.append(Statement(sid="PullFromOtherAccounts", principals=Principals.arns(others), actions=PULL))
        if args.pushers:
            statements.append(
                Statement(
                    sid="DenyOtherPushers",
                    effect=Effect.DENY,
                    principals=EVERYONE,
                    actions=PUSH,
                    conditions=[Condition(Operator.ARN_NOT_LIKE, "aws:PrincipalArn", args.pushers)],
                )
            )
        return Document(statements)


def lifecycle(keep: int) -> dict[str, Any]:
    """ECR's lifecycle policy: what expires, the lowest priority first."""
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": UNTAGGED_DAYS,
    }
    tagged = {"tagStatus": "tagged", "tagPatternList": ["*"], "countType": "imageCountMoreThan", "countNumber": keep}
    rules = [("untagged images", untagged), ("tagged images beyond those kept", tagged)]
    return {
        "rules": [
            {"rulePriority": position, "description": what, "selection": selection, "action": {"type": "expire"}}
            for position, (what, selection) in enumerate(rules, start=1)
        ]
    }
