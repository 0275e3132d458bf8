"""Every mistake of the list is refused, for the right reason; the few that are not stand here with why."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.sandbox.refusals.catalogue import MISTAKES, Mistake
from tests.sandbox.refusals.cloud import Cloud
from tests.sandbox.refusals.mistakes import (
    buckets,
    clusters,
    compute,
    data,
    identity,
    keys,
    networks,
    observing,
    quotas,
    training,
)

LISTED = (
    buckets,
    clusters,
    compute,
    data,
    identity,
    keys,
    networks,
    observing,
    quotas,
    training,
)  # each adds to MISTAKES
LEAST = 130
SHARE = 0.9
UNCAUGHT: dict[str, str] = {}  # by name, why not


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_is_refused(mistake: Mistake, aws: Cloud) -> None:
    if mistake.name in UNCAUGHT:
        mistake.make(aws)  # when this raises, the entry in UNCAUGHT is out of date
        return
    with pytest.raises((ClientError, ParamValidationError)) as caught:
        mistake.make(aws)
    error = caught.value
    if isinstance(error, ParamValidationError):
        assert "ParamValidation" in mistake.codes
        return
    assert error.operation_name == mistake.call.split(".")[1], error
    assert error.response["Error"]["Code"] in mistake.codes, error
    assert re.search(mistake.says, error.response["Error"]["Message"], re.IGNORECASE), error


def test_share_that_is_caught() -> None:
    assert {mistake.make.__module__ for mistake in MISTAKES} == {module.__name__ for module in LISTED}
    names = [mistake.name for mistake in MISTAKES]
    assert len(names) == len(set(names)) >= LEAST
    assert set(UNCAUGHT) <= set(names)
    assert 1 - len(UNCAUGHT) / len(names) >= SHARE
