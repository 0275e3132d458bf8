"""Pulumi's stubs come without its SDK, which is there all the same for whoever asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

BEFORE = "import sys, mlinfra.engine.run\nassert 'pulumi.runtime.proto' in sys.modules\nassert 'pulumi.output' not in sys.modules\n"
ASKS = [
    "import pulumi\nassert pulumi.Output and pulumi.runtime.rpc and pulumi.automation",
    "import pulumi.runtime\nassert pulumi.runtime.Settings",
    "from pulumi.runtime import rpc\nassert rpc.UNKNOWN",
    "from pulumi import *\nassert ComponentResource",
    "import pulumi.log\nassert pulumi.log.warn and pulumi.log.__spec__.origin",
    "from pulumi.output import Output\nimport pulumi\nassert pulumi.Output is Output is sys.modules['pulumi.output'].Output",
    "import pulumi.runtime.rpc as rpc\nimport pulumi\nassert rpc is pulumi.runtime.rpc is sys.modules['pulumi.runtime.rpc']",
    "import pulumi.dynamic\nassert pulumi.dynamic.Resource",
    "import pulumi\ntry:\n    pulumi.nothing\nexcept AttributeError as error:\n    assert 'nothing' in str(error)",
    (
        "import pulumi, threading\nfound = []\nthreads = [threading.Thread(target=lambda: found.append(pulumi.Output)) for _ in range(8)]\n"
        "[one.start() for one in threads]\n[one.join() for one in threads]\nassert found == [pulumi.Output] * 8"
    ),
]


@pytest.mark.parametrize("ask", ASKS)
def test_the_sdk_is_loaded_when_it_is_asked_for(ask: str) -> None:
    after = "\nimport pulumi\nassert 'pulumi.output' in sys.modules and pulumi.runtime.mocks"
    subprocess.run([sys.executable, "-c", BEFORE + ask + after], check=True)


def test_an_sdk_that_is_loaded_stays_as_it_is() -> None:
    said = "import pulumi\nown = pulumi\nimport mlinfra.engine.run, sys\nassert sys.modules['pulumi'] is own and pulumi.Output"
    subprocess.run([sys.executable, "-c", said], check=True)
