"""ECR repositories."""

from __future__ import annotations

import json
from typing import Any

import mlinfra as ml
from mlinfra.components.images import lifecycle

KEY = "arn:aws:kms:eu-central-1:123456789012:key/artifacts"
BUILD = "arn:aws:iam::123456789012:role/build"


def images(declare, **arguments: Any):
    args = {
        "account": {"id": "123456789012", "region": "eu-central-1"},
        "key_arn": KEY,
        "repositories": ["training", "vision/serving"],
        **arguments,
    }
    return declare(lambda: ml.ImageRepository("images", args))  # type: ignore[arg-type]


def policies(declared, statements) -> list[dict[str, Any]]:
    return statements(declared.one("aws:ecr/repositoryPolicy:RepositoryPolicy", "images-training"))


def test_tags_never_move_pushes_are_scanned_and_images_are_encrypted(declare) -> None:
    declared = images(declare)
    for repository in declared.of("aws:ecr/repository:Repository"):
        assert repository.inputs["imageTagMutability"] == "IMMUTABLE"
        assert repository.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
        assert repository.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": KEY}]
        assert repository.inputs["forceDelete"] is False
        assert repository.options.protect is True
    names = {repository.inputs["name"] for repository in declared.of("aws:ecr/repository:Repository")}
    assert names == {"dev-images/training", "dev-images/vision/serving"}


def test_it_says_where_to_push(declare) -> None:
    account = {"id": "123456789012", "region": "us-east-1"}  # the region of the plan
    (component,) = images(declare, account=account).of("mlinfra:images:ImageRepository")
    assert component.outputs["repositoryUrls"] == {
        "training": "123456789012.dkr.ecr.us-east-1.amazonaws.com/dev-images/training",
        "vision/serving": "123456789012.dkr.ecr.us-east-1.amazonaws.com/dev-images/vision/serving",
    }


def test_untagged_images_and_those_beyond_the_number_kept_expire(declare) -> None:
    policy = images(declare, keep_images=7).of("aws:ecr/lifecyclePolicy:LifecyclePolicy")[0]
    assert json.loads(policy.inputs["policy"]) == lifecycle(7)
    untagged, tagged = lifecycle(7)["rules"]
    assert (untagged["rulePriority"], untagged["selection"]["countNumber"]) == (1, 14)
    assert (tagged["selection"]["countType"], tagged["selection"]["countNumber"]) == ("imageCountMoreThan", 7)


def test_nobody_outside_the_account_pulls_unless_named(declare, statements) -> None:
    (denied,) = policies(images(declare), statements)
    assert (denied["Effect"], denied["Action"], denied["Principal"]) == ("Deny", "ecr:*", "*")
    assert denied["Condition"]["StringNotEquals"] == {"aws:PrincipalAccount": ["123456789012"]}
    denied, pull = policies(images(declare, pull_accounts=["210987654321"]), statements)
    assert denied["Condition"]["StringNotEquals"]["aws:PrincipalAccount"] == ["123456789012", "210987654321"]
    assert pull["Principal"] == {"AWS": "arn:aws:iam::210987654321:root"}
    assert not [action for action in pull["Action"] if "Put" in action or "Upload" in action]


def test_named_pushers_are_the_only_ones(declare, statements) -> None:
    _, pushers = policies(images(declare, pushers=[BUILD]), statements)
    assert pushers["Effect"] == "Deny"
    assert "ecr:PutImage" in pushers["Action"]
    assert "ecr:BatchGetImage" not in pushers["Action"]
    assert pushers["Condition"] == {"ArnNotLikeIfExists": {"aws:PrincipalArn": [BUILD]}}
