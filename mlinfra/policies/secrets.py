"""Rules about Secrets Manager and Parameter Store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, any_of, only_if
from mlinfra.policies.components import KEPT
from mlinfra.policies.grants import not_public
from mlinfra.policies.references import names_a_key
from mlinfra.policies.secret_texts import is_secret_value
from mlinfra.policies.shared import production

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

SECRET: Final = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
SECRET_POLICY: Final = "aws:secretsmanager/secretPolicy:SecretPolicy"  # noqa: S105 - a type
SECRET_VERSION: Final = "aws:secretsmanager/secretVersion:SecretVersion"  # noqa: S105 - a type
ROTATION: Final = "aws:secretsmanager/secretRotation:SecretRotation"
PARAMETER: Final = "aws:ssm/parameter:Parameter"
DOCUMENT: Final = "aws:ssm/document:Document"
SECURE: Final = "SecureString"
LONGEST_ROTATION: Final = 90  # days
LEAST_RECOVERY: Final = 7  # days


@rule(
    "secret-kms",
    title="Secrets are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(SECRET,),
    fix="aws.secretsmanager.Secret(name, kms_key_id=key.arn)",
    profiles=STRICT,
)
def secret_kms(secret: Resource) -> Truth:
    """Under the key that AWS manages, whoever may read a secret can also decrypt it, and it cannot be shared safely."""
    return names_a_key(secret["kmsKeyId"])


@rule(
    "secret-rotation",
    title="Secrets rotate within 90 days",
    severity=Severity.MEDIUM,
    types=(SECRET,),
    fix="aws.secretsmanager.SecretRotation(name, secret_id=secret.id, rotation_lambda_arn=…, "
    'rotation_rules={"automatically_after_days": 30})',
    arguments={"mlinfra:secret:Secret": "rotation"},
    profiles=STRICT,
)
def secret_rotation(secret: Resource) -> Truth:
    """A password that never changes outlives the people and the machines that once knew it."""

    def often(rotation: Resource) -> Truth:
        rules = rotation["rotationRules"]
        return rules["automaticallyAfterDays"].at_most(LONGEST_ROTATION) | rules["scheduleExpression"].present()

    return secret.attached(ROTATION, at="secretId").any(often)


@rule(
    "secret-no-public",
    title="No policy of a secret lets everybody in",
    severity=Severity.CRITICAL,
    types=(SECRET, SECRET_POLICY),
    arguments={"mlinfra:secret:Secret": "readers"},
    fix="name the principals, or add a condition on aws:PrincipalOrgID",
    waivable=False,
)
def secret_no_public(secret: Resource) -> Truth:
    """A secret that everybody may read is none."""
    return not_public(secret, "policy")


@rule(
    "secret-block-public",
    title="Secrets Manager refuses public policies",
    severity=Severity.LOW,
    types=(SECRET_POLICY,),
    fix="aws.secretsmanager.SecretPolicy(name, block_public_policy=True, …)",
)
def secret_block_public(secret: Resource) -> Truth:
    """Secrets Manager then proves of every later change, too, that the policy is not public."""
    return secret["blockPublicPolicy"].is_true()


@rule(
    "secret-recovery",
    title="Secrets in production can be recovered after deletion",
    severity=Severity.MEDIUM,
    types=(SECRET,),
    arguments=KEPT,
    fix="aws.secretsmanager.Secret(name, recovery_window_in_days=30)",
)
def secret_recovery(secret: Resource) -> Truth:
    """With a window of zero days a mistaken destroy takes every credential with it at once."""
    return only_if(production(secret), secret["recoveryWindowInDays"].at_least(LEAST_RECOVERY))


@rule(
    "secret-plain-state",
    title="Values of secrets are secret to Pulumi too",
    severity=Severity.HIGH,
    types=(SECRET_VERSION, PARAMETER),
    fix="secret_string=config.require_secret(…) or pulumi.Output.secret(…), or secret_string_wo, which is never stored",
)
def secret_plain_state(secret: Resource) -> Truth:
    """Anything else stands in clear text in the state, in its backups and in the output of every preview."""

    def hidden(name: str) -> Truth:
        value = secret[name]
        marked = secret.node.is_secret(name)
        return only_if(value.present(), value.says(marked or (None if value.is_unknown else False), "a Pulumi secret"))

    if secret.type == PARAMETER:
        return only_if(secret["type"].is_(SECURE), hidden("value"))
    return all_of(map(hidden, ("secretString", "secretBinary")))


@rule(
    "ssm-secure-parameter",
    title="Parameters that hold secrets are SecureStrings",
    severity=Severity.HIGH,
    types=(PARAMETER,),
    fix='aws.ssm.Parameter(name, type="SecureString", key_id=key.arn, value=…)',
)
def ssm_secure_parameter(parameter: Resource) -> Truth:
    """A plain parameter can be read by everybody who may describe parameters, and is encrypted under no key of anybody's.

    Parameters are taken for secrets by the form of their value, or by a name such as db-password.
    """
    name = parameter["name"].raw
    words = {parameter.name, name if isinstance(name, str) else ""}
    plain = any_of(
        parameter[path].where(lambda raw: any(is_secret_value(word, raw) for word in words), "a secret")
        for path in ("value", "insecureValue")
    )
    return parameter["type"].is_(SECURE) | ~plain


@rule(
    "ssm-parameter-kms",
    title="SecureStrings are encrypted with a key of the organisation's own",
    severity=Severity.LOW,
    types=(PARAMETER,),
    fix="aws.ssm.Parameter(name, key_id=key.arn, …)",
    profiles=STRICT,
)
def ssm_parameter_kms(parameter: Resource) -> Truth:
    """Under alias/aws/ssm everybody who may read parameters can read this one in clear text."""
    return only_if(parameter["type"].is_(SECURE), names_a_key(parameter["keyId"]))


@rule(
    "ssm-document-private",
    title="Documents of Systems Manager are not public",
    severity=Severity.HIGH,
    types=(DOCUMENT,),
    fix="permissions naming account ids, or none",
)
def ssm_document_private(document: Resource) -> Truth:
    """What a document does on every node of the fleet, names of buckets and roles included, would be on the internet."""
    shared = (document["permissions"].key(name) for name in ("account_ids", "accountIds"))
    return all_of(~accounts.matches(r"(?i)all") for accounts in shared)


RULES: Final = (
    *(secret_kms, secret_rotation, secret_no_public, secret_block_public, secret_recovery, secret_plain_state),
    *(ssm_secure_parameter, ssm_parameter_kms, ssm_document_private),
)
