from mlinfra.components import (
    AccessLogBucket as AccessLogBucket,
)
from mlinfra.components import (
    AccessLogBucketArgs as AccessLogBucketArgs,
)
from mlinfra.components import (
    Account as Account,
)
from mlinfra.components import (
    ArgumentError as ArgumentError,
)
from mlinfra.components import (
    AuditTrail as AuditTrail,
)
from mlinfra.components import (
    AuditTrailArgs as AuditTrailArgs,
)
from mlinfra.components import (
    BucketPurpose as BucketPurpose,
)
from mlinfra.components import (
    Classification as Classification,
)
from mlinfra.components import (
    DataBucket as DataBucket,
)
from mlinfra.components import (
    DataBucketArgs as DataBucketArgs,
)
from mlinfra.components import (
    Egress as Egress,
)
from mlinfra.components import (
    KeyPurpose as KeyPurpose,
)
from mlinfra.components import (
    KeyRing as KeyRing,
)
from mlinfra.components import (
    KeyRingArgs as KeyRingArgs,
)
from mlinfra.components import (
    Network as Network,
)
from mlinfra.components import (
    NetworkArgs as NetworkArgs,
)
from mlinfra.components import (
    Profile as Profile,
)
from mlinfra.components import (
    tag_everything as tag_everything,
)
from mlinfra.settings import PlatformSettings as PlatformSettings
from mlinfra.settings import Settings as Settings

__version__: str
