"""What a program gives for an object: completed, checked, and compared with the object as it was last seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlinfra.engine.provider import Checked, CheckFailure, Diffed, DiffKind
from mlinfra.sandbox.kubernetes import diffs, properties
from mlinfra.sandbox.kubernetes.manifests import annotation, identity, meta, name_of, pruned
from mlinfra.stack.urn import name_of as urn_name
from mlinfra.stack.values import UNKNOWN, Properties, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.sandbox.kubernetes.backend import Manifest
    from mlinfra.sandbox.kubernetes.config import ProviderConfig

AUTONAMED: Final = "pulumi.com/autonamed"
_REPLACES: Final = {DiffKind.ADD_REPLACE, DiffKind.DELETE_REPLACE, DiffKind.UPDATE_REPLACE}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of one provider instance's objects. `namespaced` tells whether an object's kind lives in namespaces."""

    config: ProviderConfig
    namespaced: Callable[[Manifest], bool]

    def check(self, urn: str, olds: Properties, news: Properties, seed: bytes, proposed: str = "") -> Checked:
        """Complete the inputs: a name where the program gives none, and the provider's namespace."""
        if properties.kind_of(urn)[1].endswith("List"):
            reason = "lists exist for compatibility with YAML manifests and Helm charts, and cannot be created; use the type of their items instead"
            return Checked(news, (CheckFailure("", reason),))
        if strange := properties.odd(news):
            return Checked(news, (CheckFailure("", f"an input is {strange}"),))
        manifest = properties.manifest_of(urn, news)
        failures = list(self._refused(urn, manifest))
        metadata = meta(manifest)
        if isinstance(manifest["metadata"], dict) and not ({"name", "generateName"} & metadata.keys()):
            old = meta(properties.manifest_of(urn, olds)) if olds else {}
            kept = old.get("name") if (old.get("annotations") or {}).get(AUTONAMED) == "true" else None
            metadata["name"] = kept or proposed or f"{urn_name(urn)}-{_hex(seed, urn)}"
            if isinstance(metadata.get("annotations", {}), dict):
                metadata["annotations"] = {**metadata.get("annotations", {}), AUTONAMED: "true"}
        if self.config.namespace and isinstance(manifest["metadata"], dict) and self.namespaced(manifest):
            metadata.setdefault("namespace", self.config.namespace)
        return Checked(properties.inputs_of(manifest, news), tuple(failures))

    def diff(
        self,
        urn: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        replaced: tuple[str, ...] = (),
    ) -> Diffed:
        """What an update would change, and what it cannot. `replaced` are other reasons for a replacement."""
        new = properties.with_data(properties.manifest_of(urn, news))
        given = properties.manifest_of(urn, properties.old_inputs(old_outputs, old_inputs))
        live = properties.manifest_of(urn, old_outputs)
        old = pruned({**live, "apiVersion": given["apiVersion"]}, properties.with_data(given))
        for one in (old, new):
            self._place(one)
        fields: tuple[str, ...] = diffs.IDENTITY
        if not properties.is_patch(urn, new):
            settings = self.config
            fields = diffs.replacing(new, mutable_maps=settings.mutable_maps, mutable_secrets=settings.mutable_secrets)
        detailed = {_given(path, given, news): one for path, one in diffs.diff(old, new, fields).items()}
        replaces = (*(path for path, one in detailed.items() if one.kind in _REPLACES), *replaced)
        autonamed = annotation(new, AUTONAMED) == "true"
        same = identity(old) == identity(new) and bool(name_of(new))
        return Diffed(
            changes=bool(detailed or replaced),
            replaces=replaces,
            diffs=tuple(dict.fromkeys(path.partition(".")[0].partition("[")[0] for path in detailed)),
            detailed=detailed,
            delete_before_replace=bool(replaces) and same and not autonamed,
        )

    def _refused(self, urn: str, manifest: Manifest) -> Iterator[CheckFailure]:
        metadata = meta(manifest)
        patch = properties.is_patch(urn, manifest)
        if patch and not self.config.server_side:
            yield CheckFailure(
                "", "patch resources need server-side apply: leave enableServerSideApply of the provider true"
            )
        if patch and not metadata.get("name"):
            yield CheckFailure("metadata.name", "patch resources need the name of the object that they patch")
        if metadata.get("generateName") and not metadata.get("name") and self.config.server_side:
            yield CheckFailure(
                "metadata.generateName",
                "the field is not supported with server-side apply; give a name, or none at all",
            )
        if "status" in manifest and manifest["status"] is not UNKNOWN and manifest["status"]:
            yield CheckFailure("status", "the status is the cluster's to say; leave it out")

    def _place(self, manifest: Manifest) -> None:
        """Say the namespace that is meant where none is said, and none where there can be none."""
        metadata = manifest.get("metadata")
        if not isinstance(metadata, dict):
            return
        if self.namespaced(manifest):
            metadata["namespace"] = metadata.get("namespace") or "default"
        else:
            metadata.pop("namespace", None)


def _given(path: str, *manifests: Properties) -> str:
    """A place as the program wrote it: what it gives as text of a Secret stands encoded in the data."""
    head, _, name = path.partition(".")
    texts = [plain(one.get("stringData")) or {} for one in manifests]
    return f"stringData.{name}" if head == "data" and any(name in one for one in texts) else path


def _hex(seed: bytes, urn: str) -> str:
    return hashlib.sha512(seed or urn.encode()).hexdigest()[:8]
