"""Creates, reads, updates and deletes one resource by its entry in the type table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlinfra.catalog.aws_types import AwsType, Call
from mlinfra.catalog.templates import MissingError, fill, parse
from mlinfra.sandbox.aws.account import ACCOUNT_ID, Account, AwsError, is_missing
from mlinfra.sandbox.aws.decode import Decoder
from mlinfra.sandbox.aws.diffs import same
from mlinfra.sandbox.aws.encode import Encoder, merge
from mlinfra.sandbox.aws.hooks import HOOKS, Hook
from mlinfra.sandbox.aws.names import Names, search

if TYPE_CHECKING:
    from mlinfra.stack.values import Properties


@dataclass
class Resource:
    """One resource under work. `inputs` are what it should be, `outputs` what is known of it; both grow as it is made.

    `tags` in the inputs are all tags, the provider's default ones included.
    """

    kind: AwsType
    account: Account
    region: str
    inputs: Properties
    id: str = ""
    outputs: Properties = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @property
    def hook(self) -> Hook:
        """What does for this type what the table cannot say."""
        return HOOKS[self.kind.hook]

    # --- calls -------------------------------------------------------------------------------------------------------

    @property
    def scope(self) -> dict[str, Any]:
        """What the table's templates may name."""
        partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(
            self.region.rpartition("-")[0].rpartition("-")[0], "aws"
        )
        return {
            "partition": partition,
            "region": self.region,
            "account": ACCOUNT_ID,
            "id": self.id,
            "inputs": self.inputs,
            "outputs": self.outputs,
        }

    def names(self, call: Any = None) -> Names:
        """How the properties are called in `call`: its own words before the type's."""
        rename = self.kind.rename if call is None or call.rename is None else {**self.kind.rename, **call.rename}
        into = self.kind.into if call is None or call.into is None else call.into
        return Names(self.kind.noun, rename, into, self.kind.convert)

    def key(self, op: str) -> dict[str, Any]:
        """The parameters that say which resource is meant, as far as `op` takes them and they are known."""
        shape = self.account.input_shape(self.kind.service, op)
        found = {}
        for name, template in self.kind.key.items():
            if shape is not None and name in shape.members:
                try:
                    found[name] = fill(template, self.scope)
                except MissingError:
                    continue
        return found

    def call(self, op: str, params: Mapping[str, Any], service: str = "") -> Any:
        """Call AWS, where this resource lives."""
        return self.account.call(service or self.kind.service, op, params, self.region)

    def ask(self, op: str, params: dict[str, Any]) -> Any:
        """Call AWS as the table wants it, with the hook's changes."""
        return self.call(self.hook.route(self, op), self.hook.params(self, op, params))

    def send(self, op: str, values: Mapping[str, Any], spec: Any = None, schema: Any = None) -> Any:
        """Call `op` with the resource's key, the call's own parameters and `values` under their names at AWS."""
        return self.ask(op, self.params(op, values, spec, schema))

    def params(self, op: str, values: Mapping[str, Any], spec: Any = None, schema: Any = None) -> dict[str, Any]:
        """The parameters of `send`. What `op` took of the values is added to `used`."""
        encoder = Encoder(self.account.input_shape(self.kind.service, op), self.names(spec))
        params = merge(self.key(op), fill(dict(spec.params), self.scope) if spec is not None else {})
        try:
            merge(params, encoder.encode(self.kind.schema.inputs if schema is None else schema, values))
        except (ValueError, TypeError) as error:
            raise AwsError(op, "InvalidParameterValue", str(error)) from error
        self.used |= encoder.used
        return params

    # --- what AWS says -----------------------------------------------------------------------------------------------

    def learn(self, answer: Any, call: Call, *, main: bool = True) -> None:
        """Take from an answer every property it tells."""
        data = search(call.at, answer) if call.at else answer
        if not isinstance(data, Mapping):
            data = {"": data}
        decoder = Decoder(self.names(call), call.outputs)
        schema = {**self.kind.schema.inputs, **self.kind.schema.outputs}
        schema.pop("tagsAll", None)
        if "id" in call.outputs:
            schema["id"] = "str"
        found = decoder.decode(schema, data, listed_only=bool(call.outputs) and not main)
        if "tags" in found:
            found["tags"] = {key: value for key, value in found["tags"].items() if not key.startswith("aws:")}
        self.outputs.update(found)
        self.hook.learned(self, data)

    def derive(self) -> None:
        """Add the outputs that follow from others."""
        for name, template in self.kind.derive.items():
            try:
                self.outputs[name] = fill(template, self.scope)
            except MissingError:
                continue

    def identify(self, answer: Any) -> None:
        """Find the new resource's id: in the answer, or made from its properties."""
        self.derive()
        found = fill(self.kind.id, self.scope) if "{" in self.kind.id else search(self.kind.id, answer)
        if not found:
            raise AwsError(self.kind.token, "SandboxError", f"no id at {self.kind.id} of the answer {answer!r}")
        self.id = str(found)
        self.derive()

    def look(self, wanted: Callable[[Call], bool]) -> bool:
        """Ask AWS with the lookups that are `wanted`. False when the resource is not there."""
        for number, call in enumerate(self.kind.read):
            if not wanted(call):
                continue
            if call.when and not search(call.when, self.scope):
                continue
            try:
                answer = self.ask(call.op, merge(self.key(call.op), fill(dict(call.params), self.scope)))
                data = search(fill_path(call.at, self.scope), answer) if call.at else answer
            except (AwsError, MissingError) as error:
                if isinstance(error, AwsError) and not is_missing(error, self.kind.missing):
                    raise
                if number == 0:
                    return False
                continue
            if number == 0 and (not data or (self.kind.gone and search(fill_path(self.kind.gone, self.scope), data))):
                return False
            self.learn(
                data, Call(op=call.op, outputs=call.outputs, rename=call.rename, into=call.into), main=number == 0
            )
        self.derive()
        return True

    def read(self) -> bool:
        """Read everything there is to know. False when the resource is not there.

        With nothing known but the id, as in an import, the id is taken apart first.
        """
        kind = self.kind
        imported = parse(kind.import_id, self.id) if kind.import_id else None
        taken = parse(kind.id, self.id) if imported is None and "{" in kind.id else imported
        self.id = (imported or {}).pop("id", self.id)
        for name, text in (taken or {}).items():
            value = text.split(":") if isinstance(kind.schema.inputs.get(name), list) else text
            self.inputs.setdefault(name, value)
            self.outputs.setdefault(name, value)
        self.derive()
        found = self.hook.find(self)
        there = self.look(lambda _: True) if found is None else found
        if there and imported is not None:
            scope = {**self.scope, "inputs": {**self.outputs, **self.inputs}}
            self.id = fill(kind.id, scope) if "{" in kind.id else self.outputs.get("id", self.id)
        return there


def fill_path(path: str, scope: Mapping[str, Any]) -> str:
    """A JMESPath with its places filled."""
    return str(fill(path, scope)) if "{" in path else path


def changed(kind: AwsType, name: str, old: Any, new: Any) -> bool:
    """Whether a property must be applied. Taking away what AWS fills in by itself changes nothing."""
    if new is None and (old is None or name in kind.schema.computed):
        return False
    return not same(kind, name, old, new)
