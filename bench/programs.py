"""Programs of a chosen size, as a user would write them: buckets with settings that refer to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """\
import pulumi
import pulumi_aws as aws

for n in range({buckets}):
    bucket = aws.s3.Bucket(f"bucket-{{n}}", tags={{"number": str(n)}})
    aws.s3.BucketVersioning(f"versioning-{{n}}", bucket=bucket.id, versioning_configuration={{"status": "Enabled"}})
    aws.s3.BucketPublicAccessBlock(f"block-{{n}}", bucket=bucket.id, block_public_acls=True, block_public_policy=True)
    aws.cloudwatch.LogGroup(f"log-{{n}}", name=bucket.arn.apply(lambda arn: f"/bench/{{arn.rpartition(':')[2]}}"))
"""


def write(folder: Path, resources: int) -> Path:
    """A project of `resources` resources (a multiple of four), the stack and its default provider not counted."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(f"name: bench-{resources}\nruntime: python\n")
    (folder / "Pulumi.bench.yaml").write_text("config:\n  aws:region: us-east-1\n")
    (folder / "__main__.py").write_text(PROGRAM.format(buckets=resources // 4))
    return folder
