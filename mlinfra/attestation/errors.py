"""What goes wrong with evidence."""

from __future__ import annotations

from mlinfra.errors import MlinfraError


class AttestationError(MlinfraError):
    """Evidence that does not hold: for something else, altered, expired, of a failed check, or signed by nobody trusted."""

    exit_code = 3
