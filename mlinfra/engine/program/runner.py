"""The process in which a user's program runs: `python runner.py`, with settings as JSON on standard input.

It stands alone, in a folder of its own that ends up on the program's path: it may be run by a Python that has pulumi but
not mlinfra, and imports little, so that the program starts at once. Configuration is in the environment, where Pulumi's
SDK looks for it.
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import logging
import os
import runpy
import sys
import threading
import traceback
import types
import typing
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

SHOWN = 32  # exit status: what went wrong has been said (pulumi-language-python uses the same)


def main() -> int:
    """Get ready, wait for settings, and run the program; returns the exit status."""
    import asyncio

    gc.set_threshold(
        100_000, 20, 100
    )  # what the SDK makes stays, and looking through it takes half of a program's time
    try:
        import pulumi
        import pulumi.runtime
    except ImportError as error:
        sys.stderr.write(f"The Python {sys.executable} cannot import pulumi: {error}\n")
        return 1
    given = sys.stdin.readline()
    if given.startswith('{"folder"'):  # who started this did not know yet for which program
        place = json.loads(given)
        os.environ.clear()
        os.environ.update(place["environment"])
        os.chdir(place["folder"])
        given = sys.stdin.readline()
    if not given:
        return 0  # the engine ended before it came to the program
    end_with_the_engine()
    settings = json.loads(given)
    given_as = str(settings.pop("program"))
    program = Path(given_as)
    if program.is_dir():  # runpy would compile the file of a folder only when its size or the second had changed
        program /= "__main__.py"
    pulumi.runtime.set_all_config(pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env())
    pulumi.runtime.configure(pulumi.runtime.Settings(**settings))
    keep_debugging_quiet()
    find_places_quickly()
    wait_for_everything_at_once()
    go_on_with_unknown_results()
    sys.argv = [given_as]
    sys.path.insert(0, str(program.parent))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # A program that ends early leaves futures that nobody waits for, about which asyncio would complain at length.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    status = 1
    with InOrder(settings["parallel"] * 4) as executor:
        executor.order(pulumi.runtime.settings.get_monitor())
        loop.set_default_executor(executor)
        try:
            loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: run(program)))
            status = 0
        except pulumi.RunError as error:
            pulumi.log.error(str(error))
        except Exception as error:  # noqa: BLE001 (whatever a user's program raises)
            pulumi.log.error("Program failed with an unhandled exception:\n" + users_traceback(error, program))
            status = SHOWN
    sys.stdout.flush()
    sys.stderr.flush()
    return status


class InOrder(ThreadPoolExecutor):
    """Threads for the SDK's calls, which go out one after the other, so that the engine hears them in program order."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self._free = threads  # negative while calls wait for a thread
        self._counting = threading.Lock()
        self._mine = threading.local()

    def order(self, stub: Any) -> None:
        """Have the calls of a gRPC stub go out in order."""
        for name, method in vars(stub).items():
            setattr(stub, name, functools.partial(self._call, method))

    def _call(self, method: Any, request: Any, **options: Any) -> Any:
        answer = method.future(request, **options)
        if (out := getattr(self._mine, "out", None)) is not None:
            out.set()
        return answer.result()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See Executor. A call of the SDK is on its way afterwards, unless all threads are taken."""
        out = threading.Event()

        def call() -> Any:
            self._mine.out = out
            try:
                return fn(*args, **kwargs)
            finally:
                out.set()
                self._count(1)

        future = super().submit(call)
        if self._count(-1) >= 0 and fn.__module__ == "pulumi.runtime._context":  # others may take long
            out.wait()
        return future

    def _count(self, by: int) -> int:
        with self._counting:
            self._free += by
            return self._free


def end_with_the_engine() -> None:
    """Leave when the engine is gone, however it went; a program that asks for input gets none."""
    lifeline = os.dup(sys.stdin.fileno())
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), sys.stdin.fileno())

    def wait() -> None:
        os.read(lifeline, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def run(program: Path) -> None:
    """Run the program's file."""
    runpy.run_path(str(program), run_name="__main__")


def keep_debugging_quiet() -> None:
    """Send no debug messages, which nobody is shown: the SDK has several for each resource, and waits for each."""
    import pulumi.runtime
    from pulumi.runtime.proto import engine_pb2

    engine: Any = pulumi.runtime.settings.get_engine()
    log = engine.Log
    engine.Log = lambda message: None if message.severity == engine_pb2.DEBUG else log(message)


def find_places_quickly() -> None:
    """Tell where a resource is declared as the SDK does, but without a look at every file on the way there.

    For each resource the SDK has all frames of the stack with their text, and makes an address of each file's name.
    """
    sdk: Any = sys.modules["pulumi.runtime.resource"]
    original = getattr(sdk, "_get_source_position_for_frame", None)
    if original is None or original.__module__ != sdk.__name__:
        return

    def extract_stack() -> list[traceback.FrameSummary]:
        found: list[traceback.FrameSummary] = []
        frame: types.FrameType | None = sys._getframe(1)  # noqa: SLF001
        while frame is not None:
            code = frame.f_code
            found.append(traceback.FrameSummary(code.co_filename, frame.f_lineno, code.co_name, lookup_line=False))
            frame = frame.f_back
        return found[::-1]

    @functools.cache
    def position(file: str, line: int | None) -> Any:
        return original(traceback.FrameSummary(file, line, "", lookup_line=False))

    sdk.traceback = types.SimpleNamespace(**vars(traceback) | {"extract_stack": extract_stack})
    sdk._get_source_position_for_frame = lambda frame: position(frame.filename, frame.lineno)  # noqa: SLF001


def wait_for_everything_at_once() -> None:
    """Have the SDK wait for all outputs until each is there, or one fails, rather than for any and then all the others.

    Looking at all of them again whenever one is there makes large programs slow: thousands times thousands.
    """
    import asyncio

    def wait(tasks: Any, **_: Any) -> Any:
        return asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)

    theirs = types.SimpleNamespace(**vars(asyncio) | {"wait": wait})
    sys.modules["pulumi.runtime.stack"].asyncio = theirs  # type: ignore[attr-defined]


def go_on_with_unknown_results() -> None:
    """In a preview, let a program that calls a function for its value at once (`get_ami`) go on when that is unknown.

    The SDK has unknown results only for the other form (`get_ami_output`) and fails on them in this one. Here every text in
    such a result is Pulumi's word for an unknown value, which the engine takes for one when it comes back as an input.
    """
    import pulumi.runtime
    from pulumi._types import is_output_type, output_type_types
    from pulumi.runtime import is_dry_run, rpc

    original = pulumi.runtime.invoke
    if original.__module__ == __name__:
        return

    def invoke(tok: str, props: Any, opts: Any = None, typ: type | None = None, *args: Any, **more: Any) -> Any:
        result = original(tok, props, opts, typ, *args, **more)
        if is_dry_run() and not result.is_known and typ is not None and is_output_type(typ):
            kinds = {str: rpc.UNKNOWN, typing.Sequence[str]: [rpc.UNKNOWN]}
            values = {name: kinds[kind] for name, kind in output_type_types(typ).items() if kind in kinds}
            result.value = rpc.translate_output_properties(values, lambda value: value, typ)
        return result

    sys.modules["pulumi.runtime.invoke"].invoke = pulumi.runtime.invoke = invoke  # type: ignore[attr-defined]


def users_traceback(error: BaseException, program: Path) -> str:
    """The traceback from the user's program on; all of it when the program does not show in it."""
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error))  # says where; who read the file does not matter
    frames = traceback.extract_tb(error.__traceback__)
    for index, frame in enumerate(frames):
        if Path(frame.filename) == program:
            return "".join(traceback.format_exception(error, limit=index - len(frames)))
    return "".join(traceback.format_exception(error))


class Leave:
    """Ends the process once everything else is done that is to be done at exit, without taking the interpreter apart.

    That takes longer than a small program: hundreds of modules of the SDKs, which the system frees at once.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        atexit.register(self._leave)  # what is registered later is called earlier

    def _leave(self) -> None:
        if self.status is not None:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self.status)


def load_sdks_as_needed() -> None:
    """Have the generated SDK packages load what the program names, which is little of what they have."""
    import lazy  # type: ignore[import-not-found]

    lazy.install()
    for name in ("lazy", "lazyclasses"):  # a program may have modules of these names
        del sys.modules[name]


if __name__ == "__main__":
    leave = Leave()
    load_sdks_as_needed()
    leave.status = main()
    sys.exit(leave.status)
