"""Policy documents where they stand in a program, and what rules say about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.truth import NOT_APPLICABLE, Truth, all_of, only_if
from mlinfra.compliance.values import Value
from mlinfra.graph_values import Unknown
from mlinfra.policies.documents import Document, read
from mlinfra.policies.statements import Known, not3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.compliance.resource import Resource
    from mlinfra.policies.statements import Statement

ROLE: Final = "aws:iam/role:Role"
USER: Final = "aws:iam/user:User"
POLICY: Final = "aws:iam/policy:Policy"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"

IDENTITY: Final[Mapping[str, str]] = {
    POLICY: "policy",
    ROLE_POLICY: "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": "inlinePolicy",
}
"""The types that hold one identity policy, and where. Roles hold many: `inlinePolicies`."""

ATTACHMENTS: Final[Mapping[str, str]] = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": "managedPolicyArn",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": "policyArns",
    ROLE: "managedPolicyArns",
}
"""The types that give somebody a managed policy, and where they name it."""

_BOUNDARY_COMPONENT: Final = "mlinfra:boundary:PermissionsBoundary"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document and the property that holds it."""

    value: Value
    document: Document

    def none(self, says: Callable[[Statement], Known], wanted: str) -> Truth:
        """Whether no statement of it is so. Evidence are the statements that are, or may be."""
        answers = [(one, says(one)) for one in self.document.statements]
        for state in (True, None):
            found = [self._statement(one).says(not3(state), wanted) for one, answer in answers if answer is state]
            if found:
                return all_of(found)
        return self.value.says(None if self.document.unknown else True, wanted)

    def some(self, says: Callable[[Statement], Known], wanted: str) -> Truth:
        """Whether a statement of it is so."""
        return self.value.says(self.document.any(says), wanted)

    def denies_to_allow(self, action: str, where: Callable[[Statement], Known], wanted: str) -> Truth:
        """Whether it does not allow an action by a statement that is so."""
        return self.value.says(not3(self.document.allows(action, where)), wanted)

    def _statement(self, one: Statement) -> Value:
        several = isinstance(self.value.json().key("Statement").raw, list)
        return Value(self.value.resource, f"{self.value.path}.Statement{f'[{one.index}]' if several else ''}", one.raw)


def policy(value: Value) -> Policy:
    """The document at a property."""
    return Policy(value, read(value.raw))


def identity_policies(resource: Resource) -> Iterator[Policy]:
    """The identity policies that a resource holds."""
    if resource.type != ROLE:
        yield policy(resource[IDENTITY[resource.type]])
        return
    inline = resource["inlinePolicies"]
    if isinstance(inline.raw, Unknown):
        yield policy(inline)
    for one in inline.each():
        yield policy(one["policy"])


def every_identity_policy(resource: Resource, says: Callable[[Policy], Truth]) -> Truth:
    """Whether something holds for every identity policy of a resource; nothing is said of what is a boundary only."""
    found = [says(one) for one in identity_policies(resource)]
    if not found:
        return NOT_APPLICABLE
    return only_if(~is_boundary(resource), all_of(found)) if resource.type == POLICY else all_of(found)


def no_statement(resource: Resource, says: Callable[[Statement], Known], wanted: str) -> Truth:
    """Whether no statement in the identity policies of a resource is so."""
    return every_identity_policy(resource, lambda one: one.none(says, wanted))


def is_boundary(resource: Resource) -> Truth:
    """Whether a managed policy only bounds what other policies allow: a permissions boundary that nobody is given."""
    component = resource.graph.graph.component(resource.node)
    if component is not None and component.type == _BOUNDARY_COMPONENT:
        return resource.says(True, "a permissions boundary")
    bounds = resource.attached(ROLE, USER, at="permissionsBoundary").exist()
    given = [resource.attached(kind, at=path).exist() for kind, path in ATTACHMENTS.items()]
    return bounds & all_of(~one for one in given)


def managed_policies(resource: Resource) -> Value:
    """The ARNs of the managed policies that a resource gives somebody."""
    return resource[ATTACHMENTS[resource.type]]


def role_documents(role: Resource) -> Iterator[Policy]:
    """Every identity policy that a role is given in this stack: its own, those put on it, and those attached to it."""
    yield from identity_policies(role)
    for put in role.attached(ROLE_POLICY, at="role"):
        yield policy(put["policy"])
    attachments = role.attached("aws:iam/rolePolicyAttachment:RolePolicyAttachment", at="role")
    for given in (role["managedPolicyArns"], *(one["policyArn"] for one in attachments)):
        for managed in given.resources(POLICY):
            yield policy(managed["policy"])


def resource_policy(resource: Resource, path: str, says: Callable[[Policy], Truth]) -> Truth:
    """Whether something holds for the resource policy at a path; nothing is said where there is none."""
    value = resource[path]
    return only_if(value.present(), says(policy(value)))


def not_public(resource: Resource, path: str) -> Truth:
    """Whether the resource policy at a path lets in nobody but whom it names."""
    return resource_policy(resource, path, lambda one: one.none(lambda s: s.public(), "principals, or a condition that says who"))
