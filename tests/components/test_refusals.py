"""Wrong use: always one clear error, never another exception; and whatever is right builds."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlinfra as ml
from mlinfra.catalog.endpoints import endpoints
from mlinfra.catalog.regions import regions
from mlinfra.components.profiles import LOG_RETENTIONS, POSTURES
from mlinfra.components.registry import COMPONENTS

KEY = "arn:aws:kms:eu-central-1:123456789012:key/one"
VPCE = "vpce-0123456789abcdef0"
VPC, SUBNET = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0"
FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:rotate"
ROLE = "arn:aws:iam::123456789012:role/admin"
PROFILES = list(ml.Profile)
ARGS = [component._args_type for component in COMPONENTS]

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.sampled_from(list(ml.Profile)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
plausible = st.sampled_from(
    [
        "10.0.0.0/16",
        "10.0.0.0/30",
        "regulated",
        "isolated",
        "restricted",
        "datasets",
        "none",
        KEY,
        VPCE,
        ROLE,
        "eu-central-1",
    ]
)
zone_lists = st.sampled_from(sorted(regions())).flatmap(
    lambda region: st.tuples(
        st.just(region), st.lists(st.sampled_from(regions()[region].zones), min_size=2, unique=True)
    )
)


def accounts(region: str) -> dict[str, str]:
    return {"id": "123456789012", "region": region}


@pytest.mark.parametrize("args", ARGS, ids=lambda args: args.__name__)
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_any_input_is_taken_or_refused_with_one_clear_error(args, data) -> None:
    names = st.sampled_from([*args.model_fields, "nonsense", "self"]) | st.text()
    values = anything | plausible | st.just(accounts("eu-central-1")) | st.lists(plausible, max_size=3)
    given_ = data.draw(st.dictionaries(names, values))
    try:
        args.of(given_, "Thing")
    except ml.ArgumentError as error:
        refused = error
    else:
        return
    text = str(refused)
    assert text.startswith("Thing: ")
    assert text.count("\n  fix: ") == len(refused.problems) >= 1
    assert len({problem.argument for problem in refused.problems}) == len(refused.problems)
    for problem in refused.problems:
        assert problem.argument
        assert problem.reason
        assert problem.fix
    assert "pydantic" not in text
    assert "Traceback" not in text


@st.composite
def networks(draw: st.DrawFn) -> dict[str, Any]:
    region, zones = draw(zone_lists)
    profile = draw(st.sampled_from(list(ml.Profile)))
    egress = st.sampled_from(list(ml.Egress)) if profile is not ml.Profile.ISOLATED else st.just(ml.Egress.NONE)
    retentions = [days for days in LOG_RETENTIONS if days >= POSTURES[profile].log_days]
    return {
        "account": accounts(region),
        "zones": zones,
        "profile": profile,
        "cidr": draw(st.sampled_from(["10.0.0.0/16", "172.20.0.0/18", "192.168.8.0/21"])),
        "logs_key_arn": KEY,
        "egress": draw(st.none() | egress),
        "pods_cidr": draw(st.sampled_from([None, "100.64.0.0/16", "100.127.248.0/21"])),
        "endpoints": draw(st.lists(st.sampled_from(list(endpoints())), max_size=3)),
        "log_retention_days": draw(st.none() | st.sampled_from(retentions)),
        "block_public_access": draw(st.none() | st.booleans()),
    }


@st.composite
def data_buckets(draw: st.DrawFn) -> dict[str, Any]:
    classification, profile = draw(st.sampled_from(list(ml.Classification))), draw(st.sampled_from(PROFILES))
    closed = classification is ml.Classification.RESTRICTED or profile is ml.Profile.ISOLATED
    return {
        "purpose": draw(st.sampled_from(list(ml.BucketPurpose))),
        "classification": classification,
        "key_arn": KEY,
        "access_log_bucket": "logs",
        "profile": profile,
        "vpc_endpoint_ids": draw(st.lists(st.just(VPCE), min_size=int(closed), max_size=2)),
        "lock_days": draw(st.none() | st.integers(30, 36_500)),
        "deletion_protection": draw(st.booleans()),
    }


@given(arguments=networks())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_good_network_builds_with_ranges_apart(declare, arguments: dict[str, Any]) -> None:
    from ipaddress import IPv4Network
    from itertools import combinations

    graph = declare(lambda: ml.Network("net", arguments))  # type: ignore[arg-type]
    ranges = [IPv4Network(subnet.inputs["cidrBlock"]) for subnet in graph.of("aws:ec2/subnet:Subnet")]
    assert not [pair for pair in combinations(ranges, 2) if pair[0].overlaps(pair[1])]
    assert len(ranges) >= 3 * len(arguments["zones"])


@given(arguments=data_buckets())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_good_bucket_builds_with_a_policy_that_is_json(declare, arguments: dict[str, Any]) -> None:
    graph = declare(lambda: ml.DataBucket("box", arguments))  # type: ignore[arg-type]
    policy = json.loads(graph.one("aws:s3/bucketPolicy:BucketPolicy").inputs["policy"])
    denies = {statement["Sid"] for statement in policy["Statement"] if statement["Effect"] == "Deny"}
    assert ("DenyOutsideEndpoints" in denies) == bool(arguments["vpc_endpoint_ids"])


NETWORK = {
    "account": accounts("eu-central-1"),
    "cidr": "10.0.0.0/16",
    "zones": ["eu-central-1a", "eu-central-1b"],
    "logs_key_arn": KEY,
}
BUCKET = {"purpose": "datasets", "classification": "internal", "key_arn": KEY, "access_log_bucket": "logs"}
FILES = {
    "account": accounts("eu-central-1"),
    "key_arn": KEY,
    "vpc_id": VPC,
    "zones": ["eu-central-1a", "eu-central-1b"],
    "subnet_ids": [SUBNET, SUBNET],
    "access_points": {"home": {"uid": 1000}},
}
LUSTRE = {"key_arn": KEY, "logs_key_arn": KEY, "vpc_id": VPC, "subnet_id": SUBNET}
IMAGES = {"account": accounts("eu-central-1"), "key_arn": KEY, "repositories": ["training"]}
SECRET = {"account": accounts("eu-central-1"), "key_arn": KEY, "description": "A password"}
TRAIL = {"account": accounts("eu-central-1"), "logs_key_arn": KEY, "access_log_bucket": "logs"}
RIGHT = {
    ml.AuditTrailArgs: TRAIL,
    ml.NetworkArgs: NETWORK,
    ml.DataBucketArgs: BUCKET,
    ml.FileSystemArgs: FILES,
    ml.LustreFileSystemArgs: LUSTRE,
    ml.ImageRepositoryArgs: IMAGES,
    ml.SecretArgs: SECRET,
}


@pytest.mark.parametrize(
    ("args", "wrong", "argument", "reason", "fix"),
    [
        (ml.NetworkArgs, {"cidr": "10.0.0.0/24"}, "cidr", "too small", "/16 to /21"),
        (ml.NetworkArgs, {"cidr": "1.2.0.0/16"}, "cidr", "not a private range", "10.0.0.0/8"),
        (ml.NetworkArgs, {"cidr": 10}, "cidr", "must be text", "in quotes"),
        (ml.NetworkArgs, {"pods_cidr": "10.1.0.0/16"}, "pods_cidr", "not inside 100.64.0.0/10", "100.64.0.0/16"),
        (ml.NetworkArgs, {"zones": []}, "zones", "0 are too few", "at least 2 of eu-central-1a"),
        (ml.NetworkArgs, {"zones": ["eu-central-1a"]}, "zones", "1 are too few", "at least 2"),
        (ml.NetworkArgs, {"zones": ["eu-central-1a"] * 2}, "zones", "twice", "once"),
        (
            ml.NetworkArgs,
            {"zones": ["eu-west-1a", "eu-west-1b"]},
            "zones",
            "eu-central-1 has no zone 'eu-west-1a'",
            "eu-central-1a",
        ),
        (ml.NetworkArgs, {"zones": "eu-central-1a"}, "zones", "must be a list", "availability zones"),
        (ml.NetworkArgs, {"zones": ["eu-central-1a", 2]}, "zones[1]", "must be text", "in quotes"),
        (ml.NetworkArgs, {"profile": "strict"}, "profile", "'baseline', 'regulated' or 'isolated'", "profile"),
        (
            ml.NetworkArgs,
            {"profile": "isolated", "egress": "single"},
            "egress",
            "no path to the internet",
            "leave egress out",
        ),
        (ml.NetworkArgs, {"egress": "nat"}, "egress", "'per-zone', 'single' or 'none'", "internet"),
        (ml.NetworkArgs, {"endpoints": ["s4"]}, "endpoints", "no endpoint is known for 's4'", "sagemaker.api"),
        (
            ml.NetworkArgs,
            {"log_retention_days": 30},
            "log_retention_days",
            "below the regulated profile's 365",
            "365 or more",
        ),
        (ml.NetworkArgs, {"log_retention_days": 366}, "log_retention_days", "keeps nothing for 366 days", "365, 400"),
        (ml.NetworkArgs, {"logs_key_arn": "alias/logs"}, "logs_key_arn", "not the ARN of a KMS key", "arn:aws:kms:"),
        (ml.NetworkArgs, {"account": accounts("eu-centrl-1")}, "account.region", "not a region", "eu-central-1"),
        (
            ml.NetworkArgs,
            {"account": {"id": 123, "region": "eu-central-1"}},
            "account.id",
            "must be text",
            "in quotes",
        ),
        (
            ml.NetworkArgs,
            {"account": {"id": "123", "region": "eu-central-1"}},
            "account.id",
            "not an account id",
            "twelve digits",
        ),
        (ml.NetworkArgs, {"account": {"id": "123456789012"}}, "account.region", "required", "eu-central-1"),
        (ml.NetworkArgs, {"cdir": "10.0.0.0/16"}, "cdir", "not known here", "did you mean cidr?"),
        (ml.KeyRingArgs, {"administrators": ["*"]}, "administrators", "not the ARN", "role/admin"),
        (ml.KeyRingArgs, {"users": {"date": [ROLE]}}, "users", "'date' is not a key's purpose", "data, artifacts"),
        (ml.KeyRingArgs, {"users": {"data": ["trainer"]}}, "users", "not the ARN", "role/admin"),
        (
            ml.KeyRingArgs,
            {"deletion_protection": "perhaps"},
            "deletion_protection",
            "must be a valid boolean",
            "refuses",
        ),
        (ml.AccessLogBucketArgs, {"retention_days": 7}, "retention_days", "below the regulated profile's 365", "365"),
        (ml.DataBucketArgs, {"purpose": "stuff"}, "purpose", "'datasets'", "what the bucket holds"),
        (
            ml.DataBucketArgs,
            {"classification": "public"},
            "classification",
            "'internal', 'confidential' or 'restricted'",
            "sensitive",
        ),
        (
            ml.DataBucketArgs,
            {"classification": "restricted"},
            "vpc_endpoint_ids",
            "needs the endpoints",
            "endpoint_ids['s3']",
        ),
        (
            ml.DataBucketArgs,
            {"profile": "isolated"},
            "vpc_endpoint_ids",
            "the isolated profile needs the endpoints",
            "endpoint_ids['s3']",
        ),
        (
            ml.DataBucketArgs,
            {"vpc_endpoint_ids": ["vpc-1"]},
            "vpc_endpoint_ids",
            "not the id of a VPC endpoint",
            "vpce-",
        ),
        (ml.DataBucketArgs, {"lock_days": 1}, "lock_days", "below the regulated profile's 30", "30 or more"),
        (ml.DataBucketArgs, {"lock_days": 1.5}, "lock_days", "must be a valid integer", "Object Lock"),
        (
            ml.DataBucketArgs,
            {"access_log_bucket": "My_Logs"},
            "access_log_bucket",
            "not the name of a bucket",
            "platform",
        ),
        (ml.DataBucketArgs, {"key_arn": None}, "key_arn", "must be a valid string", "encrypts it"),
        (ml.AuditTrailArgs, {"archive_days": 30}, "archive_days", "below the regulated profile's 365", "365 or more"),
        (
            ml.AuditTrailArgs,
            {"profile": "baseline", "archive_days": 30},
            "archive_days",
            "below the baseline profile's 90",
            "90",
        ),
        (ml.AuditTrailArgs, {"log_retention_days": 90}, "log_retention_days", "below", "365"),
        (
            ml.AuditTrailArgs,
            {"data_bucket_arns": ["datasets"]},
            "data_bucket_arns",
            "not the ARN of a bucket",
            "arn:aws:s3:::",
        ),
        (ml.AuditTrailArgs, {"logs_key_arn": "1234"}, "logs_key_arn", "not the ARN of a KMS key", "arn:aws:kms:"),
        (ml.NetworkArgs, {"allowed_domains": ["*"]}, "allowed_domains", "almost every name", "pypi.org"),
        (ml.NetworkArgs, {"allowed_domains": ["*.org"]}, "allowed_domains", "almost every name", "*.pythonhosted.org"),
        (ml.NetworkArgs, {"allowed_domains": ["https://x.org"]}, "allowed_domains", "not a domain name", "pypi.org"),
        (ml.NetworkArgs, {"allowed_domains": "pypi.org"}, "allowed_domains", "must be a list", "domain names"),
        (ml.FileSystemArgs, {"zones": ["eu-central-1a"]}, "zones", "too few", "at least 2"),
        (ml.FileSystemArgs, {"zones": ["eu-central-1a", "eu-central-1z"]}, "zones", "no zone", "eu-central-1c"),
        (ml.FileSystemArgs, {"subnet_ids": [SUBNET]}, "subnet_ids", "1 for 2 zones", "one for each zone"),
        (ml.FileSystemArgs, {"subnet_ids": ["a", "b"]}, "subnet_ids", "not the id of a subnet", "subnet-"),
        (ml.FileSystemArgs, {"vpc_id": "main"}, "vpc_id", "not the id of a VPC", "vpc-"),
        (ml.FileSystemArgs, {"access_points": {}}, "access_points", "nobody can mount it", "home: {uid: 1000}"),
        (ml.FileSystemArgs, {"access_points": {"Home": {"uid": 1}}}, "access_points", "cannot name", "lower-case"),
        (
            ml.FileSystemArgs,
            {"access_points": {"home": {"uid": 0}}},
            "access_points.home.uid",
            "not an ordinary",
            "1000",
        ),
        (ml.FileSystemArgs, {"access_points": {"home": {}}}, "access_points.home.uid", "required", "POSIX user"),
        (
            ml.FileSystemArgs,
            {"access_points": {"home": {"uid": 1, "permissions": "777"}}},
            "access_points.home.permissions",
            "writable by everybody",
            "0750",
        ),
        (
            ml.FileSystemArgs,
            {"access_points": {"home": {"uid": 1, "permissions": "rwx"}}},
            "access_points.home.permissions",
            "not permissions in octal",
            "'0750'",
        ),
        (
            ml.FileSystemArgs,
            {"access_points": {"home": {"uid": 1, "path": "/"}}},
            "access_points.home.path",
            "not a directory below the root",
            "/home",
        ),
        (ml.FileSystemArgs, {"infrequent_access_days": 10}, "infrequent_access_days", "nothing after 10", "7, 14"),
        (ml.FileSystemArgs, {"key_arn": "alias/aws/efs"}, "key_arn", "not the ARN of a KMS key", "arn:aws:kms:"),
        (ml.LustreFileSystemArgs, {"size_gib": 1000}, "size_gib", "none of 1000 GiB", "2400"),
        (ml.LustreFileSystemArgs, {"size_gib": 3600}, "size_gib", "none of 3600 GiB", "4800"),
        (ml.LustreFileSystemArgs, {"throughput": 100}, "throughput", "125, 250, 500 or 1000", "megabytes"),
        (ml.LustreFileSystemArgs, {"subnet_id": [SUBNET]}, "subnet_id", "must be a valid string", "subnet"),
        (ml.LustreFileSystemArgs, {"backup_days": 91}, "backup_days", "no backup for 91 days", "0 to 90"),
        (ml.LustreFileSystemArgs, {"backup_days": 0}, "backup_days", "keeps backups", "link a bucket"),
        (
            ml.LustreFileSystemArgs,
            {"backup_days": 7, "link": {"bucket_name": "datasets"}},
            "backup_days",
            "linked to a bucket",
            "durable copy",
        ),
        (ml.LustreFileSystemArgs, {"link": {"bucket_name": "Data"}}, "link.bucket_name", "not the name", "platform"),
        (
            ml.LustreFileSystemArgs,
            {"link": {"bucket_name": "data", "directory": "data"}},
            "link.directory",
            "not a directory",
            "/data",
        ),
        (
            ml.LustreFileSystemArgs,
            {"link": {"bucket_name": "data", "prefix": "/images"}},
            "link.prefix",
            "not a prefix",
            "images/",
        ),
        (ml.ImageRepositoryArgs, {"repositories": []}, "repositories", "there is none", "training"),
        (ml.ImageRepositoryArgs, {"repositories": ["Train"]}, "repositories", "'Train' cannot name", "lower-case"),
        (ml.ImageRepositoryArgs, {"repositories": ["a", "a"]}, "repositories", "twice", "once"),
        (ml.ImageRepositoryArgs, {"keep_images": 0}, "keep_images", "every image would expire", "1 or more"),
        (ml.ImageRepositoryArgs, {"pull_accounts": ["123"]}, "pull_accounts", "not an account id", "123456789012"),
        (ml.ImageRepositoryArgs, {"pushers": ["*"]}, "pushers", "not the ARN", "role/admin"),
        (ml.SecretArgs, {"description": " "}, "description", "says nothing", "in a sentence"),
        (ml.SecretArgs, {"recovery_days": 7}, "recovery_days", "7 days are not possible in the regulated", "30"),
        (ml.SecretArgs, {"profile": "baseline", "recovery_days": 3}, "recovery_days", "3 days", "7 to 30"),
        (ml.SecretArgs, {"readers": ["tracker"]}, "readers", "not the ARN", "role/admin"),
        (ml.SecretArgs, {"rotation": {"function_arn": FUNCTION}}, "readers", "needs to be told", "name the readers"),
        (
            ml.SecretArgs,
            {"readers": [ROLE], "rotation": {"function_arn": "rotate"}},
            "rotation.function_arn",
            "not the ARN of a Lambda function",
            "function:rotate",
        ),
        (
            ml.SecretArgs,
            {"readers": [ROLE], "rotation": {"function_arn": FUNCTION, "days": 365}},
            "rotation.days",
            "365 days",
            "1 to 90",
        ),
        (ml.SecretArgs, {"value": "hunter2"}, "value", "not known here", "remove it"),
    ],
)
def test_wrong_use_names_argument_value_reason_and_fix(
    args, wrong: dict[str, Any], argument: str, reason: str, fix: str
) -> None:
    account = {"account": accounts("eu-central-1")}
    right = RIGHT.get(args, account)
    with pytest.raises(ml.ArgumentError) as refused:
        args(**{**right, **wrong})
    (problem,) = refused.value.problems
    assert problem.argument == argument
    assert reason in problem.reason
    assert fix in problem.fix
    assert str(refused.value).startswith(f"{args.__name__}: {argument}")


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ml.ArgumentError) as refused:
        ml.NetworkArgs(cidr="10", zones=["a"], egres="none")  # type: ignore[call-arg]
    assert [problem.argument for problem in refused.value.problems] == ["account", "cidr", "logs_key_arn", "egres"]


def test_outputs_are_taken_where_values_may_come_from_other_resources(declare) -> None:
    def program() -> None:
        later = pulumi.Output.from_input(KEY)
        args = ml.NetworkArgs(**{**NETWORK, "logs_key_arn": later})
        assert args.logs_key_arn is later

    declare(program)


def test_an_output_where_a_plain_value_shapes_the_graph_is_refused_without_its_value(declare) -> None:
    def program() -> None:
        with pytest.raises(ml.ArgumentError, match="cidr = an output: must be known before anything is deployed"):
            ml.NetworkArgs(**{**NETWORK, "cidr": pulumi.Output.secret("10.0.0.0/16")})

    declare(program)


@st.composite
def storage(draw: st.DrawFn) -> tuple[type[Any], dict[str, Any]]:
    """A file system, repositories or a secret with arguments that are good together."""
    days = st.sampled_from([0, 1, 30, 90])
    link = draw(st.none() | st.just({"bucket_name": "data", "write_back": draw(st.booleans())}))
    region, zones = draw(zone_lists)
    lustre = {
        "size_gib": draw(st.just(1200) | st.integers(1, 40).map(lambda steps: steps * 2400)),
        "throughput": draw(st.sampled_from(list(ml.Throughput))),
        "link": link,
        "backup_days": 0 if link else draw(st.none() | days.filter(bool)),
    }
    files = {
        "account": accounts(region),
        "zones": zones,
        "subnet_ids": [SUBNET] * len(zones),
        "access_points": {name: {"uid": draw(st.integers(1, 2**32 - 1))} for name in draw(points)},
    }
    images = {"repositories": draw(points), "keep_images": draw(st.integers(1, 1000))}
    secret = {"readers": [ROLE], "rotation": {"function_arn": FUNCTION, "days": draw(st.integers(1, 90))}}
    return draw(
        st.sampled_from(
            [
                (ml.LustreFileSystem, {**LUSTRE, **lustre}),
                (ml.FileSystem, {**FILES, **files}),
                (ml.ImageRepository, {**IMAGES, **images}),
                (ml.Secret, {**SECRET, **secret}),
            ]
        )
    )


points = st.lists(st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5})?", fullmatch=True), min_size=1, unique=True)


@given(drawn=storage())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_good_storage_builds_protected_and_under_its_key(declare, drawn: tuple[type[Any], dict[str, Any]]) -> None:
    component, arguments = drawn
    declared = declare(lambda: component("box", arguments))
    protected = [node for node in declared.graph.resources() if node.options.protect]
    assert protected
    assert all(KEY in str(node.inputs) for node in protected)
