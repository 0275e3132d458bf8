"""Workloads: what runs pods, scales them, and keeps enough of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.kubernetes.manifests import get
from mlinfra.sandbox.kubernetes.store.rules import pods, syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.sandbox.kubernetes.backend import Manifest

_CRON: Final = re.compile(r"@(yearly|annually|monthly|weekly|daily|midnight|hourly|every \S+)")
_CRON_FIELDS: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_PERCENT: Final = re.compile(r"\d+%")


def _pod(manifest: Manifest) -> Iterator[str]:
    yield from pods.check(manifest["spec"], "spec")


def _templated(manifest: Manifest) -> Iterator[str]:
    """Deployments, ReplicaSets, StatefulSets and DaemonSets."""
    spec = manifest["spec"]
    yield from syntax.at_least(spec.get("replicas"), 0, "spec.replicas")
    selector = spec.get("selector")
    if not selector or not (selector.get("matchLabels") or selector.get("matchExpressions")):
        yield "spec.selector: Invalid value: {}: empty selector is invalid for " + manifest["kind"].lower()
    yield from syntax.selector(selector, "spec.selector")
    yield from _template(spec.get("template") or {}, "spec.template", ("Always",))
    labels = get(spec, "template.metadata.labels", {})
    if selector and not syntax.matches(selector, labels):
        yield "spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`"


def _deployment(manifest: Manifest) -> Iterator[str]:
    yield from _templated(manifest)
    strategy = get(manifest, "spec.strategy", {})
    yield from syntax.one_of(strategy.get("type"), ("Recreate", "RollingUpdate"), "spec.strategy.type")
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "Recreate" and rolling:
        yield "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"
    if rolling:
        for field in ("maxSurge", "maxUnavailable"):
            yield from _share(rolling.get(field), f"spec.strategy.rollingUpdate.{field}")
        if all(str(rolling.get(field, "25%")) in {"0", "0%"} for field in ("maxSurge", "maxUnavailable")):
            yield "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: may not be 0 when `maxSurge` is 0"
    deadline = get(manifest, "spec.progressDeadlineSeconds", 600)
    if deadline <= get(manifest, "spec.minReadySeconds", 0):
        yield f"spec.progressDeadlineSeconds: Invalid value: {deadline}: must be greater than minReadySeconds"


def _stateful(manifest: Manifest) -> Iterator[str]:
    yield from _templated(manifest)
    policies = ("OrderedReady", "Parallel")
    yield from syntax.one_of(get(manifest, "spec.podManagementPolicy"), policies, "spec.podManagementPolicy")
    yield from syntax.one_of(
        get(manifest, "spec.updateStrategy.type"), ("OnDelete", "RollingUpdate"), "spec.updateStrategy.type"
    )
    mounted = {claim.get("metadata", {}).get("name") for claim in get(manifest, "spec.volumeClaimTemplates", [])}
    for number, name in enumerate(mounted):
        if not name:
            yield f"spec.volumeClaimTemplates[{number}].metadata.name: Required value"


def _job(manifest: Manifest) -> Iterator[str]:
    yield from _job_spec(manifest["spec"], "spec")


def _job_spec(spec: Manifest, path: str) -> Iterator[str]:
    for field in ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"):
        yield from syntax.at_least(spec.get(field), 0, f"{path}.{field}")
    yield from syntax.one_of(spec.get("completionMode"), ("Indexed", "NonIndexed"), f"{path}.completionMode")
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None:
        yield f"{path}.completions: Required value: when completion mode is Indexed"
    if spec.get("selector") and not spec.get("manualSelector"):
        yield f"{path}.selector: Invalid value: `selector` will be auto-generated"
    yield from _template(spec.get("template") or {}, f"{path}.template", ("OnFailure", "Never"))
    if spec.get("podFailurePolicy") and get(spec, "template.spec.restartPolicy") != "Never":
        yield f'{path}.template.spec.restartPolicy: Invalid value: only "Never" is supported when podFailurePolicy is specified'


def _cron(manifest: Manifest) -> Iterator[str]:
    spec = manifest["spec"]
    schedule = str(spec.get("schedule", ""))
    if "TZ=" in schedule:
        yield f'spec.schedule: Invalid value: "{schedule}": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
    elif not _is_schedule(schedule):
        yield f'spec.schedule: Invalid value: "{schedule}": expected exactly 5 fields, each a range of what it stands for'
    yield from syntax.one_of(spec.get("concurrencyPolicy"), ("Allow", "Forbid", "Replace"), "spec.concurrencyPolicy")
    yield from _job_spec(get(spec, "jobTemplate.spec", {}), "spec.jobTemplate.spec")


def _autoscaler(manifest: Manifest) -> Iterator[str]:
    spec = manifest["spec"]
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    yield from syntax.at_least(most, 1, "spec.maxReplicas")
    if least > most:
        yield f"spec.maxReplicas: Invalid value: {most}: must be greater than or equal to `minReplicas`"
    if least < 1:
        yield f"spec.minReplicas: Invalid value: {least}: must be greater than or equal to 1"
    for number, metric in enumerate(spec.get("metrics") or ()):
        source = str(metric.get("type", ""))
        field = source[:1].lower() + source[1:]
        if field not in metric:
            yield f"spec.metrics[{number}].{field}: Required value: must populate information for the given metric source"


def _budget(manifest: Manifest) -> Iterator[str]:
    spec = manifest["spec"]
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield "spec: Invalid value: minAvailable and maxUnavailable cannot be both set"
    for field in ("minAvailable", "maxUnavailable"):
        yield from _share(spec.get(field), f"spec.{field}")
    yield from syntax.selector(spec.get("selector"), "spec.selector")


def _template(template: Manifest, path: str, restart: tuple[str, ...]) -> Iterator[str]:
    yield from syntax.labels(get(template, "metadata.labels", {}), f"{path}.metadata.labels")
    yield from pods.check(template.get("spec") or {}, f"{path}.spec", restart=restart)


def _share(value: Any, path: str) -> Iterator[str]:
    """A number or a percentage."""
    if isinstance(value, str) and not _PERCENT.fullmatch(value):
        yield f"{path}: Invalid value: \"{value}\": a valid percent string must be a numeric string followed by an ending '%'"
    yield from syntax.at_least(value, 0, path)


def _is_schedule(text: str) -> bool:
    if _CRON.fullmatch(text):
        return True
    parts = text.split()
    return len(parts) == len(_CRON_FIELDS) and all(
        _is_cron_field(part, *bounds) for part, bounds in zip(parts, _CRON_FIELDS, strict=True)
    )


def _is_cron_field(text: str, low: int, high: int) -> bool:
    for part in text.split(","):
        span, _, step = part.partition("/")
        if step and not step.isdigit():
            return False
        if span in {"*", "?"}:
            continue
        numbers = span.split("-")
        if all(one.isdigit() for one in numbers):
            if not all(low <= int(one) <= high for one in numbers):
                return False
        elif not all(re.fullmatch(r"[a-zA-Z]{3}|\d+", one) for one in numbers):
            return False
    return True


RULES: Final[dict[tuple[str, str], Callable[[Manifest], Iterator[str]]]] = {
    ("", "Pod"): _pod,
    ("apps", "DaemonSet"): _templated,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _templated,
    ("apps", "StatefulSet"): _stateful,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("batch", "CronJob"): _cron,
    ("batch", "Job"): _job,
    ("policy", "PodDisruptionBudget"): _budget,
}
