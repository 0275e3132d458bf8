"""The analyzer that Pulumi's engine talks to: it lists the rules, takes in resources, and reports what is wrong.

Every rule is a policy of its own to the engine, with severity, framework and configuration, and yet the resources are
read once: each alone as it is registered, and all together at the end of the preview.
"""

from __future__ import annotations

import sys
from concurrent import futures
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf import empty_pb2

from mlinfra import __version__
from mlinfra.compliance import frameworks
from mlinfra.compliance.check import run
from mlinfra.compliance.report import Status
from mlinfra.compliance.rule import STACK, Rule, Severity
from mlinfra.engine.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2
from mlinfra.errors import MlinfraError
from mlinfra.policies.registry import RULES
from mlinfra.policypack.resources import Declared
from mlinfra.policypack.settings import EVIDENCE, SETTINGS, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlinfra.compliance.report import Finding
    from mlinfra.compliance.waivers import Waiver
    from mlinfra.policypack.evidence import Judgement

NAME: Final = "mlinfra"
_SEVERITIES: Final = {
    Severity.LOW: analyzer_pb2.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: analyzer_pb2.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}
_DEFAULT_LEVEL: Final = (
    analyzer_pb2.MANDATORY
)  # as `mlinfra check`, which fails for every severity unless told otherwise
_MESSAGE_BYTES: Final = 400 * 1024 * 1024  # as Pulumi's own servers and clients


def serve(rules: Sequence[Rule] = RULES) -> None:
    """Serve the rules until the engine ends this process; the port is the first line of the output, as Pulumi expects."""
    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1), options=options)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Pack(rules), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(0)


class Pack(analyzer_pb2_grpc.AnalyzerServicer):
    """The rules as policies."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._settings = Settings()
        self._levels: dict[str, analyzer_pb2.EnforcementLevel.ValueType] = {}
        self._declared = Declared()
        self._dry_run = True
        self._said: set[tuple[str, str]] = set()
        self._waivers: tuple[Waiver, ...] = ()
        self._evidence: Judgement | None = None

    def Handshake(
        self, request: analyzer_pb2.AnalyzerHandshakeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerHandshakeResponse:
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=__version__)

    def GetAnalyzerInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> analyzer_pb2.AnalyzerInfo:
        return analyzer_pb2.AnalyzerInfo(
            name=NAME,
            displayName="mlinfra",
            description="Security and compliance of ML platforms on AWS and Kubernetes",
            version=__version__,
            supportsConfig=True,
            policies=[SETTINGS, EVIDENCE, *map(_policy, self._rules.values())],
        )

    def Configure(
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        self._levels = {name: config.enforcementLevel for name, config in request.policyConfig.items()}
        given = request.policyConfig.get(SETTINGS.name)
        try:
            self._settings.configure(given.properties if given else None)
        except MlinfraError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        self._read_files(context)
        return empty_pb2.Empty()

    def ConfigureStack(
        self, request: analyzer_pb2.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerStackConfigureResponse:
        self._declared, self._said, self._dry_run = Declared(), set(), request.dry_run
        self._declared.project, self._declared.stack = request.project, request.stack
        try:
            self._settings.stack_configuration(request.project, dict(request.config))
        except MlinfraError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        self._read_files(context)
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Analyze(
        self, request: analyzer_pb2.AnalyzeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        graph = self._declared.add(request)
        # A waiver may be declared after what it is about, so that only what cannot be waived is refused here and now.
        report = run(
            graph,
            rules=[rule for rule in self._rules.values() if not rule.waivable],
            profile=self._settings.profile,
            today=_today(),
            alone=request.urn,
        )
        answer = self._answer(report.findings)
        if self._evidence is not None and not self._dry_run and self._evidence.refusal:
            answer.diagnostics.append(_without_evidence(self._evidence.refusal, request.urn))
        return answer

    def AnalyzeStack(
        self, request: analyzer_pb2.AnalyzeStackRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        report = run(
            self._declared.whole(request.resources),
            rules=self._rules.values(),
            profile=self._settings.profile,
            waivers=self._waivers,
            today=_today(),
            regions=self._settings.regions,
        )
        answer = self._answer(report.findings)
        refusal = self._refused([resource.urn for resource in request.resources if _declared(resource.type)])
        if refusal:
            answer.diagnostics.append(_without_evidence(refusal))
        for notice in report.notices:
            answer.diagnostics.append(
                _diagnostic(SETTINGS.name, SETTINGS.description, f"{notice.text}\nfix: {notice.fix}")
            )
        return answer

    def Remediate(self, request: Any, context: grpc.ServicerContext) -> analyzer_pb2.RemediateResponse:
        return analyzer_pb2.RemediateResponse()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def _read_files(self, context: grpc.ServicerContext) -> None:
        """Read what the settings name. The engine tells the stack first and the settings after it; both are needed."""
        if not self._declared.stack:
            return
        try:
            self._waivers, evidence = self._settings.waivers(), self._settings.evidence()
        except MlinfraError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        self._evidence = evidence.files(self._declared.stack) if evidence is not None else None

    def _refused(self, urns: list[str]) -> str:
        """Why the evidence does not hold for these resources, if it is asked for."""
        if self._evidence is None:
            return ""
        return self._evidence.declared(self._declared.project, self._declared.stack, urns)

    def _answer(self, findings: Iterable[Finding]) -> analyzer_pb2.AnalyzeResponse:
        """What is to be said of findings that nobody answers for, each once."""
        answer = analyzer_pb2.AnalyzeResponse()
        for finding in findings:
            key, level = (finding.rule.id, finding.resource.urn), self._enforcement(finding)
            if finding.status is Status.WAIVED or key in self._said or level == analyzer_pb2.DISABLED:
                continue
            self._said.add(key)
            urn = "" if finding.resource.type == STACK else finding.resource.urn
            severity = _SEVERITIES[finding.rule.severity]
            answer.diagnostics.append(
                _diagnostic(
                    finding.rule.id, finding.rule.title, _message(finding), level=level, urn=urn, severity=severity
                )
            )
        return answer

    def _enforcement(self, finding: Finding) -> analyzer_pb2.EnforcementLevel.ValueType:
        """What is not known in a preview is told, and refused only where the user wants that."""
        level = self._levels.get(finding.rule.id, _DEFAULT_LEVEL)
        level = analyzer_pb2.MANDATORY if level == analyzer_pb2.REMEDIATE else level
        if finding.status is Status.UNDETERMINED and level != analyzer_pb2.DISABLED:
            closed = self._settings.fail_closed or not self._dry_run
            return level if closed and finding.blocks(Severity.LOW) else analyzer_pb2.ADVISORY
        return level


def _diagnostic(
    policy: str,
    description: str,
    message: str,
    *,
    level: Any = analyzer_pb2.ADVISORY,
    urn: str = "",
    severity: Any = None,
) -> analyzer_pb2.AnalyzeDiagnostic:
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=policy,
        policyPackName=NAME,
        policyPackVersion=__version__,
        description=description,
        message=f"{description}\n{message}",
        enforcementLevel=level,
        urn=urn,
        severity=severity,
    )


def _without_evidence(refusal: str, urn: str = "") -> analyzer_pb2.AnalyzeDiagnostic:
    severity = analyzer_pb2.POLICY_SEVERITY_CRITICAL
    return _diagnostic(
        EVIDENCE.name, EVIDENCE.description, refusal, level=analyzer_pb2.MANDATORY, urn=urn, severity=severity
    )


def _declared(kind: str) -> bool:
    return not kind.startswith("pulumi:")


def _today() -> date:
    return datetime.now(UTC).date()


def _message(finding: Finding) -> str:
    lines = [f"- {step.evidence}" for step in finding.steps]
    if finding.status is Status.UNDETERMINED:
        lines.append("not known in this preview; `mlinfra check` plans with realistic values and can tell")
    if finding.error:
        lines.append(f"the rule broke: {finding.error}")
    return "\n".join([*lines, f"fix: {finding.fix}"])


def _policy(rule: Rule) -> analyzer_pb2.PolicyInfo:
    """A rule as the engine lists it. A policy has one framework to Pulumi; every control is a tag."""
    controls = frameworks.controls_of(rule.id)
    info = analyzer_pb2.PolicyInfo(
        name=rule.id,
        displayName=rule.title,
        description=rule.title,
        message=rule.rationale,
        enforcementLevel=_DEFAULT_LEVEL,
        policy_type=analyzer_pb2.POLICY_TYPE_STACK,
        severity=_SEVERITIES[rule.severity],
        tags=[f"{one.framework}:{one.id}" for one in controls],
        remediation_steps=rule.fix,
    )
    if controls:
        first = frameworks.frameworks()[controls[0].framework]
        ids = ", ".join(one.id for one in controls if one.framework == first.id)
        framework = analyzer_pb2.PolicyComplianceFramework(
            name=first.title, version=first.version, reference=first.source, specification=ids
        )
        info.framework.CopyFrom(framework)
    return info
