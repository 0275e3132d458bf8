"""The two spellings of property values: protobuf structs on the wire, JSON in states and events.

Both use Pulumi's signatures for what JSON has no word for (sdk/proto, "Pulumi property value encoding"). The walkers
translate in one pass; going through `google.protobuf.json_format` would be a second one, and slower than both together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlinfra.stack import urn as urns
from mlinfra.stack.values import (
    ARCHIVE,
    ASSET,
    OUTPUT,
    RESOURCE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_STRING,
    Archive,
    Asset,
    OutputValue,
    Properties,
    ResourceRef,
    Secret,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf import struct_pb2

# One sentinel per type of what is unknown (sdk/go/common/resource/plugin/rpc.go); programs and providers send any.
UNKNOWN_STRINGS: Final = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)

SpecialValue = OutputValue | Asset | Archive


def decode(struct: struct_pb2.Struct, special: list[SpecialValue] | None = None) -> Properties:
    """The properties in a struct from the wire.

    Output values become plain (secret, unknown) values. A caller that wants them kept passes the list `special`: output
    values, assets and archives are then kept as they are and also collected there, so that it can see at no cost
    whether there are any.
    """
    return {key: decode_value(value, special) for key, value in struct.fields.items()}


def decode_value(value: struct_pb2.Value, special: list[SpecialValue] | None = None) -> Any:
    """One value from the wire. Whole numbers become int, so that JSON shows them as Pulumi does."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in UNKNOWN_STRINGS else text
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE in fields:
            return _signed({key: decode_value(item, special) for key, item in fields.items()}, special)
        return {key: decode_value(item, special) for key, item in fields.items()}
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "list_value":
        return [decode_value(item, special) for item in value.list_value.values]
    return value.bool_value if kind == "bool_value" else None


def _signed(fields: dict[str, Any], special: list[SpecialValue] | None) -> Any:
    """The value behind a map that carries a signature."""
    signature = fields[SIGNATURE]
    if signature == SECRET:
        return Secret(fields["value"])
    found: Any
    if signature == RESOURCE:
        identity = fields.get("id")
        identity = plain_output(identity) if isinstance(identity, OutputValue) else identity
        return ResourceRef(fields["urn"], UNKNOWN if identity == "" else identity, fields.get("packageVersion", ""))
    if signature == OUTPUT:
        found = OutputValue(
            fields.get("value", UNKNOWN), bool(fields.get("secret")), tuple(fields.get("dependencies") or ())
        )
        if special is None:
            return plain_output(found)
    elif signature in (ASSET, ARCHIVE):
        found = _asset(fields)
    else:
        raise ValueError(f"a property value carries the unknown signature {signature!r}")
    if special is not None:
        special.append(found)
    return found


def _asset(fields: dict[str, Any]) -> Asset | Archive:
    path, uri, digest = fields.get("path") or None, fields.get("uri") or None, fields.get("hash", "")
    if fields[SIGNATURE] == ARCHIVE:
        assets = fields.get("assets")
        return Archive(assets, path, uri, digest) if assets or path or uri else Archive(assets or {}, hash=digest)
    text = fields.get("text")
    return Asset(text if text is not None or path or uri or digest else "", path, uri, digest)


def plain_output(output: OutputValue) -> Any:
    """What an output value is without its dependencies."""
    return Secret(output.value) if output.secret else output.value


@dataclass(frozen=True, slots=True)
class Wire:
    """What the receiver of a struct understands; everything else is translated or left out.

    unknowns: keep unknown values (otherwise the keys and items are left out). secrets: keep the marks. resources: keep
    references (otherwise the id or, for components, the URN). outputs: keep output values. contents: send the contents
    of assets (otherwise only the hash).
    """

    unknowns: bool = True
    secrets: bool = True
    resources: bool = True
    outputs: bool = False
    contents: bool = True

    def encode(self, properties: Properties) -> struct_pb2.Struct:
        """The properties as a struct for the wire."""
        from google.protobuf import struct_pb2  # late: states are read without it, and programs started meanwhile

        struct = struct_pb2.Struct()
        fields = struct.fields
        for key, value in properties.items():
            if value is not UNKNOWN or self.unknowns:
                self._put(fields[key], value)
        return struct

    def encode_value(self, value: Any) -> struct_pb2.Value:
        """One value for the wire."""
        from google.protobuf import struct_pb2

        message = struct_pb2.Value()
        self._put(message, value)
        return message

    def _put(self, message: struct_pb2.Value, value: Any) -> None:
        if isinstance(value, str):
            message.string_value = value
        elif isinstance(value, bool):
            message.bool_value = value
        elif isinstance(value, int | float):
            message.number_value = value
        elif isinstance(value, dict):
            target = message.struct_value
            target.SetInParent()
            for key, item in value.items():
                if not self._absent(item):
                    self._put(target.fields[key], item)
        elif isinstance(value, list):
            items = message.list_value
            items.SetInParent()
            for item in value:
                if not self._absent(item):
                    self._put(items.values.add(), item)
        elif value is None:
            from google.protobuf.struct_pb2 import NULL_VALUE

            message.null_value = NULL_VALUE
        elif value is UNKNOWN:
            message.string_value = UNKNOWN_STRING
        else:
            self._put(message, self._spelled(value))

    def _absent(self, value: Any) -> bool:
        return not self.unknowns and (value is UNKNOWN or (isinstance(value, Secret) and self._absent(value.value)))

    def _spelled(self, value: Any) -> Any:
        """A value class as the plain value or the signed map that stands for it."""
        if isinstance(value, Secret):
            return {SIGNATURE: SECRET, "value": value.value} if self.secrets else value.value
        if isinstance(value, OutputValue):
            return _output_fields(value) if self.outputs else plain_output(value)
        if isinstance(value, ResourceRef):
            if self.resources:
                named = {"name": urns.name_of(value.urn), "type": urns.type_of(value.urn)}
                return {**_reference_fields(value), **named}
            return value.urn if value.id is None else value.id
        if self.contents:
            return _asset_fields(value)
        return {SIGNATURE: ARCHIVE if isinstance(value, Archive) else ASSET, "hash": value.hash}


def _output_fields(output: OutputValue) -> dict[str, Any]:
    fields: dict[str, Any] = {SIGNATURE: OUTPUT}
    if output.value is not UNKNOWN:
        fields["value"] = output.value
    if output.secret:
        fields["secret"] = True
    if output.dependencies:
        fields["dependencies"] = list(output.dependencies)
    return fields


def _reference_fields(reference: ResourceRef) -> dict[str, Any]:
    fields: dict[str, Any] = {SIGNATURE: RESOURCE, "urn": reference.urn}
    if reference.id is not None:
        fields["id"] = "" if reference.id is UNKNOWN else reference.id
    if reference.package_version:
        fields["packageVersion"] = reference.package_version
    return fields


def _asset_fields(value: Asset | Archive) -> dict[str, Any]:
    fields: dict[str, Any] = {SIGNATURE: ARCHIVE if isinstance(value, Archive) else ASSET}
    if value.hash:
        fields["hash"] = value.hash
    if isinstance(value, Archive) and value.assets is not None:
        fields["assets"] = dict(value.assets)
    if isinstance(value, Asset) and value.text:
        fields["text"] = value.text
    if value.path:
        fields["path"] = value.path
    if value.uri:
        fields["uri"] = value.uri
    return fields


def to_json(value: Any, secret: Callable[[Any], dict[str, Any]] | None = None) -> Any:
    """The value as JSON for a state or an event.

    `secret` says how the JSON of a secret's content is written besides the signature, such as `{"ciphertext": ...}`;
    by default it stands there in the open as `{"value": ...}`.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dict):
        return {key: to_json(item, secret) for key, item in value.items()}
    if isinstance(value, list):
        return [to_json(item, secret) for item in value]
    if value is UNKNOWN:
        return UNKNOWN_STRING
    if isinstance(value, Secret):
        content = to_json(plain(value.value), secret)  # what is inside is secret already, and is encrypted once
        return {SIGNATURE: SECRET, **(secret(content) if secret else {"value": content})}
    if isinstance(value, OutputValue):
        return to_json(plain_output(value), secret)
    if isinstance(value, ResourceRef):
        return {"packageVersion": value.package_version} | to_json(_reference_fields(value), secret)
    fields = _asset_fields(value)
    return {key: to_json(item, secret) for key, item in fields.items()}


def from_json(value: Any, secret: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """The value that a state's JSON stands for. `secret` turns the map of a secret into the JSON of its content."""
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWN_STRINGS else value
    if isinstance(value, list):
        return [from_json(item, secret) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) == SECRET:
        return Secret(from_json(secret(value) if secret else value["value"], secret))
    fields = {key: from_json(item, secret) for key, item in value.items()}
    return _signed(fields, None) if SIGNATURE in fields else fields
