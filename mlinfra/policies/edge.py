"""Rules about APIs and distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import only_if

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth
    from mlinfra.compliance.values import Value

DISTRIBUTION: Final = "aws:cloudfront/distribution:Distribution"
ROUTE: Final = "aws:apigatewayv2/route:Route"
METHOD: Final = "aws:apigateway/method:Method"
STAGES: Final = ("aws:apigatewayv2/stage:Stage", "aws:apigateway/stage:Stage")
MODERN_TLS: Final = r"TLSv1\.[23]_.*"


@rule(
    "api-authorization",
    title="APIs ask who calls",
    severity=Severity.HIGH,
    types=(ROUTE, METHOD),
    fix='authorization_type="AWS_IAM" (or JWT, CUSTOM); for REST APIs authorization="AWS_IAM"',
)
def api_authorization(route: Resource) -> Truth:
    """An open route in front of a model answers everybody, at the price of the GPU behind it.

    Requests of browsers before the real one (OPTIONS) carry no credentials, and are left out.
    """
    if route.type == ROUTE:
        return only_if(
            ~route["routeKey"].matches(r"OPTIONS .*"), route["authorizationType"].is_("AWS_IAM", "JWT", "CUSTOM")
        )
    asked = ~route["authorization"].is_("NONE") & route["authorization"].present()
    return only_if(~route["httpMethod"].is_("OPTIONS"), asked)


@rule(
    "api-logs",
    title="APIs write access logs",
    severity=Severity.MEDIUM,
    types=STAGES,
    fix='access_log_settings={"destination_arn": group.arn, "format": …}',
)
def api_logs(stage: Resource) -> Truth:
    """Who called what is known from nothing else."""
    destination = stage["accessLogSettings.destinationArn"]
    return destination.resources().exist() if destination.is_unknown else destination.present()


@rule(
    "cloudfront-https",
    title="Distributions speak HTTPS",
    severity=Severity.MEDIUM,
    types=(DISTRIBUTION,),
    fix='default_cache_behavior={"viewer_protocol_policy": "redirect-to-https", …}',
)
def cloudfront_https(distribution: Resource) -> Truth:
    """Cookies and answers would travel in clear text."""

    def encrypted(behavior: Value) -> Truth:
        return behavior["viewerProtocolPolicy"].is_("redirect-to-https", "https-only")

    return encrypted(distribution["defaultCacheBehavior"]) & distribution["orderedCacheBehaviors"].every(encrypted)


@rule(
    "cloudfront-tls-version",
    title="Distributions refuse TLS before 1.2",
    severity=Severity.MEDIUM,
    types=(DISTRIBUTION,),
    fix='viewer_certificate={"acm_certificate_arn": …, "minimum_protocol_version": "TLSv1.2_2021", "ssl_support_method": '
    '"sni-only"}',
)
def cloudfront_tls_version(distribution: Resource) -> Truth:
    """With the certificate of cloudfront.net, clients may come with TLS 1.0."""
    certificate = distribution["viewerCertificate"]
    return (
        certificate["minimumProtocolVersion"].matches(MODERN_TLS, "TLS 1.2 or later")
        & ~certificate["cloudfrontDefaultCertificate"].is_true()
    )


@rule(
    "cloudfront-origin-access",
    title="Distributions reach buckets by origin access control",
    severity=Severity.MEDIUM,
    types=(DISTRIBUTION,),
    fix='origins=[{"origin_access_control_id": control.id, …}]',
)
def cloudfront_origin_access(distribution: Resource) -> Truth:
    """Otherwise the bucket must be public for the distribution to read from it."""

    def controlled(origin: Value) -> Truth:
        control = origin["originAccessControlId"]
        given = control.resources().exist() if control.is_unknown else control.present()
        return only_if(origin["domainName"].matches(r".*\.s3[.-].*amazonaws\.com(\.cn)?"), given)

    return distribution["origins"].every(controlled)


@rule(
    "cloudfront-waf",
    title="Distributions stand behind a firewall for the web",
    severity=Severity.MEDIUM,
    types=(DISTRIBUTION,),
    fix="web_acl_id=acl.arn",
)
def cloudfront_waf(distribution: Resource) -> Truth:
    """Rate limits and known attacks are stopped at the edge, before they cost anything."""
    acl = distribution["webAclId"]
    return acl.resources().exist() if acl.is_unknown else acl.present()


RULES: Final = (
    *(api_authorization, api_logs, cloudfront_https, cloudfront_tls_version, cloudfront_origin_access),
    cloudfront_waf,
)
