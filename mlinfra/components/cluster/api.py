"""The objects of a real cluster, by its kubeconfig, for a drain."""

import tempfile
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from mlinfra.components.cluster.drain import DrainError, Manifest

_FIX = "install it into the program's environment: pip install kubernetes"


class ClusterObjects:
    """The objects of one cluster, through the official Python client, which is imported when it is needed."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def of(cls, kubeconfig: str) -> "ClusterObjects":
        """By a kubeconfig in YAML or JSON. Raises DrainError where the client is missing or the cluster cannot be reached."""
        try:
            from kubernetes import config, dynamic
            from kubernetes.client.exceptions import ApiException
            from urllib3.exceptions import HTTPError
        except ImportError as error:
            raise DrainError("a drain needs the Python package kubernetes", fix=_FIX) from error
        try:
            open_: Any = config.new_client_from_config_dict  # the client's functions have no types
            api = open_(yaml.safe_load(kubeconfig))
        except (yaml.YAMLError, AttributeError, TypeError, config.ConfigException) as error:
            fix = "`aws eks update-kubeconfig --kubeconfig cluster.yaml --name …` writes one"
            raise DrainError(f"not a kubeconfig: {_first_line(error)}", fix=fix) from error
        # What the client keeps of a cluster between runs belongs to nobody else, and to no later cluster.
        cache = Path(tempfile.mkdtemp(prefix="mlinfra-drain-")) / "discovery.json"
        try:
            objects: Any = dynamic.DynamicClient
            return cls(objects(api, cache_file=str(cache)))
        except (ApiException, HTTPError, OSError) as error:
            fix = "drain from where its private endpoint can be reached, with the AWS CLI signed in as a cluster-admin"
            raise DrainError(f"the cluster does not answer: {_first_line(error)}", fix=fix) from error

    def list(self, api_version: str, kind: str) -> Sequence[Manifest]:
        """All objects of a kind in all namespaces; none when the cluster does not serve it."""
        from kubernetes.client.exceptions import ApiException
        from kubernetes.dynamic.exceptions import ResourceNotFoundError

        try:
            found: Any = self._client.resources.get(api_version=api_version, kind=kind).get()
        except ResourceNotFoundError:
            return []
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return []
            raise DrainError(f"the objects of {kind} cannot be listed: {error.reason}") from error
        return [item.to_dict() for item in found.items]

    def delete(self, api_version: str, kind: str, namespace: str, name: str) -> None:
        """Ask for an object's end, and of what it owns after it; one that is gone is fine."""
        from kubernetes.client.exceptions import ApiException

        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        resource = self._client.resources.get(api_version=api_version, kind=kind)
        try:
            resource.delete(name=name, namespace=namespace or None, body=body)
        except ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise DrainError(f"{kind} {namespace}/{name} cannot be deleted: {error.reason}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
