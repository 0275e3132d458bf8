"""What a cluster's pods can mount, and with it which drivers it runs."""

from collections.abc import Sequence

from mlinfra.components.access import BucketAccess, FileSystemAccess
from mlinfra.components.args import Args


class ClusterStorage(Args):
    """What pods can mount. The driver of each kind is there when something is mounted through it."""

    volumes: bool = True
    """Volumes of their own (Amazon EBS), encrypted, through the default storage class gp3. Default: true."""
    file_systems: Sequence[FileSystemAccess] = ()
    """Directories of file systems (Amazon EFS). Default: none."""
    lustre: bool = False
    """Amazon FSx for Lustre file systems that exist, such as a `LustreFileSystem`'s. Default: false."""
    buckets: Sequence[BucketAccess] = ()
    """Buckets as directories (Mountpoint for Amazon S3): whoever may make volumes in the cluster reaches these, and no
    other. Default: none."""
    bucket_mounts: bool = False
    """Buckets as directories, mounted with the rights of the pods that use them, as a `TrainingCluster`'s data sets are; the
    driver itself reaches none but `buckets`. Default: false."""
