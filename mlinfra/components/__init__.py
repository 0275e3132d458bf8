"""Components: networks, keys, buckets and audit, secure by default."""

from mlinfra.components.access_logs import AccessLogBucket, AccessLogBucketArgs
from mlinfra.components.account import Account
from mlinfra.components.audit import AuditTrail, AuditTrailArgs
from mlinfra.components.key_policies import KeyPurpose
from mlinfra.components.keys import KeyRing, KeyRingArgs
from mlinfra.components.network import Network, NetworkArgs
from mlinfra.components.problems import ArgumentError
from mlinfra.components.profiles import Classification, Egress, Profile
from mlinfra.components.storage import BucketPurpose, DataBucket, DataBucketArgs
from mlinfra.components.tags import tag_everything

COMPONENTS = (Network, KeyRing, AccessLogBucket, DataBucket, AuditTrail)
"""Every component, for the component package."""

__all__ = [
    "COMPONENTS",
    "AccessLogBucket",
    "AccessLogBucketArgs",
    "Account",
    "ArgumentError",
    "AuditTrail",
    "AuditTrailArgs",
    "BucketPurpose",
    "Classification",
    "DataBucket",
    "DataBucketArgs",
    "Egress",
    "KeyPurpose",
    "KeyRing",
    "KeyRingArgs",
    "Network",
    "NetworkArgs",
    "Profile",
    "tag_everything",
]
