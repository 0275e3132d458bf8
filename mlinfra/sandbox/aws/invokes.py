"""Functions (`aws.ec2.get_ami` and the like) answered from the emulated account."""

from __future__ import annotations

from mlinfra.engine.provider import Invoked, ProviderFailure
from mlinfra.engine.values import Properties
from mlinfra.sandbox.aws.provider import AwsProvider


def invoke(provider: AwsProvider, token: str, args: Properties) -> Invoked:
    """Answer the function `token`."""
    raise ProviderFailure(f"the function {token} is not emulated by the sandbox")
