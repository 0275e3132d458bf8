"""What a hook may change about a type that the table alone cannot describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlinfra.sandbox.aws.resource import Resource


class Hook:
    """Each method stands for one moment in a resource's life; the defaults change nothing."""

    def route(self, resource: Resource, op: str) -> str:
        """The operation that is called where the table says `op`."""
        return op

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        """The parameters of every call that is made for the resource, before it is made."""
        return params

    def made(self, resource: Resource) -> None:
        """The resource exists and its id is known; nothing else has been done."""

    def learned(self, resource: Resource, data: Any) -> None:
        """`data` was read: what it tells that names do not is put into `resource.outputs`."""

    def item(self, resource: Resource, name: str, item: Any, *, added: bool) -> dict[str, Any] | None:
        """The parameters that add (or else remove) one item of a property; None: as the table says."""
        return None

    def find(self, resource: Resource) -> bool | None:
        """Read the resource; False when it is not there, None: as the table says."""
        return None

    def before_delete(self, resource: Resource) -> None:
        """Make way for the deletion."""
