"""Helm releases of charts that the version lock pins."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from mlinfra.catalog.charts import Chart, chart, charts
from mlinfra.catalog.compatibility import version
from mlinfra.catalog.versions import Overrides
from mlinfra.components.component import Component
from mlinfra.components.documents import Text
from mlinfra.components.problems import Invalid


def pinned(name: str, versions: Mapping[str, str]) -> Chart:
    """A chart of the version lock, at the version that `versions` says if it does."""
    return chart(name, Overrides(charts=versions))


def chart_versions(value: Mapping[str, str], of: Sequence[str]) -> Mapping[str, str]:
    """A check of versions by chart: exact ones, of charts that a component installs."""
    for name, given in value.items():
        if name not in of:
            raise Invalid(
                f"{name!r} is not installed here", fix=f"use {', '.join(one for one in charts() if one in of)}"
            )
        if version(given) is None:
            raise Invalid(f"{given!r} is not one exact version", fix="give one such as 0.18.2")
    return value


def release(
    parent: Component[Any],
    name: str,
    pinned: Chart,
    *,
    values: Mapping[str, Any],
    namespace: Text = "",
    after: Sequence[pulumi.Resource] = (),
    skip_crds: bool = False,
) -> kubernetes.helm.v3.Release:
    """A release of a pinned chart in its usual namespace, or another; rolled back as a whole when it fails.

    `skip_crds` is for charts whose definitions come by a release of their own: Helm never upgrades those of a chart.
    """
    repository = pinned.repository
    return kubernetes.helm.v3.Release(
        name,
        chart=pinned.chart,
        version=pinned.version,
        repository_opts=kubernetes.helm.v3.RepositoryOptsArgs(repo=repository) if repository else None,
        namespace=namespace or pinned.namespace,
        values=values,
        atomic=True,
        skip_crds=skip_crds,
        opts=parent.child(depends_on=[*after]),
    )
