"""The `mlinfra` command. Every command imports what it needs when it runs, so that `--help` stays quick."""

from __future__ import annotations

import atexit
import errno
import gc
import importlib
import os
import sys
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from mlinfra.cli.terminal import say, show_error
from mlinfra.errors import ConfigError, MlinfraError
from mlinfra.stack import headstart

_HELP = """Deploy Pulumi programs into an AWS account that exists only on this machine.

mlinfra up                        deploy this folder's program
mlinfra check                     judge it, before anything exists
mlinfra graph -o stack.svg        see it
mlinfra COMMAND --help            what a command does, with examples

Commands, flags and environment variables are those of the pulumi CLI where
they mean the same. State is kept in ~/.mlinfra, or where MLINFRA_HOME says.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 policy,
130 interrupted.
"""

MODULES: Final = {
    "deploy": ("up", "preview", "refresh", "destroy", "import"),
    "drain": ("drain",),
    "check": ("check",),
    "rules": ("rules",),
    "waivers": ("waivers",),
    "evidence": ("verify", "keys"),
    "graph": ("graph",),
    "stacks": ("outputs", "cancel", "stack", "state"),
    "jobs": ("jobs",),
    "sandbox": ("sandbox",),
    "types": ("types",),
    "catalog": ("catalog",),
}
"""The modules of commands in the order of the help, and the names that each registers."""


def application(command: str = "") -> typer.Typer:
    """The command line; given the name of a command, only with the module that has it, which takes a tenth of the time."""
    app = typer.Typer(
        name="mlinfra",
        help=_HELP,
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for module in [name for name, commands in MODULES.items() if command in commands] or MODULES:
        importlib.import_module(f"mlinfra.cli.{module}").register(app)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from mlinfra import __version__

        typer.echo(f"mlinfra {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None: ...


# click's ClickException. Newer versions of typer bring their own click, so it is reached through what typer exports.
_CommandLineError: type[Exception] = typer.BadParameter.__mro__[2]
INTERRUPTED: Final = 130
RUNNER: Final = Path(__file__).parents[1] / "engine" / "program" / "runner.py"
"""What runs programs, by its path: importing the engine takes longer than starting that process."""
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage or configuration, 3 policy, 130 interrupted."""
    # What a command makes stays until its end: looking through it again and again takes a tenth of a large deployment.
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    if sys.argv[1:2] in (["up"], ["preview"]) and not {"-h", "--help"}.intersection(sys.argv):
        headstart.begin(RUNNER)
    ended: list[int] = []
    atexit.register(_leave, ended)  # what is registered first is called last
    ended.append(run(sys.argv[1:]))
    sys.exit(ended[0])


def _leave(ended: list[int]) -> None:
    """End the process without taking the interpreter apart: the system frees at once what that takes a while for."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return  # which the interpreter reports, with an exit code of its own
    if ended:
        os._exit(ended[0])


def run(arguments: list[str]) -> int:
    """Run the command line and return the exit code; whatever goes wrong has been reported."""
    try:
        code: int = application(*arguments[:1])(arguments, prog_name="mlinfra", standalone_mode=False) or 0
    except MlinfraError as error:
        show_error(error)
        return error.exit_code
    except _CommandLineError as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "mlinfra"
        message = getattr(error, "format_message", error.__str__)()
        if message:  # without one, the command stood alone, and its help has been shown
            show_error(ConfigError(message, fix=f"see `{command} --help`"))
        return ConfigError.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _interrupted()
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.errno not in _FULL:
            return _internal(error)
        show_error(MlinfraError(f"{error.filename or 'the output'} cannot be written: {error.strerror}"))
        return 1
    except Exception as error:  # noqa: BLE001 (it is written down, and the exit code says so)
        return _internal(error)
    if code == INTERRUPTED:  # typer has turned the interrupt into this, without a word
        _interrupted()
    return code


def _interrupted() -> None:
    """Say so, on a line of its own where a terminal shows ^C."""
    say("\ninterrupted" if sys.stderr.isatty() else "interrupted", style="yellow")


def _internal(error: Exception) -> int:
    """An error of ours: one line, and the traceback in a file."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="mlinfra-", suffix=".log", delete=False) as log:
        traceback.print_exception(error, file=log)
    show_error(
        MlinfraError(
            f"internal error: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}",
            fix=f"please report it with the traceback in {Path(log.name)}",
        )
    )
    return 1
