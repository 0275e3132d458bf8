"""Under which URNs a resource may have been known before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.stack import urn as urns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlinfra.engine.goal import Alias


def former_urns(
    name: str,
    type_: str,
    parent: str,
    aliases: Sequence[Alias],
    *,
    stack: str,
    project: str,
    renamed: Mapping[str, str],
) -> list[str]:
    """The URNs that a resource's aliases mean, its own first, each once.

    `renamed` are the resources of this run that were found under another URN: children of those are looked for under
    what their parent was called. A child whose name begins with that of its parent is taken to be named after it.
    """

    def candidates() -> Iterator[str]:
        own = [_former(alias, name, type_, parent, stack, project, renamed) for alias in aliases]
        yield from own
        before = renamed.get(parent)
        if before is None:
            return
        named = urns.name_of(parent)
        yield _inherited(type_, name, named, before)
        for urn in own:
            yield _inherited(urns.type_of(urn), urns.name_of(urn), named, before)

    return list(dict.fromkeys(candidates()))


def _former(
    alias: Alias, name: str, type_: str, parent: str, stack: str, project: str, renamed: Mapping[str, str]
) -> str:
    if alias.urn:
        return alias.urn
    was_in = renamed.get(alias.parent, alias.parent) if alias.parent else parent
    return urns.make(
        alias.stack or stack,
        alias.project or project,
        "" if alias.no_parent else was_in,
        alias.type or type_,
        alias.name or name,
    )


def _inherited(type_: str, name: str, parent_name: str, former_parent: str) -> str:
    """What a child was called when its parent was `former_parent`."""
    if name.startswith(parent_name):
        name = urns.name_of(former_parent) + name.removeprefix(parent_name)
    stack, project = former_parent.removeprefix("urn:pulumi:").split("::", 2)[:2]
    return urns.make(stack, project, former_parent, type_, name)
