"""What AWS would refuse and moto accepts: checks on each mutating call before it is sent.

`install(session, client)` hooks them into a boto3 session. A refused call raises the `ClientError` that AWS would
answer with, the modelled exception class included; `ResponseMetadata["RefusedBy"]` tells it from the server's own.
"""

from __future__ import annotations

from mlinfra.sandbox.refusals.hooks import install

__all__ = ["install"]
