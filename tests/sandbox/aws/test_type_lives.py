"""Every type with a case lives a whole life on the emulated account."""

from __future__ import annotations

import contextlib

import pytest

from mlinfra.engine.provider import ProviderFailure
from tests.sandbox.aws.lives import Life, cases, live
from tests.sandbox.conftest import Sandbox


@pytest.mark.parametrize("key", sorted(key for key, case in cases().items() if not case.get("only_needed")))
def test_a_life(key: str, sandbox: Sandbox) -> None:
    life = Life(sandbox.endpoint_url)
    try:
        live(life, key)
    except BaseException:
        with contextlib.suppress(ProviderFailure):
            life.end()
        raise
    life.end()
