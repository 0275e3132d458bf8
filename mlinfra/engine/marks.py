"""What has been decided so far in a run, by URN."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlinfra.stack.state import ResourceState


@dataclass(slots=True)
class Marks:
    """The decisions of one run. Whoever changes them holds the registrar's lock."""

    registered: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)  # same, updated or read
    created: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    refreshed: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    not_created: set[str] = field(default_factory=set)  # left out of the run, and not there
    deleting: set[int] = field(default_factory=set)  # states, by identity, that are deleted before a replacement
    dependent_keys: dict[str, tuple[str, ...]] = field(default_factory=dict)  # why dependants are replaced
    new_names: dict[str, str] = field(default_factory=dict)  # former URN to the URN now
    renamed: dict[str, str] = field(default_factory=dict)  # URN now to the former one
    to_delete: list[ResourceState] = field(default_factory=list)  # of a destroy that runs the program
    providers: dict[str, ResourceState] = field(default_factory=dict)  # provider resources of this run

    def decided(self, urn: str) -> bool:
        """Whether something was decided about a resource of this name."""
        return urn in self.kept or urn in self.created or urn in self.replaced or urn in self.deleted

    def stays(self, urn: str) -> bool:
        """Whether the resource of before with this name is carried on by one of this run."""
        urn = self.new_names.get(urn, urn)
        return urn in self.kept or urn in self.replaced or urn in self.refreshed
