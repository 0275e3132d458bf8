"""Rules about load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import only_if
from mlinfra.policies.shared import production

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

BALANCERS: Final = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
LISTENERS: Final = ("aws:lb/listener:Listener", "aws:alb/listener:Listener")
WEB_ACL: Final = "aws:wafv2/webAclAssociation:WebAclAssociation"
ENCRYPTED: Final = ("HTTPS", "TLS")
MODERN: Final = r"ELBSecurityPolicy-(TLS13-1-[23]-.*|FS-1-2-.*|TLS-1-2-(Ext-2018-06|2017-01))"
"""The predefined policies without TLS before 1.2. Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/
describe-ssl-policies.html"""


@rule(
    "alb-tls",
    title="Load balancers speak HTTPS",
    severity=Severity.MEDIUM,
    types=LISTENERS,
    fix='protocol="HTTPS" with a certificate_arn; on port 80 default_actions=[{"type": "redirect", "redirect": {"protocol": '
    '"HTTPS", "port": "443", "status_code": "HTTP_301"}}]',
)
def alb_tls(listener: Resource) -> Truth:
    """Prompts, features and tokens would travel in clear text. A listener of HTTP may only send clients to HTTPS."""
    redirects = listener["defaultActions"].present() & listener["defaultActions"].every(
        lambda one: one["type"].is_("redirect") & one["redirect.protocol"].is_("HTTPS")
    )
    return only_if(listener["protocol"].is_("HTTP"), redirects)


@rule(
    "alb-tls-policy",
    title="Load balancers refuse TLS before 1.2",
    severity=Severity.MEDIUM,
    types=LISTENERS,
    fix='ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06"',
)
def alb_tls_policy(listener: Resource) -> Truth:
    """The default of the API allows TLS 1.0, whose weaknesses have had names for ten years."""
    return only_if(
        listener["protocol"].is_(*ENCRYPTED), listener["sslPolicy"].matches(MODERN, "a policy without TLS before 1.2")
    )


@rule(
    "alb-logs",
    title="Load balancers write access logs",
    severity=Severity.MEDIUM,
    types=BALANCERS,
    fix='access_logs={"enabled": True, "bucket": logs.id}',
)
def alb_logs(balancer: Resource) -> Truth:
    """Who called which model, from where, is known from nothing else."""
    return balancer["accessLogs.enabled"].is_true() & (
        balancer["accessLogs.bucket"].resources().exist()
        if balancer["accessLogs.bucket"].is_unknown
        else balancer["accessLogs.bucket"].present()
    )


@rule(
    "alb-invalid-headers",
    title="Load balancers drop invalid headers",
    severity=Severity.MEDIUM,
    types=BALANCERS,
    fix="drop_invalid_header_fields=True",
)
def alb_invalid_headers(balancer: Resource) -> Truth:
    """Requests that balancer and server read differently smuggle a second one past authentication."""
    return only_if(balancer["loadBalancerType"].is_("application"), balancer["dropInvalidHeaderFields"].is_true())


@rule(
    "alb-desync",
    title="Load balancers defend against request smuggling",
    severity=Severity.MEDIUM,
    types=BALANCERS,
    fix='desync_mitigation_mode="defensive"',
)
def alb_desync(balancer: Resource) -> Truth:
    """In monitor mode ambiguous requests are counted, and passed on."""
    mode = balancer["desyncMitigationMode"].is_("defensive", "strictest")
    return only_if(balancer["loadBalancerType"].is_("application"), mode)


@rule(
    "alb-keep-in-production",
    title="Load balancers in production cannot be deleted by mistake",
    severity=Severity.LOW,
    types=BALANCERS,
    fix="enable_deletion_protection=True",
)
def alb_keep_in_production(balancer: Resource) -> Truth:
    """With the balancer goes the name that every client calls."""
    return only_if(production(balancer), balancer["enableDeletionProtection"].is_true())


@rule(
    "alb-waf",
    title="Public load balancers stand behind a firewall for the web",
    severity=Severity.MEDIUM,
    types=BALANCERS,
    fix="internal=True; or aws.wafv2.WebAclAssociation(name, resource_arn=balancer.arn, web_acl_arn=acl.arn)",
)
def alb_waf(balancer: Resource) -> Truth:
    """Model servers are not written for the internet: rate limits and known attacks belong in front of them."""
    public = ~balancer["internal"].is_true() & balancer["loadBalancerType"].is_("application")
    return only_if(public, balancer.attached(WEB_ACL, at="resourceArn").exist())


RULES: Final = (alb_tls, alb_tls_policy, alb_logs, alb_invalid_headers, alb_desync, alb_keep_in_production, alb_waf)
