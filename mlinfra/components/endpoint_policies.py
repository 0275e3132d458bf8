"""The policies of VPC endpoints: the account's principals, its own resources, and the exemptions of the catalog."""

import pulumi

from mlinfra.catalog.endpoints import Endpoint, Exemption
from mlinfra.components.account import Account
from mlinfra.components.documents import EVERYONE, Condition, Document, Statement, equals


def endpoint_policy(endpoint: Endpoint, account: Account) -> Document:
    """What may pass the endpoint: nobody else's credentials, and nobody else's resources where the service allows."""
    conditions = [_own_principals(account)]
    if endpoint.own:
        conditions.append(equals("aws:ResourceAccount", account.id))
    general = Statement(sid="OwnAccount", principals=EVERYONE, actions=["*"], resources=["*"], conditions=conditions)
    return Document([general, *(_exemption(exemption, account) for exemption in endpoint.also)])


def _own_principals(account: Account) -> Condition:
    return equals("aws:PrincipalAccount", account.id)


def _exemption(exemption: Exemption, account: Account) -> Statement:
    return Statement(
        sid=exemption.sid,
        principals=EVERYONE,
        actions=exemption.actions,
        resources=[_filled(resource, account) for resource in exemption.resources],
        conditions=[] if exemption.anonymous else [_own_principals(account)],
    )


def _filled(template: str, account: Account) -> pulumi.Output[str]:
    known = template.replace("{partition}", account.partition).replace("{region}", account.region)
    before, found, after = known.partition("{account}")
    return pulumi.Output.concat(before, account.id, after) if found else pulumi.Output.from_input(known)
