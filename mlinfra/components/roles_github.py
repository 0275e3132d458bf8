"""Roles of GitHub Actions workflows, without long-lived credentials."""

import re
from typing import Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.access import Access
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.problems import Invalid
from mlinfra.components.roles import named, workload_role
from mlinfra.components.trusts import STS, web_identity_trust

GITHUB: Final = "token.actions.githubusercontent.com"


class GitHubProviderArgs(Args):
    """Arguments of `GitHubProvider`."""

    account: Account
    """The account that trusts GitHub."""
    existing: bool = False
    """Whether the account has the provider already: there can be one only. Default: no, it is created."""


class GitHubProvider(Component[GitHubProviderArgs]):
    """GitHub as an identity provider of the account, for `GitHubRole`s.

    It admits nobody by itself: a role says which repository's tokens it takes. An account has one provider at most.

        github = ml.GitHubProvider("github", ml.GitHubProviderArgs(account=account))
    """

    provider_arn: pulumi.Output[str]
    """The provider's ARN."""

    _args_type = GitHubProviderArgs

    def __init__(self, name: str, args: GitHubProviderArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        if self._args.existing:
            self.provider_arn = self._args.account.arn("iam", f"oidc-provider/{GITHUB}", region="")
        else:
            provider = aws.iam.OpenIdConnectProvider(
                f"{name}-oidc", url=f"https://{GITHUB}", client_id_lists=[STS], opts=self.child()
            )
            self.provider_arn = provider.arn
        self.finish()


class GitHubRoleArgs(Args):
    """Arguments of `GitHubRole`."""

    account: Account
    """The account and region that the role works in."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s."""
    provider_arn: pulumi.Input[str]
    """The ARN of GitHub's OIDC provider, a `GitHubProvider`'s."""
    repository: str
    """The repository, as owner/name."""
    branch: Optional[str] = None
    """The only branch whose workflows may use the role."""
    environment: Optional[str] = None
    """The only GitHub environment whose jobs may use the role; its protection rules then decide who deploys."""
    access: Access = Access()
    """What the role may reach. Default: nothing."""

    _boundary = field_validator("boundary_arn")(references.policy_arn)
    _provider = field_validator("provider_arn")(references.oidc_provider_arn)
    _repository = field_validator("repository")(
        named(re.compile(r"[\w-]+/[\w.-]+").fullmatch, "a repository", "my-company/models")
    )

    @field_validator("branch", "environment")
    @classmethod
    def _exact(cls, value: Optional[str]) -> Optional[str]:
        if value is not None and not re.fullmatch(r"[\w./+-]{1,200}", value):
            raise Invalid("not one name", fix="write it out, as in main or production; wildcards are not taken")
        return value

    @model_validator(mode="after")
    def _pinned(self) -> "GitHubRoleArgs":
        if (self.branch is None) == (self.environment is None):
            reason = "given beside a branch" if self.branch else "neither a branch nor an environment is given"
            fix = "give branch='main' or environment='production', one of them"
            raise Invalid(reason, fix=fix, argument="environment")
        return self

    def subject(self) -> str:
        """What GitHub's token says it is."""
        place = f"ref:refs/heads/{self.branch}" if self.branch else f"environment:{self.environment}"
        return f"repo:{self.repository}:{place}"


class GitHubRole(Component[GitHubRoleArgs]):
    """The role of a GitHub repository's workflows, on one branch or for one environment.

    The token must name exactly this repository and this branch or environment, and AWS STS as whom it is for.

        release = ml.GitHubRole("release", ml.GitHubRoleArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            provider_arn=github.provider_arn,
            repository="my-company/models",
            environment="production",
            access=ml.Access(push_to=["arn:aws:ecr:eu-central-1:123456789012:repository/serving"])))
    """

    role_arn: pulumi.Output[str]
    """The role's ARN, known once its policy is in place."""
    role_name: pulumi.Output[str]
    """The role's name."""

    _args_type = GitHubRoleArgs

    def __init__(self, name: str, args: GitHubRoleArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        self.role_arn, self.role_name = workload_role(
            self,
            f"{name}-role",
            description=f"{name}: workflows of {args.repository}",
            trust=web_identity_trust(args.provider_arn, args.subject()),
            account=args.account,
            access=args.access,
            boundary_arn=args.boundary_arn,
        )
        self.finish()
