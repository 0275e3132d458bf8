"""Refusals of what AWS's managed services do not take, with the reason and the source."""

from mlinfra.catalog import managed
from mlinfra.components.problems import Invalid


def refused(limit: str, *, fix: str, argument: str = "", what: str = "") -> Invalid:
    """The refusal of a limit of the catalogue: `what` was asked for (if that needs saying), and what to do instead."""
    found = managed.limit(limit)
    reason = f"{what}: {found.reason}" if what else found.reason
    return Invalid(f"{reason} ({found.source})", fix=fix, argument=argument)
