"""IAM: policy documents, trust, names, limits, deletions."""

from __future__ import annotations

import json

from tests.sandbox.refusals.catalogue import mistake
from tests.sandbox.refusals.cloud import ACCOUNT, Cloud, allow, name, policy, trust

MALFORMED = "MalformedPolicyDocument"


def managed(aws: Cloud, document: str) -> str:
    return aws.iam.create_policy(PolicyName=name("policy"), PolicyDocument=document)["Policy"]["Arn"]


def trusting(aws: Cloud, document: str) -> str:
    role = name("role")
    aws.iam.create_role(RoleName=role, AssumeRolePolicyDocument=document)
    return role


def assumed_by(**principal: object) -> str:
    return policy(allow("sts:AssumeRole", None, Principal=principal))


@mistake("iam.CreatePolicy", MALFORMED, "yntax")
def policy_is_not_json(aws: Cloud) -> None:
    managed(aws, "{'Version': '2012-10-17'}")


@mistake("iam.CreatePolicy", MALFORMED)
def policy_effect_in_lower_case(aws: Cloud) -> None:
    managed(aws, policy({"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"}))


@mistake("iam.CreatePolicy", MALFORMED)
def policy_statement_without_effect(aws: Cloud) -> None:
    managed(aws, policy({"Action": "s3:GetObject", "Resource": "*"}))


@mistake("iam.CreatePolicy", MALFORMED, "resource")
def policy_without_resource(aws: Cloud) -> None:
    managed(aws, policy(allow("s3:GetObject", None)))


@mistake("iam.CreatePolicy", MALFORMED, "rincipal")
def identity_policy_names_a_principal(aws: Cloud) -> None:
    managed(aws, policy(allow("s3:GetObject", Principal="*")))


@mistake("iam.CreatePolicy", MALFORMED, "vendor")
def policy_action_without_service(aws: Cloud) -> None:
    managed(aws, policy(allow("GetObject")))


@mistake("iam.CreatePolicy", MALFORMED)
def policy_element_misspelt(aws: Cloud) -> None:
    managed(aws, policy({"Effect": "Allow", "Actions": ["s3:GetObject"], "Resource": "*"}))


@mistake("iam.CreatePolicy", MALFORMED)
def policy_resource_is_a_bucket_name(aws: Cloud) -> None:
    managed(aws, policy(allow("s3:GetObject", "my-bucket/*")))


@mistake("iam.CreatePolicy", MALFORMED, "version")
def policy_version_invented(aws: Cloud) -> None:
    managed(aws, json.dumps({"Version": "2021-01-01", "Statement": [allow("s3:GetObject")]}))


@mistake("iam.CreatePolicy", MALFORMED, "unique")
def policy_sids_repeat(aws: Cloud) -> None:
    managed(aws, policy(allow("s3:GetObject", Sid="Read"), allow("s3:PutObject", Sid="Read")))


@mistake("iam.CreatePolicy", MALFORMED, "SID")
def policy_sid_with_spaces(aws: Cloud) -> None:
    managed(aws, policy(allow("s3:GetObject", Sid="read the data")))


@mistake("iam.CreatePolicy", MALFORMED)
def policy_condition_operator_misspelt(aws: Cloud) -> None:
    managed(aws, policy(allow("s3:GetObject", Condition={"StringEqual": {"aws:PrincipalOrgID": "o-1"}})))


@mistake("iam.CreatePolicy", MALFORMED, "prefaced")
def policy_condition_key_without_service(aws: Cloud) -> None:
    managed(aws, policy(allow("s3:GetObject", Condition={"StringEquals": {"SourceVpc": "vpc-1"}})))


@mistake("iam.CreatePolicy", MALFORMED)
def policy_with_action_and_not_action(aws: Cloud) -> None:
    managed(aws, policy(allow("s3:GetObject", NotAction="s3:PutObject")))


@mistake("iam.CreatePolicy", "LimitExceeded", "6144")
def managed_policy_too_long(aws: Cloud) -> None:
    managed(aws, policy(allow("s3:GetObject", [f"arn:aws:s3:::a-rather-long-bucket-name-{i}/*" for i in range(170)])))


@mistake("iam.PutRolePolicy", "LimitExceeded", "10240")
def inline_policies_too_long_together(aws: Cloud) -> None:
    role = trusting(aws, trust("ec2.amazonaws.com"))
    long = policy(allow("s3:GetObject", [f"arn:aws:s3:::a-rather-long-bucket-name-{i}/*" for i in range(150)]))
    aws.iam.put_role_policy(RoleName=role, PolicyName="first", PolicyDocument=long)
    aws.iam.put_role_policy(RoleName=role, PolicyName="second", PolicyDocument=long)


@mistake("iam.PutRolePolicy", MALFORMED)
def inline_policy_with_a_principal(aws: Cloud) -> None:
    role = trusting(aws, trust("ec2.amazonaws.com"))
    document = policy(allow("s3:GetObject", Principal={"AWS": ACCOUNT}))
    aws.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document)


@mistake("iam.AttachRolePolicy", "LimitExceeded", "PoliciesPerRole: 10")
def eleventh_policy_on_a_role(aws: Cloud) -> None:
    role = trusting(aws, trust("ec2.amazonaws.com"))
    for _ in range(11):
        aws.iam.attach_role_policy(RoleName=role, PolicyArn=managed(aws, policy(allow("s3:GetObject"))))


@mistake("iam.AttachRolePolicy", "NoSuchEntity")
def attach_an_aws_policy_that_does_not_exist(aws: Cloud) -> None:
    role = trusting(aws, trust("ec2.amazonaws.com"))
    aws.iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClustersPolicy")


@mistake("iam.AttachRolePolicy", "NoSuchEntity")
def attach_to_a_role_that_does_not_exist(aws: Cloud) -> None:
    aws.iam.attach_role_policy(RoleName=name("role"), PolicyArn=managed(aws, policy(allow("s3:GetObject"))))


@mistake("iam.AttachRolePolicy", "InvalidInput|NoSuchEntity|ValidationError")
def attach_by_name_instead_of_arn(aws: Cloud) -> None:
    aws.iam.attach_role_policy(RoleName=trusting(aws, trust("ec2.amazonaws.com")), PolicyArn="AmazonEKSClusterPolicy")


@mistake("iam.CreatePolicyVersion", "LimitExceeded")
def sixth_policy_version(aws: Cloud) -> None:
    arn = managed(aws, policy(allow("s3:GetObject")))
    for number in range(5):
        aws.iam.create_policy_version(
            PolicyArn=arn, PolicyDocument=policy(allow("s3:GetObject", Sid=f"Version{number}"))
        )


@mistake("iam.CreateRole", MALFORMED)
def trust_policy_is_not_json(aws: Cloud) -> None:
    trusting(aws, "lambda.amazonaws.com")


@mistake("iam.CreateRole", MALFORMED, "Principal")
def trust_policy_without_principal(aws: Cloud) -> None:
    trusting(aws, policy(allow("sts:AssumeRole", None)))


@mistake("iam.CreateRole", MALFORMED, "prohibited field Resource")
def trust_policy_with_resource(aws: Cloud) -> None:
    trusting(aws, policy(allow("sts:AssumeRole", "*", Principal={"Service": "ec2.amazonaws.com"})))


@mistake("iam.CreateRole", MALFORMED, "AssumeRole")
def trust_policy_allows_something_else(aws: Cloud) -> None:
    trusting(aws, policy(allow("s3:GetObject", None, Principal={"Service": "ec2.amazonaws.com"})))


@mistake("iam.CreateRole", MALFORMED)
def trust_policy_without_effect(aws: Cloud) -> None:
    trusting(aws, policy({"Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}))


@mistake("iam.CreateRole", MALFORMED, "Invalid principal")
def trusted_role_does_not_exist(aws: Cloud) -> None:
    trusting(aws, assumed_by(AWS=f"arn:aws:iam::{ACCOUNT}:role/nobody"))


@mistake("iam.CreateRole", MALFORMED, "Invalid principal")
def trusted_service_without_domain(aws: Cloud) -> None:
    trusting(aws, trust("lambda"))


@mistake("iam.CreateRole", MALFORMED, "Invalid principal")
def trusted_service_misspelt(aws: Cloud) -> None:
    trusting(aws, trust("lamda.amazonaws.com"))


@mistake("iam.CreateRole", MALFORMED, "Invalid principal")
def trusted_service_in_another_domain(aws: Cloud) -> None:
    trusting(aws, trust("ec2.amazon.com"))


@mistake("iam.CreateRole", MALFORMED, "Invalid principal")
def trusted_role_with_wildcard(aws: Cloud) -> None:
    trusting(aws, assumed_by(AWS=f"arn:aws:iam::{ACCOUNT}:role/deploy-*"))


@mistake("iam.CreateRole", MALFORMED, "Invalid principal")
def trusted_account_with_eleven_digits(aws: Cloud) -> None:
    trusting(aws, assumed_by(AWS="arn:aws:iam::12345678901:root"))


@mistake("iam.CreateRole", MALFORMED, "Invalid principal")
def trusted_group(aws: Cloud) -> None:
    group = name("group")
    aws.iam.create_group(GroupName=group)
    trusting(aws, assumed_by(AWS=f"arn:aws:iam::{ACCOUNT}:group/{group}"))


@mistake("iam.CreateRole", MALFORMED, "rincipal")
def trust_policy_principal_kind_misspelt(aws: Cloud) -> None:
    trusting(aws, assumed_by(Services="ec2.amazonaws.com"))


@mistake("iam.UpdateAssumeRolePolicy", MALFORMED, "Invalid principal")
def updated_trust_names_a_missing_user(aws: Cloud) -> None:
    role = trusting(aws, trust("ec2.amazonaws.com"))
    document = assumed_by(AWS=f"arn:aws:iam::{ACCOUNT}:user/nobody")
    aws.iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)


@mistake("iam.CreateRole", "LimitExceeded", "2048")
def trust_policy_too_long(aws: Cloud) -> None:
    subjects = [f"repo:organisation/a-repository-with-a-long-name-{i}:ref:refs/heads/main" for i in range(40)]
    trusting(
        aws,
        policy(
            allow(
                "sts:AssumeRoleWithWebIdentity",
                None,
                Principal={"Federated": "accounts.google.com"},
                Condition={"StringEquals": {"accounts.google.com:sub": subjects}},
            )
        ),
    )


@mistake("iam.CreateRole", "ValidationError", "64")
def role_name_too_long(aws: Cloud) -> None:
    aws.iam.create_role(RoleName="a" * 65, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))


@mistake("iam.CreateRole", "ValidationError", "roleName")
def role_name_with_a_space(aws: Cloud) -> None:
    aws.iam.create_role(RoleName="data reader", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))


@mistake("iam.CreateRole", "ValidationError", "escription")
def role_description_with_a_dash_from_a_word_processor(aws: Cloud) -> None:
    document = trust("ec2.amazonaws.com")
    aws.iam.create_role(RoleName=name(), Description="Training \u2013 nodes", AssumeRolePolicyDocument=document)


@mistake("iam.CreateRole", "ValidationError", "43200")
def role_session_longer_than_twelve_hours(aws: Cloud) -> None:
    document = trust("ec2.amazonaws.com")
    aws.iam.create_role(RoleName=name(), MaxSessionDuration=86400, AssumeRolePolicyDocument=document)


@mistake("iam.CreateRole", "ValidationError", "path")
def role_path_without_slash(aws: Cloud) -> None:
    aws.iam.create_role(RoleName=name(), Path="teams/ml/", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))


@mistake("iam.CreateRole", "ValidationError|InvalidInput", "value")
def tag_value_with_brackets(aws: Cloud) -> None:
    tags = [{"Key": "owner", "Value": "ML team (platform)"}]
    aws.iam.create_role(RoleName=name(), AssumeRolePolicyDocument=trust("ec2.amazonaws.com"), Tags=tags)


@mistake("iam.CreateRole", "InvalidInput", "aws:")
def tag_key_with_reserved_prefix(aws: Cloud) -> None:
    tags = [{"Key": "aws:owner", "Value": "ml"}]
    aws.iam.create_role(RoleName=name(), AssumeRolePolicyDocument=trust("ec2.amazonaws.com"), Tags=tags)


@mistake("iam.CreateRole", "NoSuchEntity", "boundary")
def permissions_boundary_does_not_exist(aws: Cloud) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    document = trust("ec2.amazonaws.com")
    aws.iam.create_role(RoleName=name(), AssumeRolePolicyDocument=document, PermissionsBoundary=boundary)


@mistake("iam.PutRolePermissionsBoundary", "NoSuchEntity")
def later_permissions_boundary_does_not_exist(aws: Cloud) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    aws.iam.put_role_permissions_boundary(
        RoleName=trusting(aws, trust("ec2.amazonaws.com")), PermissionsBoundary=boundary
    )


@mistake("iam.CreateRole", "EntityAlreadyExists")
def role_exists(aws: Cloud) -> None:
    role = trusting(aws, trust("ec2.amazonaws.com"))
    aws.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))


@mistake("iam.DeleteRole", "DeleteConflict")
def delete_role_with_policies(aws: Cloud) -> None:
    role = trusting(aws, trust("ec2.amazonaws.com"))
    aws.iam.attach_role_policy(RoleName=role, PolicyArn=managed(aws, policy(allow("s3:GetObject"))))
    aws.iam.delete_role(RoleName=role)


@mistake("iam.DeleteRole", "DeleteConflict")
def delete_role_in_an_instance_profile(aws: Cloud) -> None:
    role = trusting(aws, trust("ec2.amazonaws.com"))
    aws.iam.create_instance_profile(InstanceProfileName=role)
    aws.iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
    aws.iam.delete_role(RoleName=role)


@mistake("iam.DeletePolicy", "DeleteConflict")
def delete_policy_in_use(aws: Cloud) -> None:
    role, arn = trusting(aws, trust("ec2.amazonaws.com")), managed(aws, policy(allow("s3:GetObject")))
    aws.iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    aws.iam.delete_policy(PolicyArn=arn)


@mistake("iam.DeletePolicy", "DeleteConflict")
def delete_policy_that_is_a_boundary(aws: Cloud) -> None:
    arn = managed(aws, policy(allow("s3:GetObject")))
    document = trust("ec2.amazonaws.com")
    aws.iam.create_role(RoleName=name(), AssumeRolePolicyDocument=document, PermissionsBoundary=arn)
    aws.iam.delete_policy(PolicyArn=arn)


@mistake("iam.DeleteInstanceProfile", "DeleteConflict")
def delete_instance_profile_with_a_role(aws: Cloud) -> None:
    role = trusting(aws, trust("ec2.amazonaws.com"))
    aws.iam.create_instance_profile(InstanceProfileName=role)
    aws.iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
    aws.iam.delete_instance_profile(InstanceProfileName=role)


@mistake("iam.AddRoleToInstanceProfile", "LimitExceeded")
def second_role_in_an_instance_profile(aws: Cloud) -> None:
    first, second = trusting(aws, trust("ec2.amazonaws.com")), trusting(aws, trust("ec2.amazonaws.com"))
    aws.iam.create_instance_profile(InstanceProfileName=first)
    aws.iam.add_role_to_instance_profile(InstanceProfileName=first, RoleName=first)
    aws.iam.add_role_to_instance_profile(InstanceProfileName=first, RoleName=second)


@mistake("iam.CreateOpenIDConnectProvider", "ValidationError|InvalidInput")
def oidc_provider_without_https(aws: Cloud) -> None:
    aws.iam.create_open_id_connect_provider(Url="http://oidc.example.com", ThumbprintList=["0" * 40])


@mistake("iam.CreateServiceLinkedRole", "InvalidInput|EntityAlreadyExists", "taken|exists")
def service_linked_role_exists(aws: Cloud) -> None:
    aws.iam.create_service_linked_role(AWSServiceName="guardduty.amazonaws.com")
    aws.iam.create_service_linked_role(AWSServiceName="guardduty.amazonaws.com")


@mistake("iam.CreateServiceLinkedRole", "AccessDenied|InvalidInput|NoSuchEntity")
def service_linked_role_for_a_service_without_one(aws: Cloud) -> None:
    aws.iam.create_service_linked_role(AWSServiceName="ec2.amazon.com")


@mistake("iam.UpdateAccountPasswordPolicy", "ValidationError")
def password_policy_length_out_of_range(aws: Cloud) -> None:
    aws.iam.update_account_password_policy(MinimumPasswordLength=200)
