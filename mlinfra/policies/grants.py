"""Policy documents where they stand in a program, and what rules say about them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.truth import NOT_APPLICABLE, Truth, all_of, only_if
from mlinfra.compliance.values import Value
from mlinfra.graph_values import Unknown, inside
from mlinfra.policies.documents import Document, read
from mlinfra.policies.statements import Known, all3, any3, not3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlinfra.compliance.resource import Resource
    from mlinfra.graph import ResourceGraph
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
_ACCOUNT: Final = 4  # where an ARN has it


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
    """Every identity policy that a role is given in this stack: its own, those put on it, and those attached to it.

    Where it may be given others that nobody knows yet, a document of which nothing is known stands for them.
    """
    yield from identity_policies(role)
    put = role.attached(ROLE_POLICY, at="role")
    attached = role.attached("aws:iam/rolePolicyAttachment:RolePolicyAttachment", at="role")
    for one in put:
        yield policy(one["policy"])
    for given in (role["managedPolicyArns"], *(one["policyArn"] for one in attached)):
        managed = given.resources(POLICY)
        for one in managed:
            yield policy(one["policy"])
        if managed.elsewhere and any(isinstance(one, Unknown) for one in inside(given.raw)):
            yield Policy(given, Document(unknown=True))
    for one in (*put.possible, *attached.possible):
        yield Policy(one["role"], Document(unknown=True))


def resource_policy(resource: Resource, path: str, says: Callable[[Policy], Truth]) -> Truth:
    """Whether something holds for the resource policy at a path; nothing is said where there is none."""
    value = resource[path]
    return only_if(value.present(), says(policy(value)))


def not_public(resource: Resource, path: str) -> Truth:
    """Whether the resource policy at a path lets in nobody but whom it names."""
    return resource_policy(
        resource, path, lambda one: one.none(lambda s: s.public(), "principals, or a condition that says who")
    )


def own_accounts(resource: Resource) -> frozenset[str]:
    """The accounts that the resources of the stack are in, by their ARNs; empty when there are none."""
    return _accounts(resource.graph.graph)


@functools.lru_cache(maxsize=4)
def _accounts(graph: ResourceGraph) -> frozenset[str]:
    arns = (node.outputs.get("arn") for node in graph if not node.external)
    return frozenset(found for arn in arns if isinstance(arn, str) and (found := account_of(arn)))


def account_of(principal: str) -> str:
    """The account of an ARN, or of a principal given by account; empty when it names none."""
    parts = principal.split(":")
    account = parts[_ACCOUNT] if len(parts) > _ACCOUNT else principal
    return account if account.isdigit() else ""


def to_strangers(statement: Statement, own: frozenset[str]) -> Known:
    """Whether a statement speaks of a principal in an account that is not one of ours."""
    if not own:
        return None if any(map(account_of, statement.accounts().known)) else statement.accounts().any(lambda _: False)
    return statement.accounts().any(lambda one: bool(account_of(one)) and account_of(one) not in own)


def plaintext_denied(statement: Statement, service: str, action: str = "") -> Known:
    """Whether a statement denies everybody the whole service, or the action, wherever a request comes without TLS."""
    return all3(
        (
            statement.denies,
            any3((statement.all_of_service(service), bool(action) and statement.covers(action))),
            statement.anybody(),
            only_when(statement, "aws:securetransport", {"bool", "boolifexists"}, "false"),
        )
    )


def only_when(statement: Statement, key: str, operators: set[str], value: str) -> Known:
    """Whether one condition, and no other, decides when a statement holds: the key has the value."""
    if len(statement.conditions) > 1:
        return False
    if statement.conditions_unknown:
        return None
    return statement.tests(
        lambda one: (
            one.values.every(lambda text: text.lower() == value)
            if one.key == key and one.operator in operators
            else False
        )
    )
