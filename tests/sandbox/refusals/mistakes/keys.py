"""KMS and Secrets Manager: key policies, aliases, rotation, secrets."""

from __future__ import annotations

import json

from tests.sandbox.refusals.catalogue import mistake
from tests.sandbox.refusals.cloud import ACCOUNT, ROOT, Cloud, allow, key_policy, name, policy

MALFORMED = "MalformedPolicyDocumentException"


@mistake("kms.CreateKey", MALFORMED)
def key_policy_is_not_json(aws: Cloud) -> None:
    aws.kms.create_key(Policy="{Version: 2012-10-17}")


@mistake("kms.CreateKey", MALFORMED, "rincipal")
def key_policy_without_principal(aws: Cloud) -> None:
    aws.kms.create_key(Policy=policy(allow("kms:*")))


@mistake("kms.CreateKey", MALFORMED, "esource")
def key_policy_without_resource(aws: Cloud) -> None:
    aws.kms.create_key(Policy=policy(allow("kms:*", None, Principal={"AWS": ROOT})))


@mistake("kms.CreateKey", MALFORMED, "invalid principal")
def key_policy_names_a_missing_role(aws: Cloud) -> None:
    aws.key(allow("kms:Decrypt", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}))


@mistake("kms.CreateKey", MALFORMED, "will not allow you to update the key policy")
def key_policy_locks_everyone_out(aws: Cloud) -> None:
    aws.kms.create_key(Policy=policy(allow(["kms:Encrypt", "kms:Decrypt"], Principal={"AWS": ROOT})))


@mistake("kms.CreateKey", MALFORMED, "will not allow you to update the key policy")
def key_policy_only_for_a_service(aws: Cloud) -> None:
    aws.kms.create_key(Policy=policy(allow("kms:*", Principal={"Service": "logs.us-east-1.amazonaws.com"})))


@mistake("kms.PutKeyPolicy", MALFORMED, "will not allow you to update the key policy")
def key_policy_denies_its_own_change(aws: Cloud) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*"}
    aws.kms.put_key_policy(KeyId=aws.key(), PolicyName="default", Policy=key_policy(deny))


@mistake("kms.PutKeyPolicy", MALFORMED)
def key_policy_condition_operator_misspelt(aws: Cloud) -> None:
    statement = allow("kms:Decrypt", Principal={"AWS": "*"}, Condition={"StringEqual": {"kms:CallerAccount": ACCOUNT}})
    aws.kms.put_key_policy(KeyId=aws.key(), PolicyName="default", Policy=key_policy(statement))


@mistake("kms.CreateKey", "LimitExceededException|" + MALFORMED, "32")
def key_policy_too_long(aws: Cloud) -> None:
    aws.key(*(allow("kms:Decrypt", Principal={"AWS": ROOT}, Sid=f"{'S' * 100}{number}") for number in range(180)))


@mistake("kms.PutKeyPolicy", "ValidationException|UnsupportedOperationException|NotFoundException", "")
def key_policy_with_another_name(aws: Cloud) -> None:
    aws.kms.put_key_policy(KeyId=aws.key(), PolicyName="main", Policy=key_policy())


@mistake("kms.CreateAlias", "ValidationException")
def alias_without_prefix(aws: Cloud) -> None:
    aws.kms.create_alias(AliasName=name("data"), TargetKeyId=aws.key())


@mistake("kms.CreateAlias", "NotAuthorizedException|ValidationException")
def alias_with_reserved_prefix(aws: Cloud) -> None:
    aws.kms.create_alias(AliasName="alias/aws/data", TargetKeyId=aws.key())


@mistake("kms.CreateAlias", "AlreadyExistsException")
def alias_exists(aws: Cloud) -> None:
    alias = name("alias/data")
    aws.kms.create_alias(AliasName=alias, TargetKeyId=aws.key())
    aws.kms.create_alias(AliasName=alias, TargetKeyId=aws.key())


@mistake("kms.CreateAlias", "NotFoundException")
def alias_of_a_missing_key(aws: Cloud) -> None:
    aws.kms.create_alias(AliasName=name("alias/data"), TargetKeyId="2c9d0c2e-3a9c-4b57-8f52-1f6b8e0f4f11")


@mistake("kms.CreateAlias", "ValidationException", "alias")
def alias_name_with_a_dot(aws: Cloud) -> None:
    aws.kms.create_alias(AliasName="alias/data.v1", TargetKeyId=aws.key())


@mistake("kms.EnableKeyRotation", "UnsupportedOperationException")
def rotation_of_an_asymmetric_key(aws: Cloud) -> None:
    key = aws.kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    aws.kms.enable_key_rotation(KeyId=key)


@mistake("kms.EnableKeyRotation", "ValidationException", "2560")
def rotation_period_too_long(aws: Cloud) -> None:
    aws.kms.enable_key_rotation(KeyId=aws.key(), RotationPeriodInDays=3650)


@mistake("kms.CreateKey", "ValidationException")
def symmetric_key_for_signing(aws: Cloud) -> None:
    aws.kms.create_key(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="SIGN_VERIFY")


@mistake("kms.CreateKey", "ValidationException", "RSA_1024")
def key_spec_invented(aws: Cloud) -> None:
    aws.kms.create_key(KeySpec="RSA_1024", KeyUsage="ENCRYPT_DECRYPT")


@mistake("kms.ScheduleKeyDeletion", "ValidationException")
def key_deletion_in_three_days(aws: Cloud) -> None:
    aws.kms.schedule_key_deletion(KeyId=aws.key(), PendingWindowInDays=3)


@mistake("kms.PutKeyPolicy", "KMSInvalidStateException", "pending deletion")
def policy_of_a_key_that_is_being_deleted(aws: Cloud) -> None:
    key = aws.key().split("/")[1]
    aws.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    aws.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=key_policy())


@mistake("kms.CreateGrant", "InvalidArnException", "grantee")
def grant_to_a_missing_role(aws: Cloud) -> None:
    grantee = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    aws.kms.create_grant(KeyId=aws.key(), GranteePrincipal=grantee, Operations=["Decrypt"])


@mistake("secretsmanager.CreateSecret", "ResourceExistsException")
def secret_exists(aws: Cloud) -> None:
    secret = name("secret")
    aws.secretsmanager.create_secret(Name=secret, SecretString="x")
    aws.secretsmanager.create_secret(Name=secret, SecretString="x")


@mistake("secretsmanager.CreateSecret", "InvalidRequestException|ResourceNotFoundException", "key")
def secret_with_a_missing_key(aws: Cloud) -> None:
    key = aws.arn("kms", "key/2c9d0c2e-3a9c-4b57-8f52-1f6b8e0f4f11")
    aws.secretsmanager.create_secret(Name=name("secret"), SecretString="x", KmsKeyId=key)


@mistake("secretsmanager.CreateSecret", "ValidationException|InvalidParameterException", "name")
def secret_name_with_a_space(aws: Cloud) -> None:
    aws.secretsmanager.create_secret(Name="database password", SecretString="x")


@mistake("secretsmanager.PutResourcePolicy", MALFORMED)
def secret_policy_is_malformed(aws: Cloud) -> None:
    secret = aws.secretsmanager.create_secret(Name=name("secret"), SecretString="x")["ARN"]
    document = policy(allow("secretsmanager:GetSecretValue"))
    aws.secretsmanager.put_resource_policy(SecretId=secret, ResourcePolicy=document)


@mistake("secretsmanager.PutResourcePolicy", "PublicPolicyException")
def secret_policy_is_public(aws: Cloud) -> None:
    secret = aws.secretsmanager.create_secret(Name=name("secret"), SecretString="x")["ARN"]
    document = policy(allow("secretsmanager:GetSecretValue", Principal="*"))
    aws.secretsmanager.put_resource_policy(SecretId=secret, ResourcePolicy=document, BlockPublicPolicy=True)


@mistake("secretsmanager.DeleteSecret", "InvalidParameterException")
def secret_recovery_window_too_short(aws: Cloud) -> None:
    secret = aws.secretsmanager.create_secret(Name=name("secret"), SecretString="x")["ARN"]
    aws.secretsmanager.delete_secret(SecretId=secret, RecoveryWindowInDays=3)


@mistake("secretsmanager.RotateSecret", "ResourceNotFoundException|InvalidRequestException")
def secret_rotated_by_a_missing_function(aws: Cloud) -> None:
    secret = aws.secretsmanager.create_secret(Name=name("secret"), SecretString="x")["ARN"]
    aws.secretsmanager.rotate_secret(
        SecretId=secret,
        RotationLambdaARN=aws.arn("lambda", "function:nothing"),
        RotationRules={"AutomaticallyAfterDays": 30},
    )


@mistake("ssm.PutParameter", "AccessDeniedException|ValidationException", "reserved")
def parameter_with_reserved_prefix(aws: Cloud) -> None:
    aws.ssm.put_parameter(Name="/aws/data/bucket", Value="x", Type="String")


@mistake("ssm.PutParameter", "ValidationException")
def parameter_larger_than_standard_tier(aws: Cloud) -> None:
    aws.ssm.put_parameter(Name=name("/parameter"), Value="x" * 5000, Type="String", Tier="Standard")


@mistake("ssm.PutParameter", "InvalidKeyId", "key")
def secure_parameter_with_a_missing_key(aws: Cloud) -> None:
    aws.ssm.put_parameter(Name=name("/parameter"), Value="x", Type="SecureString", KeyId="alias/nothing")


@mistake("ssm.PutParameter", "ParameterPatternMismatchException")
def parameter_value_outside_its_pattern(aws: Cloud) -> None:
    aws.ssm.put_parameter(Name=name("/parameter"), Value="abc", Type="String", AllowedPattern="^[0-9]+$")


@mistake("ssm.PutParameter", "HierarchyLevelLimitExceededException|ValidationException", "15")
def parameter_name_too_deep(aws: Cloud) -> None:
    aws.ssm.put_parameter(Name="/" + "/".join("abcdefghijklmnopq"), Value="x", Type="String")


@mistake("acm.RequestCertificate", "ValidationException", "domainName")
def certificate_for_a_url(aws: Cloud) -> None:
    aws.acm.request_certificate(DomainName="https://models.example.com", ValidationMethod="DNS")


@mistake("ecr.CreateRepository", "InvalidParameterException", "repositoryName")
def repository_name_in_upper_case(aws: Cloud) -> None:
    aws.ecr.create_repository(repositoryName="ML/Training")


@mistake("ecr.CreateRepository", "KmsException", "key")
def repository_with_a_missing_key(aws: Cloud) -> None:
    key = aws.arn("kms", "key/2c9d0c2e-3a9c-4b57-8f52-1f6b8e0f4f11")
    encryption = {"encryptionType": "KMS", "kmsKey": key}
    aws.ecr.create_repository(repositoryName=name("repository"), encryptionConfiguration=encryption)


@mistake("ecr.SetRepositoryPolicy", "InvalidParameterException")
def repository_policy_with_resource(aws: Cloud) -> None:
    repository = name("repository")
    aws.ecr.create_repository(repositoryName=repository)
    document = policy(allow("ecr:BatchGetImage", "*", Principal={"AWS": ROOT}))
    aws.ecr.set_repository_policy(repositoryName=repository, policyText=document)


@mistake("ecr.SetRepositoryPolicy", "InvalidParameterException")
def repository_policy_names_a_missing_role(aws: Cloud) -> None:
    repository = name("repository")
    aws.ecr.create_repository(repositoryName=repository)
    document = policy(allow("ecr:BatchGetImage", None, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}))
    aws.ecr.set_repository_policy(repositoryName=repository, policyText=document)


@mistake("ecr.PutLifecyclePolicy", "InvalidParameterException")
def repository_lifecycle_policy_without_selection(aws: Cloud) -> None:
    repository = name("repository")
    aws.ecr.create_repository(repositoryName=repository)
    rule = {"rulePriority": 1, "description": "expire untagged images after two weeks", "action": {"type": "expire"}}
    rules = json.dumps({"rules": [rule]})
    aws.ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=rules)
