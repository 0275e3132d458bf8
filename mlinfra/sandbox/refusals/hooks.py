"""Where the checks meet boto3: events on a session, so that every client made from it is covered."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore.awsrequest import AWSResponse

from mlinfra.sandbox.refusals.account import Account, ClientFactory, UnknownError
from mlinfra.sandbox.refusals.call import Call, Check, Refused
from mlinfra.sandbox.refusals.limits import within_limits
from mlinfra.sandbox.refusals.memory import Memory
from mlinfra.sandbox.refusals.policies.document import MalformedError
from mlinfra.sandbox.refusals.quotas import Quotas
from mlinfra.sandbox.refusals.registry import checks_of

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)
READING: Final = (
    "Describe",
    "Get",
    "List",
    "Head",
    "BatchGet",
    "Search",
    "Lookup",
    "Query",
    "Scan",
    "Simulate",
    "Select",
)
PARAMS: Final = "mlinfra.refusals.params"


def install(session: Any, client: ClientFactory, *, quotas: Mapping[str, int] | None = None) -> None:
    """Check each mutating call of clients that `session` makes from now on.

    `client(service, region)` gives the clients that checks read the account with; make them from `session` too.
    `quotas` replaces default service quotas by name (see `quotas.toml`), for an account that has been given more.
    """
    hooks = _Hooks(client, Quotas.load(quotas or {}))
    session.events.register_first("before-parameter-build", hooks.keep)
    session.events.register_first("before-call", hooks.check)
    session.events.register("after-call", hooks.learn)


class _Hooks:
    def __init__(self, clients: ClientFactory, quotas: Quotas) -> None:
        self._clients = clients
        self._quotas = quotas
        self._memory = Memory()

    def keep(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        """Keep the parameters as the caller gave them; later events only have the HTTP request."""
        context[PARAMS] = dict(params)

    def check(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        """Answer in the server's place when the call would be refused. botocore has already checked the types."""
        if model.name.startswith(READING) or PARAMS not in context:
            return None
        service = model.service_model.service_name
        account = Account(self._clients, context["client_region"], self._memory)
        call = Call(service, model.name, context[PARAMS], account, self._quotas)
        try:
            within_limits(service, model, call.params)
            for check in checks_of(service, model.name):
                _run(check, call)
        except Refused as refused:
            return _response(refused)
        return None

    def learn(self, model: Any, http_response: Any, parsed: Any, context: dict[str, Any], **_: Any) -> None:
        """Take in what a successful change tells of the account."""
        if http_response.status_code < HTTPStatus.MULTIPLE_CHOICES and not model.name.startswith(READING):
            service = model.service_model.service_name
            self._memory.notice(service, context["client_region"], model.name, context.get(PARAMS, {}), parsed)


def _run(check: Check, call: Call) -> None:
    """Make a check. What the account cannot tell is not refused, and neither is what it tells in an unforeseen form."""
    try:
        check(call)
    except (UnknownError, MalformedError):
        return
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        log.warning("%s.%s was not checked by %s", call.service, call.operation, check, exc_info=True)


def _response(refused: Refused) -> tuple[AWSResponse, dict[str, Any]]:
    metadata = {
        "HTTPStatusCode": refused.status,
        "RefusedBy": "mlinfra",
        "Transient": refused.transient,
        "HTTPHeaders": {},
        "RetryAttempts": 0,
    }
    error = {"Code": refused.code, "Message": refused.message}
    return AWSResponse("", refused.status, {}, None), {"Error": error, "ResponseMetadata": metadata}
