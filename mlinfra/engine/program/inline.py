"""Running a function as a stack's program, in this process: what Pulumi's automation API calls an inline program.

It saves the start of a process and the import of the SDKs, which is most of what planning a small program takes.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from mlinfra.engine.program.runner import go_on_with_unknown_results, keep_debugging_quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlinfra.engine.events import Severity
    from mlinfra.stack.stack import Stack


class InlineProgram:
    """Takes the place of `Program` for a function.

    Once it has ended, `error` is what the function raised and `message` what the engine was told of it.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._thread: threading.Thread | None = None
        self.error: BaseException | None = None
        self.message: str | None = None

    def __call__(
        self,
        stack: Stack,
        address: str,
        *,
        dry_run: bool,
        parallel: int,
        env: Mapping[str, str],
        print_line: Callable[[Severity, str], None],
        ended: Callable[[str | None], None],
    ) -> InlineProgram:
        """Start it; the arguments are those of `Program`. What it prints goes to this process's output."""
        del env, print_line

        def run() -> None:
            # Pulumi's SDK keeps its state in context variables: a context of its own leaves this process's alone.
            try:
                contextvars.Context().run(self._run, stack, address, dry_run, parallel)
            except BaseException as error:  # noqa: BLE001 (whatever a user's program raises)
                self.error, self.message = error, f"the program failed: {error!r}"
            ended(self.message)

        self._thread = threading.Thread(target=run, name="program", daemon=True)
        self._thread.start()
        return self

    def _run(self, stack: Stack, address: str, dry_run: bool, parallel: int) -> None:
        import asyncio

        import pulumi.runtime

        pulumi.runtime.set_all_config(dict(stack.config.values()), stack.config.secret_keys)
        pulumi.runtime.reset_options(
            project=stack.project.name, stack=stack.name, organization=stack.organization, parallel=parallel,
            root_directory=str(stack.project.root), engine_address=address, monitor_address=address, preview=dry_run,
        )  # fmt: skip
        keep_debugging_quiet()
        go_on_with_unknown_results()
        logging.getLogger("asyncio").setLevel(
            logging.CRITICAL
        )  # futures of a program that failed, which nobody waits for
        loop = asyncio.new_event_loop()
        with ThreadPoolExecutor(max_workers=parallel * 4) as executor:
            loop.set_default_executor(executor)
            try:
                loop.run_until_complete(pulumi.runtime.run_in_stack(self._function))
            finally:
                for task in asyncio.all_tasks(loop):
                    task.cancel()
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()

    def kill(self) -> None:
        """Nothing to end: the function comes to its end when the engine stops listening."""

    def join(self, patience: float) -> bool:
        """Wait for the function to end, for so many seconds; returns whether it did."""
        assert self._thread is not None
        self._thread.join(patience)
        return not self._thread.is_alive()
