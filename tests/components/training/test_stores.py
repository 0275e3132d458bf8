"""Buckets and file systems as places for teams' data."""

from __future__ import annotations

import mlinfra as ml
from mlinfra.testing import plan
from tests.components.training.platform import KEY


def test_a_data_bucket_and_a_lustre_file_system_are_stores_of_their_class_and_key() -> None:
    made: list[ml.TrainingStore] = []

    def program() -> None:
        bucket = ml.DataBucketArgs(
            purpose=ml.BucketPurpose.DATASETS,
            classification=ml.Classification.INTERNAL,
            key_arn=KEY,
            access_log_bucket="logs",
        )
        made.append(ml.DataBucket("datasets", bucket).store)
        files = ml.LustreFileSystemArgs(
            key_arn=KEY,
            logs_key_arn=KEY,
            vpc_id="vpc-0123456789abcdef0",
            subnet_id="subnet-0123456789abcdef0",
            size_gib=2400,
        )
        made.append(ml.LustreFileSystem("scratch", files).store)

    plan(program)
    bucket, files = made
    assert (bucket.classification, bucket.key_arn, bucket.lustre) == (ml.Classification.INTERNAL, KEY, None)
    assert bucket.bucket is not None
    assert bucket.bucket.mounted
    assert (files.classification, files.key_arn, files.bucket) == (ml.Classification.CONFIDENTIAL, KEY, None)
    assert files.lustre is not None
    assert files.lustre.size_gib == 2400
