"""What rules of several services ask about references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.truth import Truth, all_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

KEYS: Final = (
    "aws:kms/key:Key",
    "aws:kms/alias:Alias",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/externalKey:ExternalKey",
)


def names_a_key(value: Value) -> Truth:
    """Whether a property names a key of the account's own: it says one, or it comes from one of this stack.

    The keys that AWS manages (`alias/aws/s3`) are nobody's to close.
    """
    said = value.where(lambda raw: raw not in (None, "") and "alias/aws/" not in str(raw), "a customer managed key")
    return said | value.resources(*KEYS).exist().wanted("a customer managed key") if value.is_unknown else said


def holds_where_it_leads(value: Value, types: tuple[str, ...], says: Callable[[Resource], Truth]) -> Truth:
    """Whether something holds for every resource of the types that a property refers to.

    What other stacks own cannot be looked at and is passed over; an unknown reference is not.
    """
    found = value.resources(*types).found
    return all_of(map(says, found)) if found else value.where(lambda _: True, "a reference that can be followed")


def leads_to_some(value: Value, types: tuple[str, ...], says: Callable[[Resource], Truth]) -> Truth:
    """Whether something holds for a resource of the types that a property refers to; of what other stacks own it does not."""
    return ~holds_where_it_leads(value, types, lambda one: ~says(one))
