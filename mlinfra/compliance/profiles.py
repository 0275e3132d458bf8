"""How strict a check is."""

from __future__ import annotations

from enum import StrEnum


class Profile(StrEnum):
    """A security profile. The components' profiles have the same names and mean the same."""

    BASELINE = "baseline"
    """Encrypted, private and logged: for experiments with data that is not sensitive."""
    REGULATED = "regulated"
    """What an auditor expects of personal, financial or health data. The default."""
    ISOLATED = "isolated"
    """As regulated, and no path to or from the internet at all."""


STRICT = frozenset({Profile.REGULATED, Profile.ISOLATED})
EVERYWHERE = frozenset(Profile)
