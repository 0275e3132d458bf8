"""Rules about KMS keys: who administers them, who uses them, and for how long they last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, only_if
from mlinfra.policies.grants import account_of, not_public, own_accounts, resource_policy, to_strangers
from mlinfra.policies.s3 import BUCKETS, ENCRYPTION, TRAIL, takes_records
from mlinfra.policies.shared import production, protected
from mlinfra.policies.statements import Known, Statement, all3, any3, not3

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

KEY: Final = "aws:kms/key:Key"
REPLICA: Final = "aws:kms/replicaKey:ReplicaKey"
EXTERNAL: Final = "aws:kms/externalKey:ExternalKey"
KEY_POLICY: Final = "aws:kms/keyPolicy:KeyPolicy"
WITH_POLICY: Final = (KEY, REPLICA, EXTERNAL, KEY_POLICY)
KEY_RING: Final = "mlinfra:keys:KeyRing"
LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
USES: Final = ("kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:CreateGrant")
LONGEST_PERIOD: Final = 365  # days between rotations
LEAST_WINDOW: Final = 30  # days, the longest that KMS allows


@rule(
    "kms-rotation",
    title="Symmetric keys rotate",
    severity=Severity.MEDIUM,
    types=(KEY,),
    fix="aws.kms.Key(name, enable_key_rotation=True)",
)
def kms_rotation(key: Resource) -> Truth:
    """What one version of a key protects stays within bounds, and so does the harm when it leaks.

    Asymmetric and HMAC keys, and keys in a custom key store, cannot rotate by themselves.
    """
    rotates = key["customerMasterKeySpec"].is_("SYMMETRIC_DEFAULT") & ~key["customKeyStoreId"].present()
    return only_if(rotates, key["enableKeyRotation"].is_true())


@rule(
    "kms-rotation-period",
    title="Keys rotate once a year or more often",
    severity=Severity.LOW,
    types=(KEY,),
    fix="aws.kms.Key(name, enable_key_rotation=True, rotation_period_in_days=365)",
)
def kms_rotation_period(key: Resource) -> Truth:
    """KMS allows seven years between rotations, which is rotation in name only."""
    return only_if(key["enableKeyRotation"].is_true(), key["rotationPeriodInDays"].at_most(LONGEST_PERIOD))


@rule(
    "kms-deletion-window",
    title="Keys in production can be rescued for 30 days, and not be deleted by mistake",
    severity=Severity.MEDIUM,
    types=(KEY, EXTERNAL),
    fix="aws.kms.Key(name, deletion_window_in_days=30, opts=pulumi.ResourceOptions(protect=True))",
    arguments={KEY_RING: "deletion_protection"},
)
def kms_deletion_window(key: Resource) -> Truth:
    """With the key goes all data under it, backups included: nothing else deletes so much with one call."""
    return only_if(production(key), key["deletionWindowInDays"].at_least(LEAST_WINDOW) & protected(key))


@rule(
    "kms-enabled",
    title="Keys are enabled",
    severity=Severity.MEDIUM,
    types=(KEY,),
    fix="aws.kms.Key(name, is_enabled=True)",
)
def kms_enabled(key: Resource) -> Truth:
    """Nothing under a disabled key can be read or written: jobs fail at their first checkpoint, logs are lost silently."""
    return key["isEnabled"].is_true()


@rule(
    "kms-lockout-check",
    title="KMS checks that somebody can still change a key's policy",
    severity=Severity.MEDIUM,
    types=WITH_POLICY,
    fix="bypass_policy_lockout_safety_check=False",
)
def kms_lockout_check(key: Resource) -> Truth:
    """Without the check a policy can shut out everybody, and only AWS Support opens the key again."""
    return ~key["bypassPolicyLockoutSafetyCheck"].is_true()


@rule(
    "kms-no-public",
    title="No key policy lets everybody in",
    severity=Severity.CRITICAL,
    types=WITH_POLICY,
    fix='"Principal": {"AWS": "arn:aws:iam::<account>:root"}, or a condition on kms:CallerAccount or aws:PrincipalOrgID',
    waivable=False,
)
def kms_no_public(key: Resource) -> Truth:
    """Encryption protects from nobody when everybody may decrypt."""
    return not_public(key, "policy")


@rule(
    "kms-no-wildcard-admin",
    title="Nobody but the account itself may do everything with a key",
    severity=Severity.HIGH,
    types=WITH_POLICY,
    fix="give administrators kms:Describe*, kms:Enable*, kms:Put*, …, and users kms:Decrypt and kms:GenerateDataKey*",
    arguments={KEY_RING: "administrators"},
)
def kms_no_wildcard_admin(key: Resource) -> Truth:
    """With `kms:*` one role both reads the data and deletes the key.

    That the account itself has it is normal: its policies then decide, and the key cannot be lost.
    """
    own = own_accounts(key)

    def too_much(one: Statement) -> Known:
        others = one.accounts().any(lambda text: not (_is_root(text) and (not own or account_of(text) in own)))
        return all3((one.allows, one.all_of_service("kms"), any3((others, one.anybody(), one.services().any(bool)))))

    return resource_policy(key, "policy", lambda one: one.none(too_much, "kms:* for the account's root alone"))


@rule(
    "kms-cross-account",
    title="No other account uses a key",
    severity=Severity.HIGH,
    types=WITH_POLICY,
    arguments={"mlinfra:keys:KeyRing": "users"},
    fix="drop the statement, or share the data through a role of this account",
)
def kms_cross_account(key: Resource) -> Truth:
    """Who may decrypt elsewhere, or hand on the right by a grant, takes the data out of the account's control."""
    own = own_accounts(key)

    def shared(one: Statement) -> Known:
        return all3((one.allows, to_strangers(one, own), any3(map(one.covers, USES))))

    return resource_policy(key, "policy", lambda one: one.none(shared, "principals of this account"))


@rule(
    "kms-service-scope",
    title="AWS services use a key for this account's resources alone",
    severity=Severity.MEDIUM,
    types=WITH_POLICY,
    fix='"Condition": {"StringEquals": {"aws:SourceAccount": account}} (for CloudWatch Logs: ArnLike on '
    "kms:EncryptionContext:aws:logs:arn)",
)
def kms_service_scope(key: Resource) -> Truth:
    """A service acts for whoever asks: without the condition it can be made to use the key for another customer."""
    scoped = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "kms:calleraccount")

    def open_to_service(one: Statement) -> Known:
        context = one.tests(lambda test: test.names() if test.key.startswith("kms:encryptioncontext:") else False)
        limited = any3((one.requires(*scoped), context))
        return all3((one.allows, one.services().any(bool), any3(map(one.covers, USES)), not3(limited)))

    return resource_policy(key, "policy", lambda one: one.none(open_to_service, "a condition on the source's account"))


@rule(
    "kms-via-service",
    title="Keys are used through AWS services alone",
    severity=Severity.LOW,
    types=WITH_POLICY,
    fix='"Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": account}}',
    profiles=STRICT,
)
def kms_via_service(key: Resource) -> Truth:
    """A key for S3 that nobody can call directly decrypts nothing but objects, and every use stands beside an access log.

    The statement with which KMS gives the account everything is left to the policies of IAM.
    """

    def direct(one: Statement) -> Known:
        limited = one.requires("kms:viaservice", "kms:grantisforawsresource")
        used = any3(map(one.covers, ("kms:Decrypt", "kms:GenerateDataKey")))
        return all3((one.allows, one.accounts().any(bool), used, not3(one.all_of_service("kms")), not3(limited)))

    return resource_policy(key, "policy", lambda one: one.none(direct, "a condition on kms:ViaService"))


@rule(
    "kms-separate-keys",
    title="Logs and data have keys of their own",
    severity=Severity.LOW,
    types=(KEY,),
    fix="one aws.kms.Key for the audit trail and log groups, another for data",
)
def kms_separate_keys(key: Resource) -> Truth:
    """Whoever administers the data's key could otherwise make the record of what was done with it unreadable."""
    for_logs = key.attached(TRAIL, LOG_GROUP, at="kmsKeyId").exist()
    for_data = key.attached(*ENCRYPTION, at="rules").any(
        lambda one: one["bucket"].resources(*BUCKETS).one(lambda bucket: ~takes_records(bucket))
    )
    return only_if(for_logs | for_data, ~(for_logs & for_data))


@rule(
    "kms-duties",
    title="No statement of a key's policy gives both its administration and its use",
    severity=Severity.LOW,
    types=WITH_POLICY,
    arguments={"mlinfra:keys:KeyRing": "users"},
    fix="one statement with kms:Describe*, kms:Put*, kms:ScheduleKeyDeletion, … and another with kms:Decrypt, kms:GenerateDataKey*",
    profiles=STRICT,
)
def kms_duties(key: Resource) -> Truth:
    """Where the account may do everything, every policy of IAM that says `kms:*` both reads the data and deletes the key.

    Keys with no policy but the one that KMS gives them are left out.
    """

    def both(one: Statement) -> Known:
        return all3((one.allows, one.covers("kms:Decrypt"), one.covers("kms:ScheduleKeyDeletion")))

    wanted = "administration and use in statements of their own"
    return resource_policy(key, "policy", lambda one: one.none(both, wanted))


@rule(
    "kms-grants",
    title="Grants on keys are for AWS services alone",
    severity=Severity.LOW,
    types=WITH_POLICY,
    fix='"Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}',
    profiles=STRICT,
)
def kms_grants(key: Resource) -> Truth:
    """A grant hands the use of a key to anybody, stands in no policy, and outlives the role of whoever gave it."""

    def free(one: Statement) -> Known:
        bound = one.tests(lambda test: test.key in ("kms:grantisforawsresource", "kms:viaservice"))
        return all3((one.allows, one.covers("kms:CreateGrant"), not3(one.all_of_service("kms")), not3(bound)))

    return resource_policy(key, "policy", lambda one: one.none(free, "a condition on kms:GrantIsForAWSResource"))


def _is_root(principal: str) -> bool:
    return principal.isdigit() or principal.endswith(":root")


RULES: Final = (
    *(kms_rotation, kms_rotation_period, kms_deletion_window, kms_enabled, kms_lockout_check, kms_no_public),
    *(kms_no_wildcard_admin, kms_cross_account, kms_service_scope, kms_via_service, kms_separate_keys),
    *(kms_duties, kms_grants),
)
