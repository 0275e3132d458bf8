"""The errors a user can cause. Each carries one clear sentence and the fix; the CLI prints it without a traceback."""

from __future__ import annotations


class MlinfraError(Exception):
    """Something went wrong that the user can act on.

    `str(error)` is one sentence that names the file or component, the argument and the value; `fix` says what to do.
    `exit_code` is what the command line ends with: 1 failed, 2 wrong usage or configuration, 3 policy, 130 interrupted.
    """

    exit_code = 1

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}\n  fix: {self.fix}" if self.fix else self.message


class ConfigError(MlinfraError):
    """Wrong usage: a file, a setting, an option or an argument that cannot be used as it is."""

    exit_code = 2


class InterruptedRunError(MlinfraError):
    """A run that ended because somebody interrupted it; what it had done is kept."""

    exit_code = 130


class StateError(MlinfraError):
    """A state file that cannot be read, written or locked."""


class ProviderError(MlinfraError):
    """A provider plugin that is missing, does not start or refuses."""


class UnsupportedError(MlinfraError):
    """A feature of Pulumi that this engine does not have. The message names the feature."""
