"""Rules about what a cluster shows to the world: Services, Ingresses, dashboards and notebooks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.ml_ports import tool_at, tool_called
from mlinfra.compliance.families import family
from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, any_of, only_if
from mlinfra.policies.kubernetes.pods import WORKLOADS, every_container

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

SERVICE: Final = "kubernetes:core/*:Service"
INGRESS: Final = "kubernetes:networking.k8s.io/*:Ingress"
RELEASE: Final = "kubernetes:helm.sh/*:Release"
RAY_HEADS: Final = {
    "kubernetes:ray.io/*:RayCluster": "spec.headGroupSpec.serviceType",
    "kubernetes:ray.io/*:RayJob": "spec.rayClusterSpec.headGroupSpec.serviceType",
    "kubernetes:ray.io/*:RayService": "spec.rayClusterConfig.headGroupSpec.serviceType",
}
_ELB: Final = "service.beta.kubernetes.io/aws-load-balancer-"
_ALB: Final = "alb.ingress.kubernetes.io/"
_LOGINS: Final = (
    f"{_ALB}auth-type", "nginx.ingress.kubernetes.io/auth-url", "nginx.ingress.kubernetes.io/auth-type",
    "nginx.ingress.kubernetes.io/auth-tls-secret", "traefik.ingress.kubernetes.io/router.middlewares",
)  # fmt: skip
_NO_TOKEN: Final = re.compile(
    r"(?i)(NotebookApp|ServerApp|IdentityProvider)\.(token|password)\s*=\s*(''|\"\"|\s*($|[\s;]))"
)


def _annotation(resource: Resource, name: str) -> Value:
    return resource["metadata.annotations"].key(name)


def internal_service(service: Resource) -> Truth:
    """Whether the load balancer of a Service has private addresses only, or admits named networks only.

    The controller of the AWS load balancers makes them private by default, the older one in the cloud provider does not.
    Source: kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/.
    """
    scheme = _annotation(service, f"{_ELB}scheme")
    controller = (
        _annotation(service, f"{_ELB}type").is_("external", "nlb-ip") | service["spec.loadBalancerClass"].present()
    )
    ranges = service["spec.loadBalancerSourceRanges"]
    return any_of(
        (
            scheme.is_("internal"),
            _annotation(service, f"{_ELB}internal").is_true(),
            controller & ~scheme.present(),
            ranges.present() & ranges.every(lambda one: ~one.is_("0.0.0.0/0", "::/0")),
        )
    )


def _serves_ml(resource: Resource, ports: Value) -> Truth:
    """Whether a Service or an Ingress leads to an ML tool: by its port, or by port and name."""
    name = resource.node.get("metadata.name")
    known = name if isinstance(name, str) else resource.name

    def is_tool(port: Value) -> Truth:
        return any_of(
            port[place].where(lambda raw: _tool(raw, known), "the port of an ML tool")
            for place in ("port", "targetPort")
        )

    called = resource["metadata.name"].where(
        lambda raw: isinstance(raw, str) and tool_called(raw) is not None, "the name of an ML tool"
    )
    return ports.any(is_tool) | called


def _tool(raw: Any, name: str) -> bool:
    try:
        return raw is not None and tool_at(int(raw), name) is not None
    except (TypeError, ValueError):
        return isinstance(raw, str) and tool_called(raw) is not None


@rule(
    "k8s-ml-ui-exposed",
    title="Notebooks, dashboards and inference servers are not on the internet without a login",
    severity=Severity.CRITICAL,
    types=(SERVICE, INGRESS, *RAY_HEADS),
    fix='spec={"type": "ClusterIP", ...}, and an Ingress with a login (alb.ingress.kubernetes.io/auth-type: oidc)',
)
def k8s_ml_ui_exposed(resource: Resource) -> Truth:
    """Jupyter, Ray, MLflow and their like run whatever whoever reaches them sends; scanners find them in hours."""
    kind = family(resource.type)
    if kind in RAY_HEADS:
        return ~resource[RAY_HEADS[kind]].is_("LoadBalancer", "NodePort")
    if kind == INGRESS:
        backends = resource["spec.rules"].any(
            lambda one: one["http.paths"].any(
                lambda path: (
                    path["backend.service.name"].where(
                        lambda raw: isinstance(raw, str) and tool_called(raw) is not None, "an ML tool"
                    )
                    | path["backend.service.port.number"].where(lambda raw: _tool(raw, ""), "the port of an ML tool")
                )
            )
        )
        public = _annotation(resource, f"{_ALB}scheme").is_("internet-facing")
        login = any_of(_annotation(resource, name).present() for name in _LOGINS)
        return only_if(public & backends, login)
    outside = resource["spec.type"].is_("LoadBalancer") & ~internal_service(resource)
    return only_if(_serves_ml(resource, resource["spec.ports"]), ~(outside | resource["spec.type"].is_("NodePort")))


@rule(
    "k8s-lb-internal",
    title="Load balancers of Services have private addresses",
    severity=Severity.HIGH,
    types=(SERVICE,),
    profiles=STRICT,
    fix=f'metadata={{"annotations": {{"{_ELB}scheme": "internal"}}, ...}}',
)
def k8s_lb_internal(service: Resource) -> Truth:
    """A Service of type LoadBalancer is on the internet by default, past every firewall and login of an ingress."""
    return only_if(service["spec.type"].is_("LoadBalancer"), internal_service(service))


@rule(
    "k8s-lb-tls",
    title="Public load balancers of Services have a certificate",
    severity=Severity.HIGH,
    types=(SERVICE,),
    fix=f'metadata={{"annotations": {{"{_ELB}ssl-cert": certificate.arn}}, ...}}',
)
def k8s_lb_tls(service: Resource) -> Truth:
    """Prompts, features and tokens would cross the internet in clear text."""
    public = service["spec.type"].is_("LoadBalancer") & ~internal_service(service)
    passed_on = service["spec.ports"].any(lambda port: port["port"].is_(443))
    return only_if(public, _annotation(service, f"{_ELB}ssl-cert").present() | passed_on)


@rule(
    "k8s-ingress-tls",
    title="Public ingresses have a certificate",
    severity=Severity.HIGH,
    types=(INGRESS,),
    fix='spec={"tls": [{"hosts": [...], "secret_name": ...}], ...}, or alb.ingress.kubernetes.io/certificate-arn',
)
def k8s_ingress_tls(ingress: Resource) -> Truth:
    """Prompts, features and session cookies would cross the internet in clear text."""
    certificate = _annotation(ingress, f"{_ALB}certificate-arn").present()
    listens = _annotation(ingress, f"{_ALB}listen-ports").where(
        lambda raw: isinstance(raw, str) and "HTTPS" in raw, "a port for HTTPS"
    )
    public = ~_annotation(ingress, f"{_ALB}scheme").is_("internal")
    alb = ingress["spec.ingressClassName"].is_("alb") & ~_annotation(ingress, f"{_ALB}scheme").present()
    return only_if(public & ~alb, ingress["spec.tls"].present() | certificate | listens)


@rule(
    "k8s-node-port",
    title="Services open no port of every node",
    severity=Severity.MEDIUM,
    types=(SERVICE,),
    fix='spec={"type": "ClusterIP", ...} behind an Ingress',
)
def k8s_node_port(service: Resource) -> Truth:
    """A node port stands open on every node of the cluster, past the load balancer and its logs."""
    return ~service["spec.type"].is_("NodePort")


@rule(
    "k8s-notebook-auth",
    title="Notebooks ask who is there",
    severity=Severity.HIGH,
    types=(*WORKLOADS, RELEASE),
    fix='values={"hub": {"config": {"JupyterHub": {"authenticator_class": "generic-oauth"}}}}; no --ServerApp.token=""',
)
def k8s_notebook_auth(resource: Resource) -> Truth:
    """JupyterHub's default lets anybody in under any name; an empty token makes a notebook a shell for whoever reaches it."""
    if family(resource.type) == RELEASE:
        hub = resource["chart"].matches(r"(.*/)?jupyterhub", "JupyterHub")
        chosen = resource["values"].key("hub").key("config").key("JupyterHub").key("authenticator_class")
        return only_if(hub, chosen.present() & ~chosen.matches(r"(?i).*dummy.*", "a dummy authenticator"))

    def open_(words: Value) -> Truth:
        return words.where(lambda raw: _NO_TOKEN.search(_line(raw)) is not None, "a notebook without a token")

    return every_container(resource, lambda _, one: ~(open_(one["args"]) | open_(one["command"])))


def _line(raw: Any) -> str:
    """A command's words, one to a line, so that an empty value ends where its word does."""
    return "\n".join(map(str, raw)) if isinstance(raw, list) else str(raw or "")


RULES: Final = (
    k8s_ml_ui_exposed,
    k8s_lb_internal,
    k8s_lb_tls,
    k8s_ingress_tls,
    k8s_node_port,
    k8s_notebook_auth,
)
