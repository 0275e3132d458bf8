"""Rules about whatever is declared: tags, classification, protection, providers, secrets."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.rule import STACK, Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.compliance.values import Value
from mlinfra.graph_values import Unknown, join
from mlinfra.policies.components import KEPT
from mlinfra.policies.s3 import takes_access_logs, takes_audit_logs
from mlinfra.policies.secret_texts import is_secret_value
from mlinfra.policies.shared import production, protected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.compliance.resource import Resource

DATA_STORES: Final = (
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    "aws:dynamodb/table:Table",
    "aws:efs/fileSystem:FileSystem",
    "aws:fsx/lustreFileSystem:LustreFileSystem",
    "aws:fsx/ontapFileSystem:OntapFileSystem",
    "aws:fsx/openZfsFileSystem:OpenZfsFileSystem",
    "aws:kinesis/stream:Stream",
    "aws:msk/cluster:Cluster",
    "aws:opensearch/domain:Domain",
    "aws:rds/cluster:Cluster",
    "aws:rds/instance:Instance",
    "aws:redshift/cluster:Cluster",
    "aws:sagemaker/featureGroup:FeatureGroup",
)
OTHERS_THAT_COST: Final = (
    "aws:ec2/instance:Instance",
    "aws:ec2/vpc:Vpc",
    "aws:ecr/repository:Repository",
    "aws:ecs/service:Service",
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:iam/role:Role",
    "aws:kms/key:Key",
    "aws:lambda/function:Function",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:sagemaker/domain:Domain",
    "aws:sagemaker/endpoint:Endpoint",
    "aws:sagemaker/model:Model",
    "aws:sagemaker/notebookInstance:NotebookInstance",
    "aws:secretsmanager/secret:Secret",
)
STATEFUL: Final = (
    *(kind for kind in DATA_STORES if not kind.startswith("aws:s3/")),
    "aws:backup/vault:Vault",
    "aws:cloudtrail/trail:Trail",
    "aws:cognito/userPool:UserPool",
    "aws:docdb/cluster:Cluster",
    "aws:ecr/repository:Repository",
    "aws:neptune/cluster:Cluster",
    "aws:sagemaker/domain:Domain",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
    "aws:secretsmanager/secret:Secret",
)
"""What cannot be made again from the program. Buckets and keys have rules of their own."""

PROVIDERS: Final = ("pulumi:providers:aws", "pulumi:providers:kubernetes")
REQUIRED: Final = ("owner", "cost-center", "environment")
CLASSES: Final = ("internal", "confidential", "restricted")
CLASS_TAG: Final = "data-classification"
_NO_SECRETS: Final = re.compile(r"(?i).*(creation|client|request|idempotency|next)_?token")
"""What AWS calls a token and is none: it makes a request the same request when it is sent again."""
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SAID_ELSEWHERE: Final = frozenset(
    {
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:ssm/parameter:Parameter",
        "aws:lambda/function:Function",
        "aws:codebuild/project:Project",
    }
)


def _tag(resource: Resource, name: str) -> Truth:
    """Whether a resource has a tag, of its own or by its provider's default tags."""
    own = Value(resource, join("tags", name), resource.node.get(join("tags", name)))
    provider = resource.graph.graph.node(resource.node.provider) if known_provider(resource) else None
    given = provider.get(join("defaultTags.tags", name)) if provider is not None else None
    return (own.present() | Value(resource, own.path, given).present()).wanted(f"a tag {name}")


def known_provider(resource: Resource) -> bool:
    """Whether the provider that looks after a resource is in the graph."""
    return resource.node.provider in resource.graph.graph


@rule(
    "required-tags",
    title="Resources say whose they are, what pays for them, and where they belong",
    severity=Severity.LOW,
    types=(*DATA_STORES, *OTHERS_THAT_COST),
    fix="ml.tag_everything(tags) at the start of the program, or tags={'owner': …, 'cost-center': …, 'environment': …}",
)
def required_tags(resource: Resource) -> Truth:
    """A GPU that nobody owns is never switched off, and a finding on it is nobody's."""
    return all_of(_tag(resource, name) for name in REQUIRED)


@rule(
    "data-classified",
    title="Data stores say how sensitive their data is",
    severity=Severity.MEDIUM,
    types=DATA_STORES,
    arguments={
        "mlinfra:storage:DataBucket": "classification",
        "mlinfra:file_system:FileSystem": "classification",
        "mlinfra:lustre:LustreFileSystem": "classification",
    },
    fix="tags={'data-classification': 'confidential'}: internal, confidential or restricted",
)
def data_classified(store: Resource) -> Truth:
    """Everything else follows from it: keys, endpoints, retention, who may copy the data where."""
    own = Value(store, join("tags", CLASS_TAG), store.node.get(join("tags", CLASS_TAG)))
    provider = store.graph.graph.node(store.node.provider) if known_provider(store) else None
    given = provider.get(join("defaultTags.tags", CLASS_TAG)) if provider is not None else None
    value = own if own.raw is not None else Value(store, own.path, given)
    return value.is_(*CLASSES)


@rule(
    "data-restricted-profile",
    title="Restricted data is checked against a strict profile",
    severity=Severity.HIGH,
    types=DATA_STORES,
    fix="mlinfra check --profile regulated",
    profiles=frozenset({Profile.BASELINE}),
)
def data_restricted_profile(store: Resource) -> Truth:
    """The baseline asks for neither own keys nor endpoints: it is for experiments with data that is not sensitive.

    Records that AWS itself delivers are confidential whatever the data is.
    """
    classification = Value(store, join("tags", CLASS_TAG), store.node.get(join("tags", CLASS_TAG)))
    records = takes_audit_logs(store) | takes_access_logs(store)
    return only_if(classification.present() & ~records, ~classification.is_("confidential", "restricted"))


@rule(
    "protect-stateful",
    title="What cannot be made again is protected in production",
    severity=Severity.MEDIUM,
    types=STATEFUL,
    arguments=KEPT,
    fix="opts=pulumi.ResourceOptions(protect=True)",
)
def protect_stateful(resource: Resource) -> Truth:
    """A rename in the program deletes the old resource, with everything in it, unless Pulumi is told not to."""
    return only_if(production(resource), protected(resource))


@rule(
    "provider-pinned",
    title="Providers have a version",
    severity=Severity.LOW,
    types=PROVIDERS,
    fix="pulumi-aws==… in the lock file, or pulumi.ResourceOptions(version=…)",
)
def provider_pinned(provider: Resource) -> Truth:
    """Another version of the provider has other defaults: the same program then deploys something else."""
    version = Value(provider, "version", provider.node.get("version"))
    return version.present()


@rule(
    "secret-plain-property",
    title="No secret in clear text in a property",
    severity=Severity.HIGH,
    types=(STACK,),
    fix="config.require_secret(…), pulumi.Output.secret(…), or better the ARN of a secret",
    waivable=False,
)
def secret_plain_property(stack: Resource) -> Truth:
    """What is not marked as a secret stands in clear text in the state, its backups and the output of every preview."""
    own = list(_own(stack))
    found = [truth for resource in own for truth in _plain_secrets(resource)]
    return only_if(stack.says(bool(own), "resources"), all_of(found))


def _own(stack: Resource) -> Iterator[Resource]:
    for node in stack.graph.graph.resources():
        if node.package != "kubernetes" and node.type not in _SAID_ELSEWHERE:
            yield stack.graph.resource(node)


def _plain_secrets(resource: Resource) -> Iterator[Truth]:
    """What looks like a secret by its name or form, and what may be one.

    That may be an unknown under the name of a secret, or one that comes from no resource.
    """
    for path, name, raw in _leaves(resource.node.inputs, ""):
        if isinstance(raw, Unknown):
            suspicious = _looks_secret(name, "something") or not raw.dependencies
            state: bool | None = None
        else:
            suspicious, state = _looks_secret(name, raw), False
        if suspicious and not _NO_SECRETS.fullmatch(name) and not resource.node.is_secret(path):
            yield Value(resource, path, "[not shown]").says(state, "a Pulumi secret, or a reference to one")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, join(path, key)) if isinstance(item, dict | list) else _leaf(item, path, key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, join(path, index)) if isinstance(item, dict | list) else _leaf(item, path, index)


def _leaf(item: Any, path: str, key: str | int) -> Iterator[tuple[str, str, Any]]:
    if isinstance(item, str | Unknown):
        yield join(path, key), _HUMP.sub("_", str(key)), item


_looks_secret = functools.lru_cache(maxsize=16384)(is_secret_value)  # tags, regions and names are the same everywhere


RULES: Final = (
    *(required_tags, data_classified, data_restricted_profile, protect_stateful, provider_pinned),
    secret_plain_property,
)
