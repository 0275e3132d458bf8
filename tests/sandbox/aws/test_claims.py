"""An engine killed while it creates leaves neither an orphan nor a duplicate behind."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from mlinfra.engine.provider import InitFailure, ProviderFailure
from mlinfra.sandbox.aws.account import Account, AwsError
from mlinfra.sandbox.aws.claims import Claim, Claims
from mlinfra.sandbox.aws.config import ProviderConfig
from mlinfra.sandbox.aws.provider import AwsProvider
from tests.sandbox.aws.lives import account
from tests.sandbox.conftest import Sandbox

BUCKET = "urn:pulumi:kill::proj::aws:s3/bucket:Bucket::data"
VPC = "urn:pulumi:kill::proj::aws:ec2/vpc:Vpc::net"


@pytest.fixture
def claims() -> Claims:
    return Claims()


@pytest.fixture
def provider(sandbox: Sandbox, claims: Claims) -> Iterator[AwsProvider]:
    made = AwsProvider(account(sandbox.endpoint_url), claims, ProviderConfig(), "stack-1")
    yield made
    made.abandon({BUCKET: [], VPC: []})


def buckets(sandbox: Sandbox, prefix: str = "data-") -> list[str]:
    found = sandbox.client("s3").list_buckets()["Buckets"]
    return [one["Name"] for one in found if one["Name"].startswith(prefix)]


def run(provider: AwsProvider, news: dict[str, Any], seed: bytes, urn: str = BUCKET) -> tuple[str, dict[str, Any]]:
    """What an engine without this resource in its state does: check and create."""
    checked = provider.check(urn, {}, news, seed)
    assert not checked.failures
    return provider.create(urn, checked.inputs).id, checked.inputs


def test_a_second_creation_adopts_what_the_first_made(provider: AwsProvider, sandbox: Sandbox) -> None:
    first, _ = run(provider, {"forceDestroy": True}, b"1")
    second, inputs = run(provider, {"forceDestroy": True}, b"2")  # another run has another seed
    assert first == second == inputs["bucket"]
    assert buckets(sandbox) == [first]


def test_what_is_adopted_is_brought_to_what_is_wanted(provider: AwsProvider, sandbox: Sandbox) -> None:
    first, _ = run(provider, {"tags": {"run": "1"}}, b"1")
    second, _ = run(provider, {"tags": {"run": "2"}}, b"2")
    assert second == first
    assert sandbox.client("s3").get_bucket_tagging(Bucket=first)["TagSet"] == [{"Key": "run", "Value": "2"}]


def test_what_cannot_be_changed_is_made_anew_and_the_first_goes(provider: AwsProvider, sandbox: Sandbox) -> None:
    first, _ = run(provider, {"bucket": "data-one"}, b"1")
    second, _ = run(provider, {"bucket": "data-two"}, b"2")
    assert (first, second) == ("data-one", "data-two")
    assert buckets(sandbox) == ["data-two"]


def test_what_is_gone_meanwhile_is_made_again(provider: AwsProvider, sandbox: Sandbox) -> None:
    first, _ = run(provider, {}, b"1")
    sandbox.client("s3").delete_bucket(Bucket=first)
    second, _ = run(provider, {}, b"2")
    assert buckets(sandbox) == [second]


def test_an_engine_that_knows_its_resource_makes_a_second_one_when_it_replaces(
    provider: AwsProvider, sandbox: Sandbox
) -> None:
    first, inputs = run(provider, {}, b"1")
    provider.diff(BUCKET, first, inputs, inputs)  # every later run begins so
    second, _ = run(provider, {}, b"2")
    assert sorted(buckets(sandbox)) == sorted([first, second])
    provider.delete(BUCKET, first, inputs, {})
    assert buckets(sandbox) == [second]


def test_a_killed_replacement_is_adopted_and_the_old_one_stays_the_engines(
    provider: AwsProvider, sandbox: Sandbox
) -> None:
    old, inputs = run(provider, {}, b"1")
    provider.diff(BUCKET, old, inputs, inputs)
    killed, _ = run(provider, {"objectLockEnabled": True}, b"2")
    provider.diff(BUCKET, old, inputs, inputs)  # the next run still has the old one in its state
    again, _ = run(provider, {"objectLockEnabled": True}, b"3")
    assert again == killed != old
    provider.delete(BUCKET, old, inputs, {})
    assert buckets(sandbox) == [killed]


def test_the_inputs_in_a_state_are_proof_enough(provider: AwsProvider, sandbox: Sandbox) -> None:
    """A forced replacement asks for no diff; only the check shows what the engine knows."""
    first, inputs = run(provider, {}, b"1")
    provider.check(BUCKET, inputs, {}, b"2")
    second, _ = run(provider, {}, b"2")
    assert first != second
    provider.delete(BUCKET, first, inputs, {})


def test_what_is_replaced_before_anything_shows_that_it_is_known_stays(provider: AwsProvider, sandbox: Sandbox) -> None:
    """`--replace` right after the creation: no diff, and a check without what was before."""
    first, inputs = run(provider, {}, b"1")
    later = replace(provider, adopted={})
    second, _ = run(later, {}, b"2")
    assert first == second
    later.delete(BUCKET, first, inputs, {})
    assert buckets(sandbox) == [first]
    replace(provider, adopted={}).delete(BUCKET, first, inputs, {})
    assert buckets(sandbox) == []


def test_another_state_is_another_stack(provider: AwsProvider, claims: Claims, sandbox: Sandbox) -> None:
    other = AwsProvider(provider.account, claims, ProviderConfig(), "stack-2")
    first, _ = run(provider, {}, b"1")
    second, _ = run(other, {}, b"2")
    assert first != second
    assert other.abandon({BUCKET: []}) == [second]


def test_what_was_made_for_nobody_is_taken_back(provider: AwsProvider, sandbox: Sandbox) -> None:
    checked = provider.check(BUCKET, {}, {}, b"1")
    answers = iter([True, False])
    provider.create(BUCKET, checked.inputs, wanted=lambda: next(answers))
    assert buckets(sandbox) == []


def test_what_comes_late_leaves_the_next_engines_resource_alone(provider: AwsProvider, sandbox: Sandbox) -> None:
    checked = provider.check(BUCKET, {}, {}, b"1")
    made = provider.create(BUCKET, checked.inputs)
    with pytest.raises(ProviderFailure, match="engine is gone"):
        provider.create(BUCKET, checked.inputs, wanted=lambda: False)
    with pytest.raises(ProviderFailure, match="engine is gone"):
        provider.delete(BUCKET, made.id, checked.inputs, made.outputs, wanted=lambda: False)
    assert buckets(sandbox) == [made.id]


def test_what_nobody_came_to_know_can_be_abandoned(provider: AwsProvider, sandbox: Sandbox) -> None:
    first, _ = run(provider, {}, b"1")
    assert provider.abandon({"urn:pulumi:kill::proj::aws:s3/bucket:Bucket::other": []}) == []
    assert provider.abandon({BUCKET: []}) == [first]
    assert buckets(sandbox) == []
    second, inputs = run(provider, {}, b"2")
    assert provider.abandon({BUCKET: [second]}) == []  # somebody did
    assert provider.abandon({BUCKET: []}) == []
    assert buckets(sandbox) == [second]
    provider.delete(BUCKET, second, inputs, {})


def test_what_is_abandoned_while_it_is_being_made_is_waited_for(provider: AwsProvider, claims: Claims) -> None:
    making, made = threading.Event(), []

    def make() -> None:
        with claims.held((provider.identity, BUCKET)):
            making.set()
            threading.Event().wait(0.05)
            made.append(run(provider, {}, b"1")[0])

    thread = threading.Thread(target=make)
    thread.start()
    making.wait(5)
    assert provider.abandon({BUCKET: []}) == made
    thread.join(5)


def test_a_late_repetition_takes_nothing_back_that_an_earlier_one_made(provider: AwsProvider, sandbox: Sandbox) -> None:
    checked = provider.check(BUCKET, {}, {}, b"1")
    made = provider.create(BUCKET, checked.inputs)
    answers = iter([True, False])
    provider.create(BUCKET, checked.inputs, wanted=lambda: next(answers))
    assert buckets(sandbox) == [made.id]


def test_claims_are_kept_where_the_account_is(provider: AwsProvider, sandbox: Sandbox) -> None:
    kept: dict[Any, Claim] = {}
    changes: list[int] = []
    before = replace(provider, claims=Claims(kept, lambda: changes.append(1)))
    first, _ = run(before, {}, b"1")
    assert changes == [1]
    after = replace(provider, claims=Claims(pickle.loads(pickle.dumps(kept))))
    second, _ = run(after, {}, b"2")
    assert second == first
    assert after.abandon({BUCKET: []}) == [first]


class Failing(Account):
    """An account in which one operation fails."""

    def __init__(self, endpoint_url: str, operation: str) -> None:
        super().__init__(endpoint_url)
        self.operation = operation

    def call(self, service: str, operation: str, params: Any, region: str = "us-east-1") -> Any:
        if operation == self.operation:
            raise AwsError(operation, "Broken", "on purpose")
        return super().call(service, operation, params, region)


def test_a_failure_after_the_creation_keeps_the_resource(sandbox: Sandbox, claims: Claims) -> None:
    broken = AwsProvider(Failing(sandbox.endpoint_url, "modify_vpc_attribute"), claims, ProviderConfig(), "stack-1")
    news = {"cidrBlock": "10.77.0.0/16", "enableDnsHostnames": True, "tags": {"t": "init"}}
    inputs = broken.check(VPC, {}, news, b"1").inputs
    with pytest.raises(InitFailure, match="on purpose") as failed:
        broken.create(VPC, inputs)
    assert failed.value.id.startswith("vpc-")
    assert failed.value.outputs["cidrBlock"] == "10.77.0.0/16"
    assert failed.value.inputs == inputs
    # The engine keeps it and updates with the same inputs on its next run: that must finish what is missing.
    whole = AwsProvider(account(sandbox.endpoint_url), claims, ProviderConfig(), "stack-1")
    whole.update(VPC, failed.value.id, inputs, failed.value.outputs, inputs)
    attribute = sandbox.client("ec2").describe_vpc_attribute(VpcId=failed.value.id, Attribute="enableDnsHostnames")
    assert attribute["EnableDnsHostnames"]["Value"] is True
    whole.delete(VPC, failed.value.id, inputs, {})


def test_a_failed_creation_leaves_nothing(sandbox: Sandbox, claims: Claims) -> None:
    broken = AwsProvider(Failing(sandbox.endpoint_url, "create_bucket"), claims, ProviderConfig(), "stack-1")
    with pytest.raises(ProviderFailure, match="creating aws:s3/bucket:Bucket: create_bucket: Broken: on purpose"):
        run(broken, {}, b"1")
    assert claims.get(("stack-1", BUCKET)) is None


def test_a_creation_waits_for_the_one_before_it() -> None:
    claims, key, order = Claims(), ("stack", BUCKET), []
    inside, go = threading.Event(), threading.Event()

    def first() -> None:
        with claims.held(key):
            inside.set()
            go.wait(5)
            order.append("first")

    def second() -> None:
        inside.wait(5)
        with claims.held(key):
            order.append("second")

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    inside.wait(5)
    go.set()
    for thread in threads:
        thread.join(5)
    assert order == ["first", "second"]


class Killed(RuleBasedStateMachine):
    """An engine that may be killed at any moment, against an account that is a set of ids.

    The model of the engine: its state holds at most one id for the URN. A kill loses what it was told last.
    """

    def __init__(self) -> None:
        super().__init__()
        self.claims, self.key = Claims(), ("stack", BUCKET)
        self.account: set[str] = set()
        self.state: str | None = None
        self.made = 0

    def create(self) -> str:
        claim = self.claims.get(self.key)
        if claim is not None and claim.id in self.account:
            return claim.id
        self.made += 1
        name = f"id-{self.made}"
        self.account.add(name)
        self.claims.made(self.key, Claim("t", "r", name, {}))
        return name

    def begin(self) -> None:
        """Every run shows what it knows before it creates."""
        if self.state is not None:
            self.claims.known(self.key, self.state)

    @rule(killed=st.booleans())
    def up(self, killed: bool) -> None:
        self.begin()
        if self.state is None:
            name = self.create()
            self.state = None if killed else name

    @rule(moment=st.sampled_from(["before", "between", "never"]))
    @precondition(lambda self: self.state is not None)
    def replace(self, moment: str) -> None:
        self.begin()
        old = self.state
        name = self.create()
        assert name != old
        if moment == "before":
            return
        self.state = name
        if moment == "never":
            self.claims.known(self.key, str(old))
        self.account.discard(str(old))  # after a kill the engine still has the old one to delete

    @rule()
    @precondition(lambda self: self.state is not None)
    def destroy(self) -> None:
        self.begin()
        self.account.discard(str(self.state))
        self.state = None

    @invariant()
    def no_orphan_but_the_one_that_is_claimed(self) -> None:
        claim = self.claims.get(self.key)
        known = {self.state, claim.id if claim is not None else None}
        assert self.account <= known


def test_no_sequence_of_kills_leaves_an_orphan() -> None:
    run_state_machine_as_test(
        Killed, settings=settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)
    )
