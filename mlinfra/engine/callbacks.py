"""Calling back into the program: transforms of resources and invokes, and hooks around what is done to a resource."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from mlinfra.engine.goal import HOOKS
from mlinfra.engine.proto import alias_pb2, callback_pb2, callback_pb2_grpc, resource_pb2
from mlinfra.stack import urn as urns
from mlinfra.stack.codec import SpecialValue, Wire, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.message import Message

    from mlinfra.engine.tasks import Task
    from mlinfra.stack.state import ResourceState
    from mlinfra.stack.values import Properties

_WIRE = Wire(outputs=True)


class CallbackError(Exception):
    """The program's callback raised; the text is its own."""


class HookError(Exception):
    """A hook failed, and the step with it."""


class Callbacks:
    """Connections to the servers on which programs take callbacks, by address."""

    def __init__(self) -> None:
        self._stubs: dict[str, Any] = {}
        self._channels: list[grpc.Channel] = []
        self._lock = threading.Lock()

    def call(self, callback: callback_pb2.Callback, request: Message) -> bytes:
        """The answer of a callback; raises CallbackError."""
        with self._lock:
            stub = self._stubs.get(callback.target)
            if stub is None:
                channel = grpc.insecure_channel(callback.target, options=[("grpc.max_receive_message_length", -1)])
                self._channels.append(channel)
                stub = self._stubs[callback.target] = callback_pb2_grpc.CallbacksStub(channel)
        try:
            message = callback_pb2.CallbackInvokeRequest(token=callback.token, request=request.SerializeToString())
            return bytes(stub.Invoke(message).response)
        except grpc.RpcError as error:
            raise CallbackError(error.details()) from error

    def transform(
        self,
        callback: callback_pb2.Callback,
        request: resource_pb2.RegisterResourceRequest,
        properties: Properties,
        options: resource_pb2.TransformResourceOptions,
        special: list[SpecialValue],
    ) -> tuple[Properties, resource_pb2.TransformResourceOptions]:
        """Properties and options of a registration after a transform."""
        message = resource_pb2.TransformRequest(
            type=request.type, name=request.name, custom=request.custom, parent=request.parent,
            properties=_WIRE.encode(properties), options=options,
        )  # fmt: skip
        answer = resource_pb2.TransformResponse.FromString(self.call(callback, message))
        if answer.HasField("properties"):
            properties = decode(answer.properties, special)
        return properties, answer.options if answer.HasField("options") else options

    def transform_invoke(
        self,
        callback: callback_pb2.Callback,
        token: str,
        args: Properties,
        options: resource_pb2.TransformInvokeOptions,
    ) -> tuple[Properties, resource_pb2.TransformInvokeOptions]:
        """Arguments and options of a function after a transform."""
        message = resource_pb2.TransformInvokeRequest(token=token, args=_WIRE.encode(args), options=options)
        answer = resource_pb2.TransformInvokeResponse.FromString(self.call(callback, message))
        if answer.HasField("args"):
            args = decode(answer.args)
        return args, answer.options if answer.HasField("options") else options

    def close(self) -> None:
        """Close all connections."""
        for channel in self._channels:
            channel.close()


@dataclass(frozen=True, slots=True)
class _Hook:
    callback: callback_pb2.Callback
    on_dry_run: bool = True
    ignore_errors: bool = False


class Hooks:
    """The hooks that a program registered, by name. `warn` is told of failures that are to be ignored."""

    def __init__(self, callbacks: Callbacks, *, dry_run: bool, warn: Callable[[str, str], None]) -> None:
        self._callbacks = callbacks
        self._dry_run = dry_run
        self._warn = warn
        self._hooks: dict[str, _Hook] = {}
        self._error_hooks: dict[str, callback_pb2.Callback] = {}

    def register(self, request: resource_pb2.RegisterResourceHookRequest) -> None:
        """A hook around creations, updates or deletions."""
        self._hooks[request.name] = _Hook(request.callback, request.on_dry_run, request.ignore_errors)

    def register_error(self, request: resource_pb2.RegisterErrorHookRequest) -> None:
        """A hook that decides whether what failed is tried again."""
        self._error_hooks[request.name] = request.callback

    def run(self, kind: str, task: Task) -> None:
        """Run a resource's hooks of a kind, such as BeforeCreate; raises HookError."""
        for name in task.state.resource_hooks.get(kind, ()):
            hook = self._hooks.get(name)
            if hook is None:
                raise HookError(f'hook "{name}" was not registered')
            if self._dry_run and not hook.on_dry_run:
                continue
            answer = resource_pb2.ResourceHookResponse.FromString(
                self._callbacks.call(hook.callback, _request(kind, task))
            )
            if answer.error and hook.ignore_errors:
                self._warn(f'{HOOKS[kind]} hook "{name}" failed: {answer.error}', task.state.urn)
            elif answer.error:
                raise HookError(f'{HOOKS[kind].partition("_")[0]} hook "{name}" failed: {answer.error}')

    def retry(self, operation: str, task: Task, errors: Sequence[str]) -> bool:
        """Whether the resource's error hooks want an operation that failed to be tried again. Latest error first."""
        again = False
        for name in task.state.resource_hooks.get("OnError", ()):
            callback = self._error_hooks.get(name)
            if callback is None:
                raise HookError(f'error hook "{name}" was not registered')
            message = resource_pb2.ErrorHookRequest(failed_operation=operation, errors=errors)
            _fill(message, operation, task)
            answer = resource_pb2.ErrorHookResponse.FromString(self._callbacks.call(callback, message))
            if answer.error:
                raise HookError(f'error hook "{name}" failed: {answer.error}')
            again = again or answer.retry
        return again


def _request(kind: str, task: Task) -> resource_pb2.ResourceHookRequest:
    when, operation = HOOKS[kind].split("_")
    request = resource_pb2.ResourceHookRequest()
    _fill(request, operation, task)
    if when == "after" and operation != "delete" and task.new is not None:
        request.new_outputs.CopyFrom(_WIRE.encode(task.new.outputs))
    return request


def _fill(
    request: resource_pb2.ResourceHookRequest | resource_pb2.ErrorHookRequest, operation: str, task: Task
) -> None:
    """Fill in what hooks are told: creations have no old side, deletions no new one."""
    state = task.state
    request.urn, request.id, request.name, request.type = state.urn, state.id, urns.name_of(state.urn), state.type
    if operation != "delete" and task.new is not None:
        request.new_inputs.CopyFrom(_WIRE.encode(task.new.inputs))
        request.new_options.CopyFrom(_options(task.new))
    if operation != "create" and task.old is not None:
        request.old_inputs.CopyFrom(_WIRE.encode(task.old.inputs))
        request.old_outputs.CopyFrom(_WIRE.encode(task.old.outputs))
        request.old_options.CopyFrom(_options(task.old))


def _options(state: ResourceState) -> resource_pb2.ResourceOptions:
    """A resource's options as hooks see them."""
    timeouts = {name: f"{value:g}s" for name, value in state.custom_timeouts.items()}
    options = resource_pb2.ResourceOptions(
        depends_on=state.dependencies,
        protect=state.protect,
        ignore_changes=state.ignore_changes,
        replace_on_changes=state.replace_on_changes,
        aliases=[alias_pb2.Alias(urn=urn) for urn in state.aliases],
        provider=state.provider,
        custom_timeouts=resource_pb2.RegisterResourceRequest.CustomTimeouts(**timeouts) if timeouts else None,
        retain_on_delete=state.retain_on_delete,
        deleted_with=state.deleted_with,
        additional_secret_outputs=state.additional_secret_outputs,
        hooks=resource_pb2.RegisterResourceRequest.ResourceHooksBinding(
            **{HOOKS[kind]: names for kind, names in state.resource_hooks.items()}
        ),
        hide_diff=state.hide_diff,
        replace_with=state.replace_with,
        parent=state.parent,
    )
    setattr(options, "import", state.import_id)
    return options
