"""The Pulumi provider `aws` of the sandbox: classic `aws:*` types on the emulated account."""

from mlinfra.sandbox.aws.server import serve

__all__ = ["serve"]
