"""Rules about notebooks in SageMaker: notebook instances, Studio domains, user profiles and spaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.sagemaker import notebook_platforms
from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.references import names_a_key
from mlinfra.policies.secret_texts import no_secret

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

NOTEBOOK: Final = "aws:sagemaker/notebookInstance:NotebookInstance"
DOMAIN: Final = "aws:sagemaker/domain:Domain"
PROFILE: Final = "aws:sagemaker/userProfile:UserProfile"
SPACE: Final = "aws:sagemaker/space:Space"
SCRIPTS: Final = (
    "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration",
    "aws:sagemaker/studioLifecycleConfig:StudioLifecycleConfig",
)
_LONGEST_IDLE: Final = 24 * 60  # minutes


@rule(
    "sm-nb-no-internet",
    title="Notebook instances have no internet access of their own",
    severity=Severity.HIGH,
    types=(NOTEBOOK,),
    fix='direct_internet_access="Disabled"',
)
def sm_nb_no_internet(notebook: Resource) -> Truth:
    """SageMaker gives the instance an interface outside the VPC: data leaves past every firewall, endpoint policy and log."""
    return notebook["directInternetAccess"].is_("Disabled")


@rule(
    "sm-nb-vpc",
    title="Notebook instances stand in a VPC",
    severity=Severity.HIGH,
    types=(NOTEBOOK,),
    fix="subnet_id=private_subnet.id, security_groups=[group.id]",
)
def sm_nb_vpc(notebook: Resource) -> Truth:
    """Outside a VPC no security group, endpoint policy or flow log of yours applies to it."""
    return notebook["subnetId"].present()


@rule(
    "sm-nb-root",
    title="Users of notebook instances are not root",
    severity=Severity.HIGH,
    types=(NOTEBOOK,),
    fix='root_access="Disabled"',
)
def sm_nb_root(notebook: Resource) -> Truth:
    """As root a user, or what a notebook installs, can switch off the agents and read other users' files."""
    return notebook["rootAccess"].is_("Disabled")


@rule(
    "sm-nb-kms",
    title="The volumes of notebook instances are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(NOTEBOOK,),
    fix="kms_key_id=key.arn",
)
def sm_nb_kms(notebook: Resource) -> Truth:
    """Samples of training data and tokens stay on the volume; only with a key of one's own can access to it be ended."""
    return names_a_key(notebook["kmsKeyId"])


@rule(
    "sm-nb-imdsv2",
    title="Notebook instances answer the second version of the metadata service only",
    severity=Severity.MEDIUM,
    types=(NOTEBOOK,),
    fix='instance_metadata_service_configuration={"minimum_instance_metadata_service_version": "2"}',
)
def sm_nb_imdsv2(notebook: Resource) -> Truth:
    """The first version gives the execution role's credentials to any request that can be forged from the notebook."""
    return notebook["instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion"].is_(2)


@rule(
    "sm-nb-platform",
    title="Notebook instances run a platform that is still maintained",
    severity=Severity.MEDIUM,
    types=(NOTEBOOK,),
    fix='platform_identifier="notebook-al2023-v1"',
)
def sm_nb_platform(notebook: Resource) -> Truth:
    """Older platforms get no security fixes."""
    today = notebook.graph.today
    return notebook["platformIdentifier"].where(
        lambda raw: raw in notebook_platforms(today), f"one of {', '.join(sorted(notebook_platforms(today)))}"
    )


@rule(
    "sm-nb-lifecycle-secret",
    title="Lifecycle scripts of notebooks hold no secrets",
    severity=Severity.HIGH,
    types=SCRIPTS,
    fix="read it in the script with `aws secretsmanager get-secret-value`",
)
def sm_nb_lifecycle_secret(script: Resource) -> Truth:
    """Everybody who may describe the configuration reads the script, and so does every user of the notebook."""
    places = ("studioLifecycleConfigContent",) if script.type == SCRIPTS[1] else ("onCreate", "onStart")
    return all_of(no_secret(script[place]) for place in places)


@rule(
    "sm-domain-vpc-only",
    title="Studio domains reach the network through their VPC only",
    severity=Severity.HIGH,
    types=(DOMAIN,),
    fix='app_network_access_type="VpcOnly"',
)
def sm_domain_vpc_only(domain: Resource) -> Truth:
    """By default apps reach the internet through a VPC of SageMaker's own, where nothing of yours filters or logs."""
    return domain["appNetworkAccessType"].is_("VpcOnly")


@rule(
    "sm-domain-kms",
    title="The home directories of a domain are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(DOMAIN,),
    fix="kms_key_id=key.arn",
)
def sm_domain_kms(domain: Resource) -> Truth:
    """Home directories outlive apps and users; the key cannot be changed once the domain is there."""
    return names_a_key(domain["kmsKeyId"])


@rule(
    "sm-domain-sso",
    title="People enter a domain through IAM Identity Center",
    severity=Severity.LOW,
    types=(DOMAIN,),
    profiles=STRICT,
    fix='auth_mode="SSO"',
)
def sm_domain_sso(domain: Resource) -> Truth:
    """With IAM mode a presigned URL lets in whoever holds it, and people who leave keep their profile."""
    return domain["authMode"].is_("SSO")


def _settings(resource: Resource) -> Value:
    return resource["userSettings" if resource.type == PROFILE else "defaultUserSettings"]


@rule(
    "sm-domain-sharing",
    title="Shared notebooks keep their output to themselves, or encrypt it",
    severity=Severity.MEDIUM,
    types=(DOMAIN, PROFILE),
    fix='sharing_settings={"notebook_output_option": "Disabled"}',
)
def sm_domain_sharing(domain: Resource) -> Truth:
    """A shared snapshot takes the printed rows of a data set along, to a bucket that others read."""
    sharing = _settings(domain)
    allowed = sharing["sharingSettings.notebookOutputOption"].is_("Allowed")
    return only_if(allowed, names_a_key(sharing["sharingSettings.s3KmsKeyId"]))


@rule(
    "sm-idle-shutdown",
    title="Idle notebooks are shut down",
    severity=Severity.LOW,
    types=(DOMAIN, PROFILE, SPACE),
    fix='jupyter_lab_app_settings={"app_lifecycle_management": {"idle_settings": {"lifecycle_management": "ENABLED", '
    '"idle_timeout_in_minutes": 120}}}',
)
def sm_idle_shutdown(resource: Resource) -> Truth:
    """A GPU notebook left open over a weekend costs more than a week of its use."""
    idle_settings = "jupyterLabAppSettings.appLifecycleManagement.idleSettings"
    settings = resource["spaceSettings"] if resource.type == SPACE else _settings(resource)
    idle = settings[idle_settings]
    said = idle["idleTimeoutInMinutes"].at_most(_LONGEST_IDLE)
    if resource.type == DOMAIN:
        return idle["lifecycleManagement"].is_("ENABLED") & said
    return only_if(idle["idleTimeoutInMinutes"].present(), said)


@rule(
    "sm-domain-docker",
    title="Docker in Studio pulls images of named accounts only",
    severity=Severity.LOW,
    types=(DOMAIN,),
    profiles=STRICT,
    fix='docker_settings={"enable_docker_access": "ENABLED", "vpc_only_trusted_accounts": ["123456789012"]}',
)
def sm_domain_docker(domain: Resource) -> Truth:
    """Local mode runs any image with the user's role; the list of accounts says whose."""
    return only_if(
        domain["domainSettings.dockerSettings.enableDockerAccess"].is_("ENABLED"),
        domain["domainSettings.dockerSettings.vpcOnlyTrustedAccounts"].present(),
    )


@rule(
    "sm-domain-user-identity",
    title="CloudTrail names the user behind an execution role",
    severity=Severity.LOW,
    types=(DOMAIN,),
    profiles=STRICT,
    fix='domain_settings={"execution_role_identity_config": "USER_PROFILE_NAME"}',
)
def sm_domain_user_identity(domain: Resource) -> Truth:
    """Many people share one execution role: without the profile's name in the session the log says only that it was used."""
    return domain["domainSettings.executionRoleIdentityConfig"].is_("USER_PROFILE_NAME")


RULES: Final = (
    sm_nb_no_internet,
    sm_nb_vpc,
    sm_nb_root,
    sm_nb_kms,
    sm_nb_imdsv2,
    sm_nb_platform,
    sm_nb_lifecycle_secret,
    sm_domain_vpc_only,
    sm_domain_kms,
    sm_domain_sso,
    sm_domain_sharing,
    sm_idle_shutdown,
    sm_domain_docker,
    sm_domain_user_identity,
)
