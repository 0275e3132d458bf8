"""Functions (`aws.ec2.get_ami` and the like): those that need no account as in every plan, the rest from the account."""

from __future__ import annotations

from mlinfra.engine.provider import Invoked, ProviderFailure
from mlinfra.engine.values import Properties
from mlinfra.errors import ConfigError
from mlinfra.offline import functions
from mlinfra.sandbox.aws.account import ACCOUNT_ID
from mlinfra.sandbox.aws.provider import AwsProvider


def invoke(provider: AwsProvider, token: str, args: Properties) -> Invoked:
    """Answer the function `token`. Raises ProviderFailure for one that is not emulated or refuses its arguments."""
    context = functions.Context(region=args.get("region") or provider.config.region, account=ACCOUNT_ID)
    try:
        result = functions.answer(token, args, context)
    except ConfigError as error:
        raise ProviderFailure(str(error)) from error
    if result is None:
        raise ProviderFailure(f"the function {token} is not emulated by the sandbox")
    return Invoked(result)
