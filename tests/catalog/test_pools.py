"""The limits of node pools: each says why and who says so, in words that an error can use."""

from __future__ import annotations

import re

import pytest

from mlinfra.catalog import pools
from mlinfra.catalog.eks import support


@pytest.mark.parametrize("limit", list(pools.limits()), ids=lambda limit: limit.id)
def test_a_limit_says_why_and_who_says_so(limit: pools.Limit) -> None:
    assert re.fullmatch(r"https://[\w./#%:-]+", limit.source)
    assert limit.reason == limit.reason.strip(" .")
    assert len(limit.reason.split()) > 3
    assert not limit.reason[0].isupper() or limit.reason.split()[0] in {
        *("Spot", "Capacity", "EC2", "EFA", "EKS", "Karpenter", "Kubernetes", "MIG", "Bottlerocket's", "NVIDIA")
    }


@pytest.mark.parametrize("kubernetes", ["1.34", "1.35", "1.36"])
def test_a_pinned_release_is_of_its_version_and_of_one_that_eks_has(kubernetes: str) -> None:
    release = pools.release_version(kubernetes, "al2023")
    assert release is not None
    assert re.fullmatch(re.escape(kubernetes) + r"\.\d+-20\d{6}", release)
    assert support(kubernetes) is not None


def test_what_is_not_pinned_is_none() -> None:
    assert pools.release_version("1.33", "al2023") is None
    assert pools.release_version("1.35", "bottlerocket") is None


def test_another_limit_is_an_error() -> None:
    with pytest.raises(KeyError):
        pools.limit("nothing")
