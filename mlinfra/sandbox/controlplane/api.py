"""Requests to a real API server: the official client's connections and credentials, plain dicts in and out."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from mlinfra.sandbox.kubernetes.backend import ApiError, Kind, Manifest, NoKindError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

APPLY: Final = "application/apply-patch+yaml"  # JSON is YAML
MERGE: Final = "application/merge-patch+json"
SECONDS: Final = 60.0
PAGE: Final = 500  # objects of one answer to a list


class Api:
    """An API server, reached as a kubeconfig says. Calls may come from several threads at once."""

    def __init__(self, kubeconfig: Path, *, connections: int = 16) -> None:
        from kubernetes.client.configuration import Configuration
        from kubernetes.config import new_client_from_config

        configuration = Configuration()
        configuration.connection_pool_maxsize = connections
        configuration.proxy = None  # loopback
        self._client: Any = new_client_from_config(  # type: ignore[no-untyped-call]
            str(kubeconfig), client_configuration=configuration
        )
        self._kinds: dict[tuple[str, str], Kind] = {}
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        content: str = "application/json",
    ) -> Any:
        """The answer's JSON. Raises `ApiError` for what the server refuses, `UnreachableError` without an answer."""
        import urllib3
        from kubernetes.client.exceptions import ApiException

        url = self._client.configuration.host + path + (f"?{urlencode(query)}" if query else "")
        try:
            answer = self._client.rest_client.pool_manager.request(
                method,
                url,
                body=None if body is None else json.dumps(body).encode(),
                headers={"Content-Type": content, "Accept": "application/json"},
                timeout=SECONDS,
                retries=False,
            )
        except (urllib3.exceptions.HTTPError, ApiException) as error:
            raise UnreachableError(
                f"the API server at {self._client.configuration.host} does not answer: {error}"
            ) from error
        text = answer.data.decode(errors="replace")
        if answer.status >= 400:  # noqa: PLR2004
            raise _error(answer.status, text)
        try:
            return json.loads(text)
        except ValueError:
            return text

    def ready(self) -> bool:
        """Whether the server says that it is ready."""
        return self.exists("/readyz")

    def exists(self, path: str) -> bool:
        """Whether a GET succeeds now."""
        try:
            self.request("GET", path)
        except ApiError:
            return False
        return True

    def kind(self, api_version: str, name: str) -> Kind:
        """The kind as the server serves it now. Raises `NoKindError` where it does not."""
        with self._lock:
            known = self._kinds.get((api_version, name))
        if known is not None:
            return known
        kinds = {(kind.api_version, kind.name): kind for kind in self._group(api_version)}
        with self._lock:
            self._kinds |= kinds
        found = kinds.get((api_version, name))
        if found is None:
            raise NoKindError(api_version, name)
        return found

    def forget(self, kind: Kind) -> None:
        """Ask the server anew for this kind's place: its definition is gone, or another one."""
        with self._lock:
            self._kinds.pop((kind.api_version, kind.name), None)

    def kinds(self) -> Sequence[Kind]:
        """Every kind that can be listed, in its preferred version."""
        groups = self.request("GET", "/apis")["groups"]
        versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
        return [kind for version in versions for kind in self._group(version)]

    def path(self, kind: Kind, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Where objects of a kind are, or one of them."""
        root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.api_version}"
        parts = [root, *(["namespaces", namespace] if kind.namespaced and namespace else []), kind.plural]
        return "/".join([*parts, *(quote(part, safe="") for part in (name, subresource) if part)])

    def place(self, manifest: Manifest) -> str:
        """Where an object of this manifest is or would be."""
        kind, metadata = self.kind(manifest["apiVersion"], manifest["kind"]), manifest["metadata"]
        return self.path(kind, metadata.get("namespace", "default"), metadata["name"])

    def apply(self, manifest: Manifest, *, manager: str, force: bool = False, dry_run: bool = False) -> Manifest:
        """Server-side apply."""
        query = {"fieldManager": manager, "force": "true" if force else "false", "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        live: Manifest = self.request("PATCH", self.place(manifest), manifest, query=query, content=APPLY)
        return live

    def objects(self, kind: Kind, namespace: str = "", **query: str) -> Iterator[Manifest]:
        """The live objects, page by page."""
        more: dict[str, Any] = {"limit": PAGE, **query}
        while True:
            answer = self.request("GET", self.path(kind, namespace), query=more)
            for item in answer["items"]:  # which say their kind only by the list that they are in
                yield {"apiVersion": kind.api_version, "kind": kind.name, **item}
            if not (token := answer["metadata"].get("continue")):
                return
            more["continue"] = token

    def _group(self, api_version: str) -> list[Kind]:
        group, _, version = api_version.rpartition("/")
        try:
            answer = self.request("GET", f"/apis/{api_version}" if group else f"/api/{api_version}")
        except ApiError as error:
            if error.missing:
                return []
            raise
        return [
            Kind(group, version, entry["kind"], entry["name"], entry["namespaced"])
            for entry in answer["resources"]
            if "/" not in entry["name"] and "get" in entry["verbs"]
        ]


def _error(status: int, text: str) -> ApiError:
    try:
        said = json.loads(text)
        return ApiError(said.get("code", status), said.get("reason", "Unknown"), said.get("message", text))
    except (ValueError, AttributeError):
        return ApiError(status, "Unknown", text.strip())
