"""Rules about roles, users, managed policies and the account's own settings of IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.trusted_services import trusted_services
from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import STACK, Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.grants import ATTACHMENTS, POLICY, ROLE, USER, managed_policies, policy
from mlinfra.policies.shared import account_stack
from mlinfra.policies.statements import Known, Statement, all3, any3

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

ACCESS_KEY: Final = "aws:iam/accessKey:AccessKey"
LOGIN: Final = "aws:iam/userLoginProfile:UserLoginProfile"
PASSWORD_POLICY: Final = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"  # noqa: S105 - a type
USER_POLICIES: Final = ("aws:iam/userPolicy:UserPolicy", "aws:iam/userPolicyAttachment:UserPolicyAttachment")
NOTEBOOK: Final = "aws:sagemaker/notebookInstance:NotebookInstance"
MODEL: Final = "aws:sagemaker/model:Model"
TRAINING: Final = ("aws:sagemaker/trainingJob:TrainingJob", "aws:sagemaker/pipeline:Pipeline")
DOMAIN: Final = "aws:sagemaker/domain:Domain"

ADMINISTRATION: Final = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess", "AdministratorAccess-Amplify")
ML_ADMINISTRATION: Final = (
    *("AmazonSageMakerFullAccess", "AmazonSageMakerCanvasFullAccess", "AmazonSageMakerCanvasAIServicesAccess"),
    *("AmazonBedrockFullAccess", "BedrockAgentCoreFullAccess", "AmazonBedrockMantleFullAccess"),
)
_MANAGED: Final = r"(?:arn:[^:]*:iam::aws:policy/(?:[\w-]+/)*)?"
KINDS: Final = ("LowercaseCharacters", "UppercaseCharacters", "Numbers", "Symbols")
LEAST_LENGTH: Final = 14
REMEMBERED: Final = 24


def _names_none(giver: Resource, names: str, wanted: str) -> Truth:
    """Whether it gives no managed policy of AWS with such a name."""

    def other(one: Value) -> Truth:
        said = (~one.matches(f"{_MANAGED}(?:{names})")).wanted(wanted)
        return said | one.resources(POLICY).exist() if one.is_unknown else said

    managed = managed_policies(giver)
    return only_if(managed.present(), other(managed) if managed.is_unknown else managed.every(other))


@rule(
    "iam-no-admin-attached",
    title="Nobody is given a policy of AWS that administers the account",
    severity=Severity.HIGH,
    types=tuple(ATTACHMENTS),
    fix="an aws.iam.Policy with what is needed, attached instead",
)
def iam_no_admin_attached(giver: Resource) -> Truth:
    """AdministratorAccess allows everything, IAMFullAccess lets its holder allow it to themselves."""
    return _names_none(giver, "|".join(ADMINISTRATION), "a policy that does not administer the account")


@rule(
    "iam-no-ml-full-access",
    title="Nobody is given all of SageMaker or Bedrock",
    severity=Severity.HIGH,
    types=tuple(ATTACHMENTS),
    fix="an aws.iam.Policy with the actions of the job, and buckets, keys and roles by ARN",
)
def iam_no_ml_full_access(giver: Resource) -> Truth:
    """AmazonSageMakerFullAccess passes roles, reads every bucket with sagemaker in its name, and runs any code."""
    return _names_none(giver, "|".join(ML_ADMINISTRATION), "a policy for the job at hand")


@rule(
    "iam-no-full-access",
    title="Nobody is given all of a service",
    severity=Severity.MEDIUM,
    types=tuple(ATTACHMENTS),
    fix="an aws.iam.Policy with the actions and resources that are needed",
)
def iam_no_full_access(giver: Resource) -> Truth:
    """The full-access policies of AWS name no resource: they open every bucket, table, secret or key of the account."""
    beside = "".join(f"(?!{name}$)" for name in (*ADMINISTRATION, *ML_ADMINISTRATION))
    broad = r"\w+(?:FullAccess|_FullAccess|PowerUser)|SecretsManagerReadWrite|AmazonS3ReadOnlyAccess"
    return _names_none(giver, f"{beside}(?:{broad})", "a policy that names resources")


@rule(
    "iam-no-user-keys",
    title="No access keys that last",
    severity=Severity.HIGH,
    types=(ACCESS_KEY,),
    fix="a role: IAM Identity Center for people, OIDC for CI, Pod Identity or instance profiles for workloads",
)
def iam_no_user_keys(key: Resource) -> Truth:
    """A key that never expires ends up in a repository or a notebook; it also stands in the state of the stack."""
    return key["status"].is_("Inactive")


@rule(
    "iam-no-console-users",
    title="People sign in through an identity provider",
    severity=Severity.MEDIUM,
    types=(USER,),
    fix="IAM Identity Center, or a role that trusts the organisation's SAML provider",
)
def iam_no_console_users(user: Resource) -> Truth:
    """A password of IAM outlives the employment of its owner, and knows nothing of the organisation's second factor."""
    return ~user.attached(LOGIN, at="user").exist()


@rule(
    "iam-user-policy",
    title="Users get permissions through groups or roles",
    severity=Severity.LOW,
    types=(USER,),
    fix="aws.iam.GroupPolicyAttachment, or a role",
)
def iam_user_policy(user: Resource) -> Truth:
    """What each user may do cannot be reviewed when it stands with each user."""
    return ~user.attached(*USER_POLICIES, at="user").exist()


@rule(
    "iam-boundary",
    title="Roles of people and workloads have a permissions boundary",
    severity=Severity.MEDIUM,
    types=(ROLE,),
    fix="aws.iam.Role(name, permissions_boundary=boundary.arn, …)",
    profiles=STRICT,
)
def iam_boundary(role: Resource) -> Truth:
    """The boundary holds whatever policies are attached later, by whomever.

    Asked of roles that code or people act through, not of those with which AWS services write their logs.
    """
    workloads = {service.principal for service in trusted_services().values() if service.name != "eks"}

    def acts(one: Statement) -> Known:
        service = one.services().any(lambda name: name in workloads or name == "pods.eks.amazonaws.com")
        return all3((one.allows, any3((service, one.accounts().any(bool), one.federated().any(bool)))))

    boundary = role["permissionsBoundary"]
    bounded = boundary.present() | boundary.resources(POLICY).exist() if boundary.is_unknown else boundary.present()
    return only_if(policy(role["assumeRolePolicy"]).some(acts, "people or workloads"), bounded)


@rule(
    "iam-role-shared",
    title="Notebooks, training and serving have roles of their own",
    severity=Severity.MEDIUM,
    types=(ROLE,),
    fix="one aws.iam.Role for each",
)
def iam_role_shared(role: Resource) -> Truth:
    """A model server that is broken into could otherwise change the training data, and a notebook the model in service."""
    users = {
        "notebooks": role.attached(NOTEBOOK, at="roleArn").exist(),
        "domains": role.attached(DOMAIN, at="defaultUserSettings").exist(),
        "training": role.attached(*TRAINING, at="roleArn").exist(),
        "serving": role.attached(MODEL, at="executionRoleArn").exist(),
    }
    interactive = users["notebooks"] | users["domains"]
    used = interactive | users["training"] | users["serving"]
    pairs = ((interactive, users["training"]), (interactive, users["serving"]), (users["training"], users["serving"]))
    return only_if(used, all_of(~(one & other) for one, other in pairs))


@rule(
    "iam-password-policy",
    title="Passwords have 14 characters of every kind, and are not used again",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix="aws.iam.AccountPasswordPolicy(name, minimum_password_length=14, password_reuse_prevention=24, "
    "require_lowercase_characters=True, require_uppercase_characters=True, require_numbers=True, require_symbols=True)",
)
def iam_password_policy(stack: Resource) -> Truth:
    """It holds for every user of the account, the one for emergencies included."""

    def strong(one: Resource) -> Truth:
        reuse = one["passwordReusePrevention"].at_least(REMEMBERED)
        kinds = all_of(one[f"require{kind}"].is_true() for kind in KINDS)
        return one["minimumPasswordLength"].at_least(LEAST_LENGTH) & reuse & kinds

    return account_stack(stack, stack.graph.of(PASSWORD_POLICY).any(strong))


RULES: Final = (
    *(iam_no_admin_attached, iam_no_ml_full_access, iam_no_full_access, iam_no_user_keys, iam_no_console_users),
    *(iam_user_policy, iam_boundary, iam_role_shared, iam_password_policy),
)
