"""What does not go together in a place to train. Pure; raises Invalid."""

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from mlinfra.catalog.compatibility_check import Chosen, Problem, check
from mlinfra.components.pools.reference import PoolReference
from mlinfra.components.problems import Invalid
from mlinfra.components.releases import pinned
from mlinfra.components.training.shares import offer, types


def pools(value: Sequence[PoolReference]) -> Sequence[PoolReference]:
    """Pools that a queue can count: each called once, of known instance types, their accelerators given by amounts."""
    if not value:
        raise Invalid("there is nothing to train on", fix="name node pools of the cluster")
    names = [pool.name for pool in value]
    if again := sorted({name for name in names if names.count(name) > 1}):
        raise Invalid(f"two pools are called {', '.join(again)}", fix="name every pool once")
    for pool in value:
        if len(types(pool)) < len(pool.instance_types) or not pool.instance_types:
            unknown = [name for name in pool.instance_types if name not in {kind.name for kind in types(pool)}]
            reason = f"the catalogue does not know {', '.join(unknown) or 'the instance types'} of pool {pool.name}"
            raise Invalid(reason, fix="use instance types that `mlinfra catalog` lists")
        if pool.dra:
            reason = f"the queue counts GPUs by amounts, and in pool {pool.name} pods get them by claims"
            raise Invalid(reason, fix="leave dra out for the pool")
    return value


def networks(value: Sequence[str]) -> Sequence[str]:
    """Networks by their addresses, and not the whole world."""
    for cidr in value:
        try:
            network = ipaddress.ip_network(cidr)
        except ValueError as error:
            raise Invalid(str(error), fix="give networks such as 10.0.0.0/16") from None
        if network.prefixlen == 0:
            reason = "with the whole world every job could send data anywhere"
            raise Invalid(reason, fix="name the VPC's network, which has endpoints of AWS's services")
    return value


def installed(charts: Sequence[str], named: Mapping[str, str], argument: str) -> None:
    """Refuses what is said of charts that are not installed."""
    if idle := sorted(named.keys() - set(charts)):
        raise Invalid(f"{', '.join(idle)} is not installed", fix="leave it out", argument=argument)


def go_together(kubernetes: str, charts: Sequence[str], versions: Mapping[str, str]) -> None:
    """Refuses versions of operators that do not work together, or not with this Kubernetes."""
    installed(charts, versions, "versions")
    chosen = Chosen(kubernetes, {chart: pinned(chart, versions).version for chart in charts})
    for finding in check(chosen, date.today()):  # noqa: DTZ011 - what does not fit together does not depend on the day
        if finding.problem is Problem.INCOMPATIBLE:
            raise Invalid(f"{finding.message} ({finding.source})", fix=finding.fix, argument="versions")


def shares(pools: Sequence[PoolReference], teams: Mapping[str, Any]) -> None:
    """Refuses shares of pools that are not there, counted in what they do not have, or of more than they can have."""
    known = {pool.name: pool for pool in pools}
    for team, wanted in teams.items():
        for name, share in wanted.shares.items():
            if name not in known:
                reason = f"{team} has a share of the pool {name!r}, which is not there"
                raise Invalid(reason, fix=f"use {', '.join(known)}, or name it in pools", argument="teams")
            pool = known[name]
            if share.accelerators is not None and not pool.devices.get(pool.resource):
                reason = f"{team} has accelerators of pool {name}, which gives no whole ones"
                raise Invalid(reason, fix="count the share in nodes", argument="teams")
    for pool in pools:
        whole = offer(pool)
        given = {team: wanted.shares[pool.name] for team, wanted in teams.items() if pool.name in wanted.shares}
        total = sum(whole.nodes(share, share.amount) for share in given.values())
        if total > pool.max_nodes:
            has = f"{pool.max_nodes} nodes"
            if per := pool.devices.get(pool.resource):
                has += f" of {per} accelerators"
            reason = f"{', '.join(given)} have {float(total):g} nodes of pool {pool.name} together, which has {has}"
            raise Invalid(reason, fix="give less, or let one borrow what another does not use", argument="teams")


def stores(known: Mapping[str, Any], teams: Mapping[str, Any]) -> None:
    """Refuses stores that are not there, and file systems in which one team's files would be another's."""
    for team, wanted in teams.items():
        for argument, names in (
            ("datasets", wanted.datasets),
            ("checkpoints", [wanted.checkpoints] if wanted.checkpoints else []),
            ("outputs", [wanted.outputs] if wanted.outputs else []),
        ):
            for name in names:
                if name not in known:
                    fix = f"use {', '.join(known)}" if known else "describe it in stores"
                    raise Invalid(f"{team} has {argument} in {name!r}, which is no store", fix=fix, argument="teams")
    for name, store in known.items():
        users = [
            team for team, wanted in teams.items() if name in (*wanted.datasets, wanted.checkpoints, wanted.outputs)
        ]
        writers = [team for team, wanted in teams.items() if name in (wanted.checkpoints, wanted.outputs)]
        if store.lustre and writers and len(users) > 1:
            others = ", ".join(team for team in users if team != writers[0])
            reason = f"{writers[0]} writes to the file system {name!r}, and {others} would read all of it"
            fix = "give the team a file system of its own, or use a bucket, of which each gets a folder"
            raise Invalid(reason, fix=fix, argument="stores")
