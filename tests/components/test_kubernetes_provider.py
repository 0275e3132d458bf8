"""Components that declare Kubernetes objects are told in which cluster, by Pulumi's own options."""

from collections.abc import Callable
from typing import Any, ClassVar

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pytest
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError, ProviderServicer
from pulumi.runtime.proto import provider_pb2 as proto

import mlinfra as ml
from mlinfra.components.args import Args
from mlinfra.components.component import Component


class NotesArgs(Args):
    """Arguments of `Notes`."""


class Notes(Component[NotesArgs]):
    """A component with one Kubernetes object."""

    _args_type = NotesArgs
    _needs_kubernetes: ClassVar[bool] = True

    def __init__(self, name: str, args: NotesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
        kubernetes.core.v1.ConfigMap(f"{name}-notes", opts=self.child())
        self.finish()


Options = Callable[[pulumi.ProviderResource, pulumi.ProviderResource], pulumi.ResourceOptions]


def parent(*, provider: pulumi.ProviderResource | None = None) -> pulumi.ComponentResource:
    return pulumi.ComponentResource("test:index:Parent", "parent", {}, pulumi.ResourceOptions(provider=provider))


ENOUGH: dict[str, Options] = {
    "provider": lambda cluster, _: pulumi.ResourceOptions(provider=cluster),
    "providers, a list": lambda cluster, other: pulumi.ResourceOptions(providers=[other, cluster]),
    "providers, a mapping": lambda cluster, other: pulumi.ResourceOptions(providers={"kubernetes": cluster, "aws": other}),
    "the parent's": lambda cluster, _: pulumi.ResourceOptions(parent=parent(provider=cluster)),
    "the parent's, besides another": lambda cluster, other: pulumi.ResourceOptions(
        parent=parent(provider=cluster), provider=other
    ),
    "another component's": lambda cluster, _: pulumi.ResourceOptions(
        parent=Notes("outer", NotesArgs(), pulumi.ResourceOptions(provider=cluster))
    ),
}  # fmt: skip
TOO_LITTLE: dict[str, Options] = {
    "nothing": lambda *_: pulumi.ResourceOptions(),
    "a provider of something else": lambda _, other: pulumi.ResourceOptions(provider=other),
    "a parent without one": lambda *_: pulumi.ResourceOptions(parent=parent()),
    "an empty list": lambda *_: pulumi.ResourceOptions(providers=[]),
}


def providers() -> tuple[pulumi.ProviderResource, pulumi.ProviderResource]:
    return kubernetes.Provider("cluster", kubeconfig="{}"), aws.Provider("frankfurt", region="eu-central-1")


@pytest.mark.parametrize("options", ENOUGH.values(), ids=list(ENOUGH))
def test_children_go_to_the_cluster_of_the_provider(declare, options: Options) -> None:
    graph = declare(lambda: Notes("thing", NotesArgs(), options(*providers()))).graph
    (notes,) = [node for node in graph.of_type("kubernetes:core/v1:ConfigMap") if node.name == "thing-notes"]
    assert notes.provider.endswith("pulumi:providers:kubernetes::cluster")


@pytest.mark.parametrize("options", TOO_LITTLE.values(), ids=list(TOO_LITTLE))
def test_the_machines_own_kubeconfig_is_never_used(declare, options: Options) -> None:
    def program() -> None:
        with pytest.raises(ml.ArgumentError, match=r'Notes "thing": opts.provider: .*\n  fix: .*provider=cluster'):
            Notes("thing", NotesArgs(), options(*providers()))

    assert [node for node in declare(program).graph if node.name.startswith("thing")] == []


def test_without_options_at_all_it_is_refused(declare) -> None:
    def program() -> None:
        with pytest.raises(ml.ArgumentError, match=r"opts\.provider"):
            Notes("thing", NotesArgs())

    declare(program)


def test_programs_in_other_languages_pass_the_provider_through_the_component_package(declare) -> None:
    host, made = ComponentProvider([Notes], "mlinfra", version="0.1.0"), []

    def construct(**wire: Any) -> Any:
        options = ProviderServicer._construct_options(proto.ConstructRequest(**wire))
        return host.construct("thing", "mlinfra:index:Notes", {}, options)

    def program() -> None:
        cluster, _ = providers()
        with pytest.raises(ComponentInitError, match=r"opts\.provider"):
            construct()
        pulumi.Output.all(cluster.urn, cluster.id).apply(
            lambda known: made.append(construct(providers={"kubernetes": "::".join(known)}))
        )

    (notes,) = declare(program).of("kubernetes:core/v1:ConfigMap")
    assert made
    assert notes.provider.endswith("pulumi:providers:kubernetes::cluster")
