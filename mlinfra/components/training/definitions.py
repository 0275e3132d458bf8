"""Custom resource definitions of operators whose charts install them once and never update them."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pulumi
import yaml
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from mlinfra.catalog.training import defined_outside
from mlinfra.components.component import Component
from mlinfra.components.problems import Invalid
from mlinfra.components.training.objects import custom

API: Final = "apiextensions.k8s.io/v1"
KIND: Final = "CustomResourceDefinition"
_TAKE_OVER: Final = {"pulumi.com/patchForce": "true"}
"""Fields that Helm wrote when it installed the chart are the deployment's from then on."""

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # KubeRay's are four megabytes


@functools.cache
def read(chart: str, file: str) -> Mapping[str, Mapping[str, Any]]:
    """The definitions in a file by name. Raises Invalid for one that cannot be read, and for what is none of the chart's."""
    fix = f"write it with `helm show crds CHART --version VERSION` (chart {chart})"
    try:
        found = [one for one in yaml.load_all(Path(file).read_text("utf-8"), _LOADER) if one]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no YAML"
        raise Invalid(f"{file} cannot be read: {reason}", fix=fix) from None
    if not found:
        raise Invalid(f"{file} has no definitions", fix=fix)
    group = defined_outside()[chart]
    for one in found:
        said = one if isinstance(one, dict) else {}
        if said.get("apiVersion") != API or said.get("kind") != KIND or said.get("spec", {}).get("group") != group:
            raise Invalid(f"{file} has something else than definitions of {group}", fix=fix)
    return {one["metadata"]["name"]: one for one in found}


def checked(value: Mapping[str, str]) -> Mapping[str, str]:
    """A check of files by chart: of charts whose definitions Helm does not update, each with definitions of its own."""
    for chart, file in value.items():
        if chart not in defined_outside():
            reason = f"the chart {chart!r} does not keep definitions that Helm never updates"
            raise Invalid(reason, fix=f"give files for {', '.join(defined_outside())} only")
        read(chart, file)
    return value


def declare(parent: Component[Any], name: str, chart: str, file: str) -> Sequence[pulumi.CustomResource]:
    """The definitions of a file, kept when they are no longer declared: with a definition all of its objects would go."""
    return [
        custom(
            parent,
            f"{name}-{called}",
            api=API,
            kind=KIND,
            metadata=ObjectMetaArgs(
                name=called,
                annotations={**one["metadata"].get("annotations", {}), **_TAKE_OVER},
                labels=one["metadata"].get("labels"),
            ),
            fields={"spec": one["spec"]},
            kept=True,
        )
        for called, one in read(chart, file).items()
    ]
