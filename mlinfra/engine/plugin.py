"""A provider plugin over gRPC (sdk/proto/pulumi/provider.proto)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf import empty_pb2

from mlinfra.engine.answers import assets, checked, diffed, failure, failures, restored, variable
from mlinfra.engine.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from mlinfra.engine.provider import Checked, Configured, Created, Diffed, Held, InitFailure, Invoked, ReadResult
from mlinfra.stack import urn as urns
from mlinfra.stack.codec import Wire, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlinfra.stack.values import Properties

_FULL: Final = Wire()
_BRIEF: Final = Wire(contents=False)  # hashes are enough where nothing is made from an asset
_OPTIONS: Final = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A connection of its own for each instance: servers that serve several tell them apart by it.
    ("grpc.use_local_subchannel_pool", 1),
]


class Plugin:
    """The provider that listens at an address. `on_close` ends what was started for it."""

    def __init__(self, address: str, on_close: Callable[[], None]) -> None:
        self.version = ""
        self._on_close = on_close
        self._channel = grpc.insecure_channel(address, options=_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._handshake: Configured | None = None

    def greet(self, engine_address: str, project_dir: str, *, attach: bool) -> None:
        """Get to know each other; raises ProviderFailure when nobody answers."""
        if attach:
            self._call(self._stub.Attach, plugin_pb2.PluginAttach(address=engine_address))
        answer = self._optional(
            self._stub.Handshake,
            provider_pb2.ProviderHandshakeRequest(
                engine_address=engine_address, program_directory=project_dir, root_directory=project_dir,
                configure_with_urn=True, invoke_with_preview=True,
            ),
        )  # fmt: skip
        if answer is not None:
            self._handshake = Configured(
                accept_secrets=answer.accept_secrets,
                accept_resources=answer.accept_resources,
                supports_preview=True,
                accept_outputs=answer.accept_outputs,
            )
        info = self._optional(self._stub.GetPluginInfo, empty_pb2.Empty())
        self.version = info.version if info is not None else ""

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """See `Provider`."""
        request = provider_pb2.CheckRequest(**_who(urn), olds=_FULL.encode(olds), news=_FULL.encode(news))
        answer = self._optional(self._stub.CheckConfig, request)
        return Checked(news) if answer is None else checked(answer)

    def diff_config(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed:
        """See `Provider`."""
        answer = self._optional(self._stub.DiffConfig, _diff_request(_FULL, old, news, ignore))
        return Diffed(None) if answer is None else diffed(answer)

    def configure(self, urn: str, id: str, inputs: Properties) -> Configured:
        """See `Provider`."""
        package = urns.package_of(urns.type_of(urn))
        variables = {f"{package}:config:{k}": variable(v) for k, v in inputs.items() if k != "version"}
        answer = self._call(
            self._stub.Configure,
            provider_pb2.ConfigureRequest(
                **_who(urn), id=id, variables=variables, args=_FULL.encode(inputs), acceptSecrets=True,
                acceptResources=True, sends_old_inputs=True, sends_old_inputs_to_delete=True,
            ),
        )  # fmt: skip
        return self._handshake or Configured(
            accept_secrets=answer.acceptSecrets,
            accept_resources=answer.acceptResources,
            supports_preview=answer.supportsPreview,
            accept_outputs=answer.acceptOutputs,
        )

    def check(self, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        """See `Provider`."""
        request = provider_pb2.CheckRequest(
            **_who(urn), randomSeed=seed, olds=_FULL.encode(olds), news=_FULL.encode(news)
        )
        return checked(self._call(self._stub.Check, request))

    def diff(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed:
        """See `Provider`."""
        return diffed(self._call(self._stub.Diff, _diff_request(_BRIEF, old, news, ignore)))

    def create(self, urn: str, inputs: Properties, *, timeout: float = 0, preview: bool = False) -> Created:
        """See `Provider`."""
        request = provider_pb2.CreateRequest(
            **_who(urn), properties=_FULL.encode(inputs), timeout=timeout, preview=preview
        )
        answer = self._call(self._stub.Create, request)
        return Created(answer.id, decode(answer.properties))

    def read(self, held: Held, *, timeout: float = 0) -> ReadResult:
        """See `Provider`. A plugin that answers no inputs leaves those given as they are."""
        known = assets(held.inputs)
        request = provider_pb2.ReadRequest(
            **_who(held.urn), id=held.id, timeout=timeout,
            inputs=_BRIEF.encode(held.inputs), properties=_BRIEF.encode(held.outputs),
        )  # fmt: skip
        try:
            answer = self._call(self._stub.Read, request)
        except InitFailure as error:
            error.inputs, error.outputs = restored(error.inputs, known), restored(error.outputs, known)
            raise
        found = restored(decode(answer.inputs), known) if answer.HasField("inputs") else held.inputs
        return ReadResult(answer.id, found, restored(decode(answer.properties), known))

    def update(
        self, old: Held, news: Properties, *, ignore: Sequence[str] = (), timeout: float = 0, preview: bool = False
    ) -> Properties:
        """See `Provider`."""
        request = provider_pb2.UpdateRequest(
            **_who(old.urn), id=old.id, timeout=timeout, ignoreChanges=ignore, preview=preview,
            olds=_BRIEF.encode(old.outputs), old_inputs=_BRIEF.encode(old.inputs), news=_FULL.encode(news),
        )  # fmt: skip
        return decode(self._call(self._stub.Update, request).properties)

    def delete(self, old: Held, *, timeout: float = 0) -> None:
        """See `Provider`."""
        request = provider_pb2.DeleteRequest(
            **_who(old.urn), id=old.id, timeout=timeout,
            old_inputs=_BRIEF.encode(old.inputs), properties=_BRIEF.encode(old.outputs),
        )  # fmt: skip
        self._call(self._stub.Delete, request)

    def invoke(self, token: str, args: Properties, *, preview: bool = False) -> Invoked:
        """See `Provider`."""
        request = provider_pb2.InvokeRequest(tok=token, args=_FULL.encode(args), preview=preview)
        answer = self._call(self._stub.Invoke, request)
        return Invoked(decode(getattr(answer, "return")), failures(answer.failures))

    def call(
        self, token: str, args: Properties, dependencies: Mapping[str, Sequence[str]], *, preview: bool = False
    ) -> Invoked:
        """See `Provider`."""
        depends = {k: provider_pb2.CallRequest.ArgumentDependencies(urns=v) for k, v in dependencies.items()}
        wire = Wire(outputs=bool(self._handshake and self._handshake.accept_outputs))
        request = provider_pb2.CallRequest(
            tok=token, args=wire.encode(args), argDependencies=depends, dryRun=preview, accepts_output_values=True
        )
        answer = self._call(self._stub.Call, request)
        returned = {name: tuple(found.urns) for name, found in answer.returnDependencies.items()}
        return Invoked(decode(getattr(answer, "return")), failures(answer.failures), returned)

    def cancel(self) -> None:
        """See `Provider`."""
        with contextlib.suppress(grpc.RpcError):  # a provider that cannot cancel, or is gone
            self._stub.Cancel(empty_pb2.Empty(), timeout=5)

    def close(self) -> None:
        """See `Provider`."""
        self._channel.close()
        self._on_close()

    def _call(self, method: Callable[[Any], Any], request: Any) -> Any:
        try:
            return method(request)
        except grpc.RpcError as error:
            raise failure(error) from error

    def _optional(self, method: Callable[[Any], Any], request: Any) -> Any:
        """The answer of a call that plugins need not have; None when this one does not."""
        try:
            return method(request)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                return None
            raise failure(error) from error


def _who(urn: str) -> dict[str, Any]:
    """What every request says of its resource."""
    return {"urn": urn, "name": urns.name_of(urn), "type": urns.type_of(urn)}


def _diff_request(wire: Wire, old: Held, news: Properties, ignore: Sequence[str]) -> provider_pb2.DiffRequest:
    return provider_pb2.DiffRequest(
        **_who(old.urn), id=old.id, ignoreChanges=ignore, olds=wire.encode(old.outputs),
        old_inputs=wire.encode(old.inputs), news=wire.encode(news),
    )  # fmt: skip
