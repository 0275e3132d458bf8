"""Rules about teams: that what one may do to data is not what another may."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mlinfra.catalog.node_agents import agent_namespaces
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.grants import ROLE, role_documents
from mlinfra.policies.s3 import BUCKETS
from mlinfra.policies.statements import Known, Texts, all3, any3, matches, not3
from mlinfra.policies.storage import ASSOCIATION as DATA_LINK
from mlinfra.policies.storage import LUSTRE
from mlinfra.policies.training.kinds import LOCAL_QUEUE, TRAINING_CLUSTER, same
from mlinfra.policies.training.patterns import meet

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

POD_IDENTITY: Final = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ROLE_BINDING: Final = "kubernetes:rbac.authorization.k8s.io/*:RoleBinding"
_SYSTEM: Final = ("kube-system", "kube-public", "kube-node-lease", *sorted(agent_namespaces()))
_NAMESPACE_TAG: Final = "${aws:PrincipalTag/kubernetes-namespace}"
_LEVELS: Final = ("public", "internal", "confidential", "restricted")
_OBJECTS: Final = re.compile(r"\*|arn:[^:]*:s3:::(.*/.*|.*\*)")
_CHANGE: Final = ("s3:PutObject", "s3:DeleteObject")
_TOUCH: Final = ("s3:GetObject", *_CHANGE)


def _others(identity: Resource) -> list[Resource]:
    return [one for one in identity.graph.of(POD_IDENTITY) if one.node.urn != identity.node.urn]


def _same_role(one: Resource, other: Resource) -> Truth:
    """Whether two identities have the same role: by what they say, or by the role of the stack that they refer to."""
    first, second = (identity["roleArn"] for identity in (one, other))
    roles, others = ({role.node.urn for role in value.resources(ROLE).found} for value in (first, second))
    if roles and others:
        return first.says(bool(roles & others), "the same role")
    return same(first, second)


@rule(
    "team-role-own",
    title="Roles of pods belong to one namespace",
    severity=Severity.MEDIUM,
    types=(POD_IDENTITY,),
    fix="a role for each team, with the team's own data in its policy",
    arguments={TRAINING_CLUSTER: "service_account"},
)
def team_role_own(identity: Resource) -> Truth:
    """What one team's pods may read, the other's may too, and no log tells them apart."""
    return all_of(
        only_if(_same_role(identity, one), same(identity["namespace"], one["namespace"])) for one in _others(identity)
    )


@rule(
    "team-data-apart",
    title="Pods of a team do not reach what another team writes",
    severity=Severity.MEDIUM,
    types=(POD_IDENTITY,),
    fix='"Resource": f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/kubernetes-namespace}}/*", or the team\'s own bucket',
    arguments={TRAINING_CLUSTER: "stores"},
)
def team_data_apart(identity: Resource) -> Truth:
    """A job of one team would read another's data and checkpoints, or put others in their place.

    What a team shares it publishes where its jobs only read, and a pipeline of its own writes.
    """

    def apart(other: Resource) -> Truth:
        strangers = ~same(identity["namespace"], other["namespace"]) & ~_same_role(identity, other)
        teams = all_of(~one["namespace"].is_(*_SYSTEM) for one in (identity, other))
        crossed = _cross(_reach(identity, _TOUCH), _reach(other, _CHANGE), _reach(identity, _CHANGE).known)
        own = identity["roleArn"].says(not3(crossed), f"no object that pods of {other['namespace'].shown()} write")
        return only_if(strangers & teams, own)

    return all_of(map(apart, _others(identity)))


def _reach(identity: Resource, actions: tuple[str, ...]) -> Texts:
    """The objects for which an identity is allowed one of the actions; nothing of a role that another stack owns."""
    roles = identity["roleArn"].resources(ROLE).found
    known: list[str] = []
    more = identity["roleArn"].is_unknown and not roles
    namespace = identity["namespace"].raw
    for document in (one.document for role in roles for one in role_documents(role)):
        more |= document.unknown
        for one in document.statements:
            spoken = all3((one.allows, any3(map(one.covers, actions))))
            if spoken is False:
                continue
            named = one.resources if one.not_resources is None else Texts(("*",))
            objects = [text for text in named.known if _OBJECTS.match(text)]
            tagged = any(_NAMESPACE_TAG in text for text in objects)
            more |= named.more or (spoken is None and bool(objects)) or (tagged and not isinstance(namespace, str))
            if spoken:
                known += [text.replace(_NAMESPACE_TAG, str(namespace)) for text in objects]
    return Texts(tuple(known), more)


def _cross(reach: Texts, written: Texts, own: tuple[str, ...]) -> Known:
    """Whether some object is among both. What a team writes itself, and another reaches as part of more, is the other's fault."""

    def within(one: str, other: str) -> bool:
        return one in own and matches(other, one) and not matches(one, other)

    if any(meet(one, other) and not within(one, other) for one in reach.known for other in written.known):
        return True
    some = [bool(one.known or one.more) for one in (reach, written)]
    return None if all(some) and (reach.more or written.more) else False


def _is_team(namespace: Value) -> Truth:
    """Whether a namespace is where a team trains: it has a queue."""
    return namespace.resource.graph.of(LOCAL_QUEUE).any(lambda one: same(one["metadata.namespace"], namespace))


@rule(
    "team-binding-own",
    title="A team's permissions are given to its own service accounts",
    severity=Severity.MEDIUM,
    types=(ROLE_BINDING,),
    fix='subjects=[{"kind": "ServiceAccount", "name": ..., "namespace": the namespace of the binding}]',
)
def team_binding_own(binding: Resource) -> Truth:
    """A pod of another team with permissions here reads the secrets that it mounts, and stops or changes the jobs."""
    here = binding["metadata.namespace"]

    def own(subject: Value) -> Truth:
        there = subject["namespace"]
        foreign = subject["kind"].is_("ServiceAccount") & there.present() & _is_team(there) & _is_team(here)
        return only_if(foreign, same(there, here))

    return binding["subjects"].every(own)


@rule(
    "fsx-link-classified",
    title="File systems are as sensitive as the buckets that they show",
    severity=Severity.MEDIUM,
    types=(DATA_LINK,),
    fix='tags={"data-classification": "restricted", ...} for the file system, and what its class asks for',
    arguments={"mlinfra:lustre:LustreFileSystem": "classification"},
)
def fsx_link_classified(link: Resource) -> Truth:
    """What is asked of restricted data is asked by the label: on a file system that says less, the same data is kept worse."""
    files = link["fileSystemId"].resources(LUSTRE)

    def at_least(level: str) -> Truth:
        higher = _LEVELS[_LEVELS.index(level) :]
        return files.one(lambda one: one["tags"].key("data-classification").is_(*higher))

    return all_of(
        only_if(_shows(link, bucket) & bucket["tags"].key("data-classification").is_(level), at_least(level))
        for bucket in link.graph.of(*BUCKETS)
        for level in _LEVELS[2:]
    )


def _shows(link: Resource, bucket: Resource) -> Truth:
    """Whether a link shows a bucket: by reference, or by the name in s3://bucket/folder."""
    path = link["dataRepositoryPath"]
    found = path.resources(*BUCKETS).found
    if path.is_unknown or found:
        return path.says(bucket in found if found else None, "the bucket")
    name = str(path.raw).removeprefix("s3://").partition("/")[0]
    return path.says(name == bucket.node.id, "the bucket") | bucket["bucket"].is_(name)


RULES: Final = (team_role_own, team_data_apart, team_binding_own, fsx_link_classified)
