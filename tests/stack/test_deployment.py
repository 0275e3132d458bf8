"""Snapshots as Pulumi's deployment JSON: there and back, and what is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.errors import StateError
from mlinfra.stack.deployment import (
    check,
    compose,
    decode,
    decode_resource,
    encode,
    encode_resource,
    lines,
    salt_of,
    verify,
)
from mlinfra.stack.secrets import Crypter
from mlinfra.stack.state import PendingOperation, ResourceState, Snapshot
from mlinfra.stack.values import SECRET, SIGNATURE, UNKNOWN, Archive, Asset, ResourceRef, Secret

CRYPTER = Crypter("p")
URN = "urn:pulumi:dev::p::conf:index:Thing::"


def state(name: str = "a", **more: Any) -> ResourceState:
    return ResourceState(urn=URN + name, type="conf:index:Thing", custom=True, id="i", **more)


def there_and_back(found: ResourceState) -> ResourceState:
    return decode_resource(json.loads(json.dumps(encode_resource(found, CRYPTER))), CRYPTER)


EVERY = ResourceState(
    urn=URN + "every",
    type="conf:index:Thing",
    custom=True,
    delete=True,
    id="id",
    inputs={"a": [1, 0.5, None, {"b": "x"}], "s": Secret({"k": ["v"]})},
    outputs={
        "u": UNKNOWN,
        "t": Asset(text="x", hash="h"),
        "r": ResourceRef(URN + "a", "i", "1.0"),
        "z": Archive({"f": Asset(path="p")}),
    },
    parent=URN + "a",
    protect=True,
    taint=True,
    external=True,
    dependencies=[URN + "a"],
    init_errors=["not ready"],
    provider="urn:pulumi:dev::p::pulumi:providers:conf::default::x",
    property_dependencies={"a": [URN + "a"]},
    pending_replacement=True,
    additional_secret_outputs=["t"],
    aliases=[URN + "old"],
    custom_timeouts={"create": 60.0},
    import_id="imp",
    retain_on_delete=True,
    deleted_with=URN + "a",
    replace_with=[URN + "a"],
    replacement_trigger=Secret("now"),
    created="2026-01-01T00:00:00Z",
    modified="2026-01-02T00:00:00Z",
    source_position="project:///__main__.py#1,1",
    stack_trace=[{"sourcePosition": "x"}],
    ignore_changes=["a"],
    replace_on_changes=["b"],
    hide_diff=["c"],
    refresh_before_update=True,
    resource_hooks={"beforeCreate": ["h"]},
    extra={"viewOf": URN + "a"},
)


def test_every_field_comes_back() -> None:
    empty = ResourceState(urn="", type="")
    assert [f.name for f in fields(EVERY) if getattr(EVERY, f.name) == getattr(empty, f.name)] == []
    assert there_and_back(EVERY) == EVERY


def test_fields_are_spelt_as_pulumi_spells_them() -> None:
    written = encode_resource(EVERY, CRYPTER)
    assert {"importID", "propertyDependencies", "initErrors", "retainOnDelete", "sourcePosition", "viewOf"} <= set(
        written
    )
    assert encode_resource(state(), CRYPTER) == {
        "urn": URN + "a",
        "custom": True,
        "id": "i",
        "type": "conf:index:Thing",
    }


def test_secrets_are_encrypted_once_and_never_in_the_open() -> None:
    written = encode_resource(state(inputs={"s": Secret({"deep": [Secret("hush")]})}), CRYPTER)
    secret = written["inputs"]["s"]
    assert set(secret) == {SIGNATURE, "ciphertext"}
    assert secret[SIGNATURE] == SECRET
    assert json.loads(CRYPTER.decrypt(secret["ciphertext"])) == {"deep": ["hush"]}
    assert "hush" not in json.dumps(written)


def test_secrets_in_the_open_on_request() -> None:
    found = state(inputs={"s": Secret("hush")})
    written = encode_resource(found, None)
    assert written["inputs"]["s"] == {SIGNATURE: SECRET, "plaintext": '"hush"'}
    assert decode_resource(written, CRYPTER) == found


def test_secrets_that_pulumi_marked_inside_a_secret() -> None:
    inner = {SIGNATURE: SECRET, "ciphertext": '"y"'}
    text = json.dumps({"a": [inner]})
    data = {
        "urn": "u",
        "type": "t",
        "custom": True,
        "inputs": {"s": {SIGNATURE: SECRET, "ciphertext": CRYPTER.encrypt(text)}},
    }
    assert decode_resource(data, CRYPTER).inputs == {"s": Secret({"a": ["y"]})}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PROPERTIES = st.dictionaries(st.text(max_size=5), VALUES | st.builds(Secret, VALUES) | st.just(UNKNOWN), max_size=4)


@given(PROPERTIES, PROPERTIES)
def test_any_properties_come_back(inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    found = state(inputs=inputs, outputs=outputs)
    assert there_and_back(found) == found


def test_snapshots_come_back_with_what_this_version_does_not_know() -> None:
    snapshot = Snapshot(
        [state("a"), state("b")], [PendingOperation("creating", state("c"))], {"m": 1}, {"snippets": [1]}
    )
    document = json.loads(lines(encode(snapshot, CRYPTER)))
    assert check(document, "it") == document
    assert decode(document, CRYPTER, "it") == snapshot


def test_the_manifest_is_what_pulumi_verifies() -> None:
    manifest = compose([], [])["deployment"]["manifest"]
    assert manifest["magic"] == hashlib.sha256(manifest["version"].encode()).hexdigest()


def test_features_raise_the_version() -> None:
    assert encode(Snapshot([state()]), CRYPTER)["version"] == 3
    document = encode(Snapshot([state(resource_hooks={"beforeCreate": ["h"]})]), CRYPTER)
    assert (document["version"], document["features"]) == (4, ["hooks"])
    assert check(document, "it") == document


def test_a_line_for_every_resource() -> None:
    text = lines(encode(Snapshot([state("a"), state("b")]), CRYPTER)).decode()
    assert [URN + name in line for line in text.splitlines() for name in "ab"] == [0, 0, 1, 0, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (None, "not a deployment"),
        ([], "not a deployment"),
        ({"version": 3}, "not a deployment"),
        ({"version": "3", "deployment": {}}, "not a deployment"),
        ({"version": 3, "deployment": {"resources": {"a": 1}}}, "not a deployment"),
        ({"version": 5, "deployment": {}}, "newer program"),
        ({"version": 2, "deployment": {}}, "old version 2"),
        ({"version": 4, "features": ["views", "hooks"], "deployment": {}}, "uses views"),
    ],
)
def test_documents_that_are_refused(document: Any, says: str) -> None:
    with pytest.raises(StateError, match=says) as error:
        check(document, "the file")
    assert "the file" in str(error.value)
    assert error.value.fix


@pytest.mark.parametrize(
    "resource",
    [
        None,
        [],
        {},
        {"urn": "u"},
        {"urn": 5, "type": "t"},
        {"urn": "u", "type": "t", "inputs": []},
        {"urn": "u", "type": "t", "dependencies": "x"},
        {"urn": "u", "type": "t", "id": "x"},
        {"urn": "u", "type": "t", "inputs": {"s": {SIGNATURE: SECRET}}},
        {"urn": "u", "type": "t", "inputs": {"s": {SIGNATURE: "who knows"}}},
        {"urn": "u", "type": "t", "inputs": {"s": {SIGNATURE: SECRET, "plaintext": "{"}}},
    ],
)
def test_damaged_resources_are_one_clear_error(resource: Any) -> None:
    with pytest.raises(StateError, match="the file is damaged"):
        decode({"version": 3, "deployment": {"resources": [resource]}}, CRYPTER, "the file")


def test_nulls_are_absent() -> None:
    assert decode_resource({"urn": "u", "type": "t", "parent": None, "inputs": None}, CRYPTER) == ResourceState(
        urn="u", type="t"
    )


def test_salts() -> None:
    assert salt_of(compose([], []), "it") == ""
    assert salt_of(compose([], [], salt="v1:x"), "it") == "v1:x"
    service: dict[str, Any] = {"version": 3, "deployment": {"secrets_providers": {"type": "service"}, "resources": []}}
    assert salt_of(service, "it") == ""
    service["deployment"]["resources"] = [encode_resource(state(inputs={"s": Secret(1)}), CRYPTER)]
    with pytest.raises(StateError, match="encrypted by 'service'"):
        salt_of(service, "it")


def test_verify() -> None:
    verify(Snapshot([state("a"), state("b", dependencies=[URN + "a"]), state("a", delete=True)]), "p", "dev")


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        ([state("a", dependencies=[URN + "b"]), state("b")], "refers to .*::b"),
        ([state("a", parent=URN + "b")], "refers to"),
        ([state("a", property_dependencies={"x": [URN + "b"]})], "refers to"),
        ([state("a", provider=URN + "b::x"), state("b")], "refers to"),
        ([state("a"), state("a")], "twice"),
        ([ResourceState(urn="urn:pulumi:prod::p::t::n", type="t")], "does not belong to stack p/dev"),
    ],
)
def test_what_verify_finds(resources: list[ResourceState], says: str) -> None:
    with pytest.raises(StateError, match=says):
        verify(Snapshot(resources), "p", "dev")
