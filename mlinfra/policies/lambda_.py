"""Rules about AWS Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.lambda_runtimes import deprecated_runtimes
from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import all_of, only_if
from mlinfra.policies.references import names_a_key
from mlinfra.policies.secret_texts import no_secret_variable

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth
    from mlinfra.compliance.values import Value

FUNCTION: Final = "aws:lambda/function:Function"
PERMISSION: Final = "aws:lambda/permission:Permission"
URL: Final = "aws:lambda/functionUrl:FunctionUrl"
LAYER_PERMISSION: Final = "aws:lambda/layerVersionPermission:LayerVersionPermission"
MAPPING: Final = "aws:lambda/eventSourceMapping:EventSourceMapping"
INVOKE_CONFIG: Final = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"


def _given(value: Value) -> Truth:
    """Whether there is something, or will be: what comes from a resource of the stack."""
    return value.resources().exist() if value.is_unknown else value.present()


@rule(
    "lambda-no-public",
    title="Nobody but who is named invokes a function",
    severity=Severity.CRITICAL,
    types=(PERMISSION,),
    fix='principal="events.amazonaws.com", source_arn=rule.arn; or principal_org_id="o-…"',
    waivable=False,
)
def lambda_no_public(permission: Resource) -> Truth:
    """With principal `*` everybody who has an AWS account runs the function, with its role and on its bill."""
    everybody = permission["principal"].is_("*")
    named = _given(permission["sourceAccount"]) | _given(permission["principalOrgId"])
    return ~everybody | named | permission["functionUrlAuthType"].is_("AWS_IAM")


@rule(
    "lambda-source-scope",
    title="AWS services invoke functions for this account's resources alone",
    severity=Severity.MEDIUM,
    types=(PERMISSION,),
    fix="source_arn=bucket.arn, source_account=account",
)
def lambda_source_scope(permission: Resource) -> Truth:
    """Somebody else's bucket, topic or API could otherwise send the function whatever it likes."""
    service = permission["principal"].matches(r".*\.amazonaws\.com(\.cn)?")
    return only_if(service, _given(permission["sourceArn"]) | _given(permission["sourceAccount"]))


@rule(
    "lambda-url-auth",
    title="URLs of functions ask who calls",
    severity=Severity.HIGH,
    types=(URL,),
    fix='aws.lambda_.FunctionUrl(name, authorization_type="AWS_IAM", …)',
)
def lambda_url_auth(url: Resource) -> Truth:
    """With NONE the function is on the internet, and every call of a stranger is paid for."""
    return url["authorizationType"].is_("AWS_IAM")


@rule(
    "lambda-url-cors",
    title="URLs of functions are not open to every website",
    severity=Severity.MEDIUM,
    types=(URL,),
    fix='cors={"allow_origins": ["https://app.example.com"]}',
)
def lambda_url_cors(url: Resource) -> Truth:
    """Any page that a signed-in user opens could call the function in their name."""
    return ~url["cors.allowOrigins"].any(lambda one: one.is_("*"))


@rule(
    "lambda-env-secret",
    title="No secret in the environment of functions",
    severity=Severity.HIGH,
    types=(FUNCTION,),
    fix="the ARN of a secret in the environment, read at start with the role of the function",
)
def lambda_env_secret(function: Resource) -> Truth:
    """Whoever may describe the function reads its environment; it also stands in the state and in every log of it."""
    variables = function["environment.variables"]
    if variables.is_unknown:
        return variables.says(None, "no secret: a reference to one")
    return all_of(no_secret_variable(name, value) for name, value in variables.items())


@rule(
    "lambda-env-kms",
    title="Environments of functions are encrypted with a key of the organisation's own",
    severity=Severity.LOW,
    types=(FUNCTION,),
    fix="aws.lambda_.Function(name, kms_key_arn=key.arn, …)",
    profiles=STRICT,
)
def lambda_env_kms(function: Resource) -> Truth:
    """Names of tables, buckets and queues are a map for whoever looks around."""
    return only_if(function["environment.variables"].present(), names_a_key(function["kmsKeyArn"]))


@rule(
    "lambda-runtime",
    title="Functions run on a runtime that AWS still patches",
    severity=Severity.MEDIUM,
    types=(FUNCTION,),
    fix='aws.lambda_.Function(name, runtime="python3.13", …)',
)
def lambda_runtime(function: Resource) -> Truth:
    """After its last day a runtime gets no more patches; some weeks later the function can no longer be changed."""
    runtime, today = function["runtime"], function.graph.today

    def patched(raw: object) -> bool:
        last = deprecated_runtimes().get(str(raw))
        return last is None or today < last

    return only_if(runtime.present(), runtime.where(patched, "a runtime that AWS still patches"))


@rule(
    "lambda-vpc",
    title="Functions run in the VPC",
    severity=Severity.LOW,
    types=(FUNCTION,),
    fix='vpc_config={"subnet_ids": network.private_subnet_ids, "security_group_ids": [group.id]}',
    profiles=STRICT,
)
def lambda_vpc(function: Resource) -> Truth:
    """Outside of it a function reaches the whole internet, past endpoints, firewalls and flow logs."""
    return _given(function["vpcConfig.subnetIds"])


@rule(
    "lambda-dlq",
    title="What a function failed on is kept",
    severity=Severity.LOW,
    types=(FUNCTION,),
    fix='dead_letter_config={"target_arn": queue.arn}, or aws.lambda_.FunctionEventInvokeConfig with a destination',
)
def lambda_dlq(function: Resource) -> Truth:
    """An event that failed three times is gone: with it a file that was never processed."""
    destinations = function.attached(INVOKE_CONFIG, at="functionName")
    kept = destinations.any(lambda one: _given(one["destinationConfig.onFailure.destination"]))
    polled = function.attached(MAPPING, at="functionName").exist()
    return _given(function["deadLetterConfig.targetArn"]) | kept | polled


@rule(
    "lambda-code-signing",
    title="Functions run signed code alone",
    severity=Severity.LOW,
    types=(FUNCTION,),
    fix="aws.lambda_.Function(name, code_signing_config_arn=config.arn, …)",
    profiles=STRICT,
)
def lambda_code_signing(function: Resource) -> Truth:
    """Who may update the function, or write to the bucket of its code, then still cannot run code of their own."""
    image = function["packageType"].is_("Image")
    return only_if(~image, _given(function["codeSigningConfigArn"]))


@rule(
    "lambda-layer-private",
    title="Layers are not public",
    severity=Severity.HIGH,
    types=(LAYER_PERMISSION,),
    fix='principal="123456789012", or organization_id="o-…" with principal="*"',
)
def lambda_layer_private(permission: Resource) -> Truth:
    """Everybody with an account could download the code."""
    return ~permission["principal"].is_("*") | permission["organizationId"].present()


RULES: Final = (
    *(lambda_no_public, lambda_source_scope, lambda_url_auth, lambda_url_cors, lambda_env_secret, lambda_env_kms),
    *(lambda_runtime, lambda_vpc, lambda_dlq, lambda_code_signing, lambda_layer_private),
)
