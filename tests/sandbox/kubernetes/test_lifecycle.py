"""Programs deployed by the engine through the provider: up, update, replace, drift, import, refusals, clusters, destroy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from mlinfra.engine import ImportItem, Options, Result, Stack, destroy, import_resources, preview, refresh, up
from mlinfra.engine.events import ResourcePre
from mlinfra.engine.program.inline import InlineProgram
from mlinfra.sandbox.aws.account import AwsError
from mlinfra.sandbox.kubernetes.backend import Manifest
from mlinfra.sandbox.kubernetes.clusters import OWN, Clusters
from mlinfra.sandbox.kubernetes.server import serve
from mlinfra.sandbox.kubernetes.store import Stores
from mlinfra.sandbox.kubernetes.store.cluster import StoreCluster
from mlinfra.stack.project import Project
from mlinfra.stack.values import Secret

ENDPOINT = "https://ABC.gr7.us-east-1.eks.amazonaws.com"


class Aws:
    """An account with EKS clusters, by name."""

    def __init__(self) -> None:
        self.clusters: dict[str, str] = {}

    def call(self, service: str, operation: str, params: Any, region: str = "us-east-1") -> Any:
        if operation == "list_clusters":
            return {"clusters": list(self.clusters)}
        name = params["name"]
        if name not in self.clusters:
            raise AwsError("DescribeCluster", "ResourceNotFoundException", f"No cluster found for name: {name}.")
        made = {"name": name, "arn": f"arn:{name}", "createdAt": self.clusters[name]}
        return {"cluster": {**made, "version": "1.35", "endpoint": ENDPOINT, "status": "ACTIVE"}}


def kubeconfig(name: str, server: str = ENDPOINT) -> str:
    arguments = ["--region", "us-east-1", "eks", "get-token", "--cluster-name", name]
    return json.dumps(
        {
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": {"exec": {"command": "aws", "args": arguments}}}],
        }
    )


class World:
    """A served provider, and a stack whose program is whatever a test says."""

    def __init__(self, folder: Path) -> None:
        self.aws, self.stores = Aws(), Stores()
        self.clusters = Clusters(self.aws, lambda: ["us-east-1"])
        self.server, self.port = serve(self.stores, self.clusters, patience=0)
        (folder / "Pulumi.yaml").write_text("name: life\nruntime: python\n")
        self._folder = folder
        self.steps: dict[str, str] = {}

    @property
    def cluster(self) -> StoreCluster:
        return self.stores.open(OWN)

    def stack(self) -> Stack:
        return Stack.open(Project.load(self._folder), "dev", home=self._folder / "home", passphrase="p")

    def run(self, work: Callable[..., Result], program: Callable[[], None] = lambda: None, **more: Any) -> Result:
        self.steps = {}
        env = {"PULUMI_DEBUG_PROVIDERS": f"kubernetes:{self.port}"}
        options = Options(env=env, start=InlineProgram(program), **more)
        return work(self.stack(), options, self._note)

    def up(self, program: Callable[[], None]) -> Result:
        result = self.run(up, program)
        assert not result.failed, result.errors
        return result

    def live(self, api_version: str, kind: str, name: str, namespace: str = "team") -> Manifest:
        found = self.cluster.kind(api_version, kind)
        return self.cluster.get(found, namespace if found.namespaced else "", name)

    def state(self, name: str) -> Any:
        return next(one for one in self.stack().load().resources if one.urn.endswith(f"::{name}"))

    def _note(self, event: Any) -> None:
        if isinstance(event, ResourcePre):
            self.steps[event.step.urn.rpartition("::")[2]] = str(event.step.op)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path)
    yield found
    found.server.stop(0)


def program(version: str = "1", replicas: int = 1, selector: str = "web") -> Callable[[], None]:
    def body() -> None:
        space = k8s.core.v1.Namespace("space", metadata={"name": "team"})
        own = pulumi.ResourceOptions(depends_on=[space])
        labels = {"app": selector}
        container = {"name": "c", "image": f"nginx:{version}", "resources": {"limits": {"cpu": "500m"}}}
        k8s.apps.v1.Deployment(
            "web",
            metadata={"namespace": "team"},
            spec={
                "replicas": replicas,
                "selector": {"match_labels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
            opts=own,
        )
        k8s.core.v1.Secret(
            "token",
            metadata={"namespace": "team", "name": "token"},
            string_data={"password": pulumi.Output.secret(f"hunter{version}")},
            opts=own,
        )
        release = k8s.helm.v3.Release(
            "kueue", name="kueue", chart="oci://registry.k8s.io/kueue/charts/kueue", version="0.19.3",
            namespace="team", values={"replicas": replicas}, opts=own,
        )  # fmt: skip
        k8s.apiextensions.CustomResource(
            "flavor",
            api_version="kueue.x-k8s.io/v1beta2",
            kind="ResourceFlavor",
            metadata={"name": "p5"},
            spec={"nodeLabels": {"version": version}},
            opts=pulumi.ResourceOptions(depends_on=[release]),
        )
        k8s.apps.v1.DeploymentPatch(
            "share", metadata={"name": "other", "namespace": "default", "annotations": {"team": version}}
        )

    return body


def other() -> Manifest:
    labels = {"app": "other"}
    spec = {"containers": [{"name": "c", "image": "i:1"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "other"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }


def test_a_program_lives_from_up_to_destroy(world: World) -> None:
    world.cluster.create(other(), manager="somebody")
    assert world.run(preview, program()).changes["create"] == 7
    assert world.up(program()).changes["create"] == 7
    assert world.up(program()).changes == {"same": 7}

    web = world.state("web")
    name = web.outputs["metadata"]["name"]
    assert (web.id, name.startswith("web-")) == (f"team/{name}", True)
    assert web.outputs["metadata"]["annotations"]["pulumi.com/autonamed"] == "true"
    assert web.outputs["status"]["readyReplicas"] == 1
    token = world.state("token")
    assert isinstance(token.outputs["data"], Secret)
    assert isinstance(
        token.outputs["stringData"] if "stringData" in token.outputs else token.inputs["stringData"], Secret
    )
    assert world.live("v1", "Secret", "token")["data"] == {"password": "aHVudGVyMQ=="}
    assert world.state("kueue").outputs["status"]["revision"] == 1
    assert world.state("flavor").id == "p5"

    world.up(program("2", replicas=3))
    assert {world.steps[one] for one in ("web", "kueue", "flavor", "share")} == {"update"}
    assert world.steps["token"] in {"delete-replaced", "create-replacement", "replace"}
    assert world.live("apps/v1", "Deployment", name)["spec"]["replicas"] == 3
    assert world.state("kueue").outputs["status"]["revision"] == 2
    assert world.live("apps/v1", "Deployment", "other", "default")["metadata"]["annotations"]["team"] == "2"
    world.up(program("2", replicas=3, selector="site"))
    assert "replace" in world.steps["web"] or "create-replacement" in world.steps["web"]
    name = world.state("web").outputs["metadata"]["name"]

    kind = world.cluster.kind("apps/v1", "Deployment")
    world.cluster.patch(kind, "team", name, {"spec": {"replicas": 9}}, manager="hand")
    secrets = world.cluster.kind("v1", "Secret")
    world.cluster.patch(secrets, "team", "token", {"data": {"password": "b3RoZXI="}}, manager="hand")
    assert not world.run(refresh).failed
    assert world.state("token").inputs["stringData"] == Secret({"password": "other"})
    assert world.state("web").outputs["spec"]["replicas"] == 9
    drifted = world.run(up, program("2", replicas=3, selector="site"))
    assert drifted.failed
    assert 'conflict with "hand"' in str(drifted.errors)

    gone = world.run(destroy)
    assert not gone.failed, gone.errors
    assert world.stores.inventory() == {"sandbox": ["Deployment default/other"]}
    assert "team" not in world.live("apps/v1", "Deployment", "other", "default")["metadata"].get("annotations", {})


def test_what_is_there_can_be_imported(world: World) -> None:
    world.cluster.create(other(), manager="somebody")
    item = ImportItem(type="kubernetes:apps/v1:Deployment", name="other", id="default/other")
    env = {"PULUMI_DEBUG_PROVIDERS": f"kubernetes:{world.port}"}
    result = import_resources(world.stack(), [item], Options(env=env), lambda _: None)
    assert not result.failed, result.errors
    inputs = world.state("other").inputs
    assert (inputs["kind"], inputs["spec"]["replicas"], "status" in inputs) == ("Deployment", 1, False)


def refused(world: World, body: Callable[[], None], operation: Callable[..., Result] = up) -> str:
    result = world.run(operation, body)
    assert result.failed
    return str(result.errors)


def test_what_the_cluster_would_refuse_fails_with_its_words(world: World) -> None:
    def unknown_kind() -> None:
        k8s.apiextensions.CustomResource("a", api_version="karpenter.sh/v1", kind="NodePool", spec={})

    def unknown_field() -> None:
        k8s.core.v1.Service("s", spec={"ports": [{"port": 80, "nodeport": 30000}]})

    def no_namespace() -> None:
        k8s.core.v1.ConfigMap("c", metadata={"namespace": "nowhere"})

    def taken() -> None:
        k8s.core.v1.Namespace("n", metadata={"name": "kube-system"})

    def listed() -> None:
        k8s.core.v1.ConfigMapList("l", items=[])

    def setting() -> None:
        k8s.Provider("p", render_yaml_to_directory="/tmp/x")

    said = refused(world, unknown_kind)
    assert "creating NodePool" in said
    assert 'no matches for kind "NodePool" in version "karpenter.sh/v1"' in said
    assert ".spec.ports[0].nodeport: field not declared in schema" in refused(world, unknown_field, preview)
    assert 'namespaces "nowhere" not found' in refused(world, no_namespace)
    assert "already exists" in refused(world, taken)
    assert "use the type of their items" in refused(world, listed, preview)
    assert "renders no files" in refused(world, setting, preview)
    assert world.stores.inventory() == {}


def test_a_kubeconfig_leads_to_its_cluster_of_the_account_only(world: World) -> None:
    def on(config: str, **more: Any) -> Callable[[], None]:
        def body() -> None:
            provider = k8s.Provider("p", kubeconfig=config, **more)
            k8s.core.v1.ConfigMap("c", metadata={"name": "c"}, opts=pulumi.ResourceOptions(provider=provider))

        return body

    assert "no EKS cluster of the sandbox" in refused(world, on(kubeconfig("prod")))
    world.aws.clusters["prod"] = "monday"
    assert "is not the endpoint" in refused(world, on(kubeconfig("prod", "https://elsewhere")))
    assert "the kubeconfig has no context" in refused(world, on(kubeconfig("prod"), context="x"))
    world.up(on(kubeconfig("prod"), namespace="kube-system"))
    assert world.stores.inventory() == {"prod": ["ConfigMap kube-system/c"]}

    world.aws.clusters["prod"] = "tuesday"  # deleted, and made anew
    world.clusters = Clusters(world.aws, lambda: ["us-east-1"])
    world.stores.keep(world.clusters.keys())
    assert world.stores.inventory() == {}
    del world.aws.clusters["prod"]
    world.server.stop(0)
    world.server, world.port = serve(world.stores, Clusters(world.aws, lambda: ["us-east-1"]), patience=0)
    assert "no EKS cluster of the sandbox" in str(world.run(destroy).errors)
    world.run(up, on(kubeconfig("prod"), namespace="kube-system", delete_unreachable=True))
    assert not world.run(destroy).failed
