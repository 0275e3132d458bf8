"""Good configurations of the ground: networks, keys, identities, buckets, audit. AWS takes every call here."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.refusals.cloud import ACCOUNT, ROOT, Cloud, allow, for_service, key_policy, name, policy, trust

ORGANISATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}
OPEN = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
CLOSED = dict.fromkeys(OPEN, True)


def deny(action: str | list[str], resource: str | list[str] = "*", **rest: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, **rest}


def network_of_three_tiers(aws: Cloud) -> None:
    """Built, used, and taken down again in an order that AWS allows."""
    ec2 = aws.ec2
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "platform (dev), rows & columns"}]}]
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", InstanceTenancy="default", TagSpecifications=tags)["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="100.64.0.0/16")
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.21.0.0/16")
    subnets: dict[str, str] = {}
    for tier, start in (("public", 0), ("private", 16), ("data", 32)):
        for index, zone in enumerate("abc"):
            made = ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.20.{start + index * 4}.0/22", AvailabilityZone=aws.region + zone
            )
            subnets[tier + zone] = made["Subnet"]["SubnetId"]
    pods = ec2.create_subnet(VpcId=vpc, CidrBlock="100.64.0.0/18", AvailabilityZone=aws.region + "a")["Subnet"][
        "SubnetId"
    ]
    ec2.modify_subnet_attribute(SubnetId=subnets["publica"], MapPublicIpOnLaunch={"Value": False})
    gateway = aws.gateway(vpc)
    public = aws.table(vpc)
    ec2.create_route(RouteTableId=public, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    nats, tables, addresses, associations = [], [public], [], []
    for zone in "abc":
        associated = ec2.associate_route_table(RouteTableId=public, SubnetId=subnets["public" + zone])
        associations.append(associated["AssociationId"])
        addresses.append(aws.eip())
        nat = ec2.create_nat_gateway(SubnetId=subnets["public" + zone], AllocationId=addresses[-1])["NatGateway"]
        nats.append(nat["NatGatewayId"])
        tables.append(aws.table(vpc))
        ec2.create_route(RouteTableId=tables[-1], DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nats[-1])
        associated = ec2.associate_route_table(RouteTableId=tables[-1], SubnetId=subnets["private" + zone])
        associations.append(associated["AssociationId"])
    private_nat = ec2.create_nat_gateway(SubnetId=subnets["dataa"], ConnectivityType="private")["NatGateway"]
    nats.append(private_nat["NatGatewayId"])
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    for egress in (True, False):
        ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=32766, Protocol="6", RuleAction="allow", Egress=egress,
            CidrBlock="10.20.0.0/16", PortRange={"From": 443, "To": 443},
        )  # fmt: skip
    ec2.delete_network_acl(NetworkAclId=acl)
    for nat in nats:
        ec2.delete_nat_gateway(NatGatewayId=nat)
    for address in addresses:
        ec2.release_address(AllocationId=address)
    for association in associations:
        ec2.disassociate_route_table(AssociationId=association)
    for table in tables:
        ec2.delete_route_table(RouteTableId=table)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    for subnet in (*subnets.values(), pods):
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def security_groups_that_name_each_other(aws: Cloud) -> None:
    ec2, vpc = aws.ec2, aws.vpc()
    cluster, nodes = aws.group(vpc), aws.group(vpc)
    odd = ec2.create_security_group(
        GroupName="nodes-sg (v2) #1", Description="nodes: 443/tcp from api_server, 10.0.0.0/8 = all!", VpcId=vpc
    )["GroupId"]
    rules = [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": cluster, "Description": "api"}]},
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": cluster}]},
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "10.0.0.0/16", "Description": "DNS (udp)"}]},
        {"IpProtocol": "50", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
        {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "192.168.1.7/32"}]},
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
    ]  # fmt: skip
    ec2.authorize_security_group_ingress(GroupId=cluster, IpPermissions=rules)
    prefix_list = ec2.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    to_s3 = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": prefix_list}]}
    ec2.authorize_security_group_egress(GroupId=nodes, IpPermissions=[to_s3])
    interface = aws.interface(aws.subnet(vpc), nodes)
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    pair = [{"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8090, "UserIdGroupPairs": [{"GroupId": nodes}]}]
    ec2.authorize_security_group_ingress(GroupId=cluster, IpPermissions=pair)
    ec2.revoke_security_group_ingress(GroupId=cluster, IpPermissions=pair)
    for group in (nodes, cluster, odd):
        ec2.delete_security_group(GroupId=group)
    peer = aws.vpc("10.99.0.0/16")
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)["VpcPeeringConnection"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering["VpcPeeringConnectionId"])
    attached = aws.vpc("10.98.0.0/16")
    hub = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    for one in (vpc, attached):
        ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=hub, VpcId=one, SubnetIds=[])
    far = [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": aws.group(attached)}]}
    ]
    ec2.authorize_security_group_ingress(GroupId=aws.group(vpc), IpPermissions=far)
    both = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": aws.group(peer)}]}]
    ec2.authorize_security_group_ingress(GroupId=aws.group(vpc), IpPermissions=both)


def private_endpoints(aws: Cloud) -> None:
    vpc = aws.vpc()
    tables, subnets, group = [aws.table(vpc), aws.table(vpc)], aws.subnets(vpc), aws.group(vpc)
    mine = policy(allow("*", "*", Principal="*", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}}))
    layers = allow("s3:GetObject", f"arn:aws:s3:::prod-{aws.region}-starport-layer-bucket/*", Principal="*")
    ec2, prefix = aws.ec2, f"com.amazonaws.{aws.region}"
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"{prefix}.s3", RouteTableIds=tables, PolicyDocument=policy(allow("s3:*", Principal="*"), layers)
    )  # fmt: skip
    made = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"{prefix}.dynamodb", VpcEndpointType="Gateway", RouteTableIds=tables
    )["VpcEndpoint"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"{prefix}.dynamodb", VpcEndpointType="Gateway", RouteTableIds=tables
    )
    for service in (
        "ecr.api", "ecr.dkr", "sts", "kms", "logs", "sagemaker.api", "sagemaker.runtime", "ssm", "ec2messages",
        "kms-fips", "eks-auth", "bedrock-runtime", "s3tables", "something-entirely-new",
    ):  # fmt: skip
        ec2.create_vpc_endpoint(
            VpcId=vpc, ServiceName=f"{prefix}.{service}", VpcEndpointType="Interface", SubnetIds=subnets,
            SecurityGroupIds=[group], PrivateDnsEnabled=True, PolicyDocument=mine,
        )  # fmt: skip
    notebook = f"aws.sagemaker.{aws.region}.notebook"
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=notebook, VpcEndpointType="Interface", SubnetIds=subnets)
    # the same service once more, without private names, and in a VPC that has none
    bare, again = aws.vpc(names=False), {"VpcEndpointType": "Interface", "PrivateDnsEnabled": False}
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"{prefix}.sts", **again)
    ec2.create_vpc_endpoint(VpcId=bare, ServiceName=f"{prefix}.sts", **again)
    ec2.create_vpc_endpoint(
        VpcId=aws.vpc(), ServiceName="com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0", **again
    )


def flow_logs(aws: Cloud) -> None:
    writer = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
    role = aws.role("vpc-flow-logs.amazonaws.com", actions=writer)
    resources = {"ResourceType": "VPC", "TrafficType": "ALL"}
    aws.ec2.create_flow_logs(
        ResourceIds=[aws.vpc()], LogGroupName=aws.log_group(), DeliverLogsPermissionArn=role,
        MaxAggregationInterval=60, **resources,
    )  # fmt: skip
    for destination in (aws.bucket(), f"{aws.bucket()}/flow/"):
        aws.ec2.create_flow_logs(
            ResourceIds=[aws.vpc()], LogDestinationType="s3", LogDestination=f"arn:aws:s3:::{destination}",
            MaxAggregationInterval=600, **resources,
        )  # fmt: skip


def keys_for_services(aws: Cloud) -> None:
    logs = f"logs.{aws.region}.amazonaws.com"
    use = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    encryption = {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{aws.region}:{ACCOUNT}:log-group:/aws/*"}
    }
    via = {"StringEquals": {"kms:ViaService": f"s3.{aws.region}.amazonaws.com", "kms:CallerAccount": ACCOUNT}}
    grants = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    aws.iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    scaling = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    key = aws.key(
        for_service(logs, use, Sid="CloudWatch Logs of this account", Condition=encryption),
        allow(use, Principal={"AWS": "*"}, Condition=via),
        allow("kms:Decrypt", Principal={"AWS": [aws.role("ec2.amazonaws.com"), ACCOUNT]}),
        allow("kms:CreateGrant", Principal={"AWS": scaling}, Condition=grants),
        for_service("cloudtrail.amazonaws.com", "kms:GenerateDataKey*"),
        deny("kms:ScheduleKeyDeletion", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
        deny("kms:*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
    )
    key_id = key.split("/")[1]
    aws.kms.create_alias(AliasName=name("alias/platform/data_1"), TargetKeyId=key_id)
    aws.kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=365)
    aws.kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=key_policy())
    aws.kms.create_grant(KeyId=key_id, GranteePrincipal=aws.role("lambda.amazonaws.com"), Operations=["Decrypt"])
    aws.kms.create_key(Policy=policy(allow("kms:*", Principal={"AWS": ACCOUNT})), Description="by account id")
    aws.kms.create_key(
        Policy=policy(allow(["kms:Put*", "kms:Decrypt"], Principal={"AWS": aws.role()})), BypassPolicyLockoutSafetyCheck=True
    )  # fmt: skip
    aws.kms.create_key(KeySpec="RSA_4096", KeyUsage="SIGN_VERIFY", MultiRegion=True)
    aws.kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    aws.kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    aws.kms.create_key()
    aws.kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)


def roles_of_many_kinds(aws: Cloud) -> None:
    iam, account = aws.iam, ACCOUNT
    issuer = f"oidc.eks.{aws.region}.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
    federated = f"arn:aws:iam::{account}:oidc-provider/{issuer}"
    iam.create_open_id_connect_provider(
        Url=f"https://{issuer}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["9" * 40]
    )
    github = f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com"
    web = {"StringEquals": {f"{issuer}:sub": "system:serviceaccount:ml:trainer", f"{issuer}:aud": "sts.amazonaws.com"}}
    branch = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:org/repo:*"}}
    assume = "sts:AssumeRole"
    documents = [
        trust("ec2.amazonaws.com"),
        trust("lambda.amazonaws.com", "edgelambda.amazonaws.com"),
        trust(f"states.{aws.region}.amazonaws.com", f"logs.{aws.region}.amazonaws.com"),
        trust("pods.eks.amazonaws.com", "ecs-tasks.amazonaws.com", "quite-new-service.amazonaws.com"),
        policy({"Effect": "Allow", "Action": [assume, "sts:TagSession"], "Principal": {"Service": "pods.eks.amazonaws.com"}}),
        policy(allow("sts:AssumeRoleWithWebIdentity", None, Principal={"Federated": federated}, Condition=web)),
        policy(allow("sts:AssumeRoleWithWebIdentity", None, Principal={"Federated": github}, Condition=branch)),
        policy(allow("sts:AssumeRoleWithSAML", None, Principal={"Federated": f"arn:aws:iam::{account}:saml-provider/ad"})),
        policy(allow(assume, None, Principal={"AWS": ROOT})),
        policy(allow(assume, None, Principal={"AWS": "arn:aws:iam::999988887777:role/deploy"}, Condition=ORGANISATION)),
        policy(allow(assume, None, Principal={"AWS": "*"}, Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}})),
        policy(allow(assume, None, Principal={"AWS": [aws.role(), account]}, Condition={"StringEquals": {"sts:ExternalId": "42"}})),
        json.dumps({"Version": "2008-10-17", "Id": "x", "Statement": {
            "Sid": "", "Effect": "Allow", "Action": assume, "Principal": {"Service": "ec2.amazonaws.com"}}}),
    ]  # fmt: skip
    for document in documents:
        role = name("Role_with.all+allowed=chars,@x")[:64]
        iam.create_role(
            RoleName=role, Path="/teams/ml/", AssumeRolePolicyDocument=document, Description="Trains models: 5£/h, \u00e9",
            MaxSessionDuration=43200, Tags=[{"Key": "owner", "Value": "ml-team_1:x/y=z+@ \u00e9"}],
        )  # fmt: skip
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)
        iam.delete_role(RoleName=role)


def permissions_of_many_kinds(aws: Cloud) -> None:
    iam = aws.iam
    statements = [
        allow("s3:GetObject", "arn:aws:s3:::bucket/*", Sid="Read1"),
        allow(["s3:Get*", "s3:List?ucket"], ["arn:aws:s3:::bucket", "arn:*:s3:::bucket/${aws:username}/*"]),
        allow("*", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
        {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*", "Condition": {
            "StringNotEqualsIfExists": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}},
        {"Effect": "Allow", "Action": "ec2:RunInstances", "NotResource": "arn:aws:ec2:*:*:volume/*"},
        allow("ec2:CreateTags", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["owner", "cost"]}}),
        allow("dynamodb:GetItem", Condition={"ForAnyValue:StringLikeIfExists": {"dynamodb:Attributes": "x*"}}),
        allow("s3:PutObject", Condition={"Null": {"s3:x-amz-server-side-encryption": "false"}, "Bool": {"aws:SecureTransport": True}}),
        allow("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:*", Condition={
            "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}),
        allow("ec2-instance-connect:SendSSHPublicKey", "arn:aws:ec2:*:*:instance/*"),
        allow("some-new-service:DoThings"),
    ]  # fmt: skip
    role, attached = name("role"), []
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    for number, statement in enumerate(statements[:9]):
        made = iam.create_policy(
            PolicyName=name(f"policy-{number}"), PolicyDocument=policy(statement), Description="ok"
        )
        attached.append(made["Policy"]["Arn"])
        iam.attach_role_policy(RoleName=role, PolicyArn=attached[-1])
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    iam.attach_role_policy(RoleName=role, PolicyArn=attached[0])  # once more is no eleventh
    iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=policy(*statements))
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary="arn:aws:iam::aws:policy/PowerUserAccess")
    iam.delete_role_permissions_boundary(RoleName=role)
    iam.create_policy_version(PolicyArn=attached[0], PolicyDocument=policy(statements[1]), SetAsDefault=True)
    profile = name("profile")
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=profile)
    for arn in (*attached, "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"):
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=attached[0], VersionId="v1")
    for arn in attached:
        iam.delete_policy(PolicyArn=arn)
    iam.delete_role_policy(RoleName=role, PolicyName="inline")
    iam.delete_role(RoleName=role)
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, MaxPasswordAge=90)
    iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")


def buckets_with_everything_on(aws: Cloud) -> None:
    s3, key = aws.s3, aws.key()
    bucket, logs, copy = aws.versioned(), aws.bucket(), aws.versioned()
    own, objects = f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=CLOSED)
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        deny("s3:*", [own, objects], Sid="TlsOnly", Condition=TLS_ONLY),
        deny("s3:PutObject", objects, Condition={"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key}}),
        deny("s3:*", [own, objects], Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}),
        deny(["s3:GetObject", "s3:PutObject"], objects, Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        allow(["s3:GetObject*", "s3:ListBucket*", "s3:*MultipartUpload*"], [own, objects], Principal={"AWS": aws.role()}),
        allow("s3:ListBucket", own, Principal={"AWS": [ROOT, "999988887777"]}),
        allow("s3:GetObject", objects, Principal="*", Condition=ORGANISATION),
        for_service("logging.s3.amazonaws.com", "s3:PutObject", objects, Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
        for_service("cloudtrail.amazonaws.com", "s3:GetBucketAcl", own),
        allow("s3:GetObject", objects, Principal={"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
    ))  # fmt: skip
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    plain = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(Bucket=logs, ServerSideEncryptionConfiguration=plain)
    managed = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/aws/s3"}
    s3.put_bucket_encryption(
        Bucket=copy, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": managed}]}
    )
    service = for_service("logging.s3.amazonaws.com", "s3:PutObject", f"arn:aws:s3:::{logs}/*")
    s3.put_bucket_policy(Bucket=logs, Policy=policy(service))
    status = {"LoggingEnabled": {"TargetBucket": logs, "TargetPrefix": "s3/"}}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=status)
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [
        {"ID": "cool", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 400}, "Transitions": [
            {"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER_IR"},
            {"Days": 180, "StorageClass": "GLACIER"}, {"Days": 270, "StorageClass": "DEEP_ARCHIVE"}]},
        {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": "tmp/"},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
        {"ID": "old", "Status": "Enabled", "Filter": {"And": {"Prefix": "a", "Tags": [{"Key": "k", "Value": "v"}]}},
         "NoncurrentVersionTransitions": [{"NoncurrentDays": 1, "StorageClass": "GLACIER"}],
         "NoncurrentVersionExpiration": {"NoncurrentDays": 91, "NewerNoncurrentVersions": 3}},
        {"ID": "now", "Status": "Enabled", "Filter": {"Prefix": "b"}, "Transitions": [
            {"Days": 0, "StorageClass": "INTELLIGENT_TIERING"}]},
    ]})  # fmt: skip
    target = {"Bucket": f"arn:aws:s3:::{copy}", "EncryptionConfiguration": {"ReplicaKmsKeyID": key}}
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration={
        "Role": aws.role("s3.amazonaws.com"),
        "Rules": [{"ID": "all", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""}, "Destination": target,
                   "DeleteMarkerReplication": {"Status": "Enabled"},
                   "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}}],
    })  # fmt: skip
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "owner", "Value": "ML (platform), 100 %"}]})
    cors = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://*.example.com"], "MaxAgeSeconds": 3000}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [cors]})
    locked = aws.bucket(ObjectLockEnabledForBucket=True)
    retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}
    s3.put_object_lock_configuration(
        Bucket=locked, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
    )
    s3.put_bucket_versioning(Bucket=locked, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_versioning(Bucket=logs, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_bucket(Bucket=copy)


def a_public_website_and_an_acl_for_logs(aws: Cloud) -> None:
    s3, site, logs, opened = aws.s3, aws.bucket(), aws.bucket(), aws.bucket()
    read = allow("s3:GetObject", f"arn:aws:s3:::{site}/*", Principal="*")
    s3.put_public_access_block(Bucket=site, PublicAccessBlockConfiguration=OPEN)
    s3.put_bucket_policy(Bucket=site, Policy=policy(read))
    s3.put_bucket_ownership_controls(Bucket=logs, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_bucket_acl(Bucket=logs, ACL="log-delivery-write")
    s3.create_bucket(Bucket=name("with-acl"), ACL="log-delivery-write", ObjectOwnership="BucketOwnerPreferred")
    s3.put_public_access_block(Bucket=opened, PublicAccessBlockConfiguration=CLOSED)
    s3.delete_public_access_block(Bucket=opened)
    s3.put_bucket_policy(Bucket=opened, Policy=policy(allow("s3:GetObject", f"arn:aws:s3:::{opened}/*", Principal="*")))
    aws.s3control.create_access_point(AccountId=ACCOUNT, Name=name("point"), Bucket=site)


def notifications_that_are_let_in(aws: Cloud) -> None:
    bucket, s3 = aws.bucket(), "s3.amazonaws.com"
    source = {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    queue = aws.arn("sqs", name("queue"))
    document = policy(for_service(s3, "sqs:SendMessage", queue, Condition=source))
    aws.sqs.create_queue(QueueName=queue.rsplit(":", 1)[1], Attributes={"Policy": document})
    topic, function = aws.topic(), aws.function()
    document = policy(for_service(s3, "sns:Publish", topic, Condition=source))
    aws.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    aws.lambda_.add_permission(
        FunctionName=function, StatementId="s3", Action="lambda:InvokeFunction", Principal=s3,
        SourceArn=f"arn:aws:s3:::{bucket}", SourceAccount=ACCOUNT,
    )  # fmt: skip

    def ending(suffix: str) -> dict[str, Any]:
        rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": suffix}]
        return {"Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}

    aws.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
        "QueueConfigurations": [{"QueueArn": queue, **ending(".csv")}, {"QueueArn": queue, "Events": ["s3:ObjectRemoved:*"]}],
        "TopicConfigurations": [{"TopicArn": topic, **ending(".json")}],
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, **ending(".parquet")}],
        "EventBridgeConfiguration": {},
    })  # fmt: skip


def audit(aws: Cloud) -> None:
    bucket, here = aws.bucket(), Cloud(aws.client, "eu-north-1")
    objects, cloudtrail, config = (
        f"arn:aws:s3:::{bucket}/AWSLogs/{ACCOUNT}/*",
        "cloudtrail.amazonaws.com",
        "config.amazonaws.com",
    )
    trail = f"arn:aws:cloudtrail:{aws.region}:{ACCOUNT}:trail/audit"
    source, owner = {"aws:SourceArn": trail}, {"s3:x-amz-acl": "bucket-owner-full-control"}
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        deny("s3:*", [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"], Condition=TLS_ONLY),
        for_service(cloudtrail, "s3:GetBucketAcl", f"arn:aws:s3:::{bucket}", Condition={"StringEquals": source}),
        for_service(cloudtrail, "s3:PutObject", objects, Condition={"StringEquals": {**source, **owner}}),
        for_service(config, ["s3:GetBucketAcl", "s3:ListBucket"], f"arn:aws:s3:::{bucket}"),
        for_service(config, "s3:PutObject", objects, Condition={"StringEquals": owner}),
    ))  # fmt: skip
    context = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}}
    logs = for_service(f"logs.{aws.region}.amazonaws.com", ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"])
    key = aws.key(for_service(cloudtrail, "kms:GenerateDataKey*", Condition={**context, "StringEquals": source}), logs)
    group = name("/aws/cloudtrail")
    aws.logs.create_log_group(logGroupName=group, kmsKeyId=key)
    aws.logs.put_retention_policy(logGroupName=group, retentionInDays=365)
    aws.cloudtrail.create_trail(
        Name="audit", S3BucketName=bucket, KmsKeyId=key, IsMultiRegionTrail=True, EnableLogFileValidation=True,
        CloudWatchLogsLogGroupArn=aws.arn("logs", f"log-group:{group}:*"),
        CloudWatchLogsRoleArn=aws.role(cloudtrail, actions=["logs:CreateLogStream", "logs:PutLogEvents"]),
    )  # fmt: skip
    aws.cloudtrail.start_logging(Name="audit")
    aws.cloudtrail.delete_trail(Name="audit")
    linked = aws.iam.create_service_linked_role(AWSServiceName=config)["Role"]["Arn"]
    Cloud(aws.client, "eu-west-3").config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": linked}
    )
    role = aws.role(config)
    here.config.put_configuration_recorder(ConfigurationRecorder={
        "name": "default", "roleARN": role, "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}})  # fmt: skip
    here.config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": bucket})
    here.config.start_configuration_recorder(ConfigurationRecorderName="default")
    source_of_rule = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"}
    here.config.put_config_rule(ConfigRule={"ConfigRuleName": name("rule"), "Source": source_of_rule})
    other = Cloud(aws.client, "ap-northeast-1")
    other.guardduty.create_detector(Enable=True, FindingPublishingFrequency="FIFTEEN_MINUTES", Features=[
        {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}, {"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}])  # fmt: skip
    other.securityhub.enable_security_hub(EnableDefaultStandards=False)
    other.macie2.enable_macie(status="ENABLED")
