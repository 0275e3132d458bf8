"""IAM as AWS decides it: what a policy says of a request, who asks, what a request needs, and the gate in the server.

`evaluate` is pure and knows nothing of the server: tests of policies may use it alone.
"""

from mlinfra.sandbox.iam.documents import Policy, Statement
from mlinfra.sandbox.iam.evaluate import Decision, Outcome, Policies, Principal, Request, evaluate

__all__ = ["Decision", "Outcome", "Policies", "Policy", "Principal", "Request", "Statement", "evaluate"]
