"""Hooks of load balancers and their target groups, most of whose settings are attributes with names of their own."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.sandbox.aws.resource import Resource

APPLICATION: Final = {
    "clientKeepAlive": "client_keep_alive.seconds",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "enableHttp2": "routing.http2.enabled",
    "enableTlsVersionAndCipherSuiteHeaders": "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
    "enableWafFailOpen": "waf.fail_open.enabled",
    "enableXffClientPort": "routing.http.xff_client_port.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
    "preserveHostHeader": "routing.http.preserve_host_header.enabled",
    "xffHeaderProcessingMode": "routing.http.xff_header_processing.mode",
}
ALL: Final = {
    "enableDeletionProtection": "deletion_protection.enabled",
    "enableZonalShift": "zonal_shift.config.enabled",
}
OTHERS: Final = {
    "dnsRecordClientRoutingPolicy": "dns_record.client_routing_policy",
    "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
}
LOGS: Final = {"accessLogs": "access_logs.s3", "connectionLogs": "connection_logs.s3"}


CHECK: Final = {
    "enabled": "HealthCheckEnabled",
    "healthyThreshold": "HealthyThresholdCount",
    "interval": "HealthCheckIntervalSeconds",
    "matcher": "Matcher",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "timeout": "HealthCheckTimeoutSeconds",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}


class _Attributes(Hook):
    """Settings are sent, and read, as a list of keys and values."""

    what: ClassVar[str]

    def names(self, resource: Resource) -> dict[str, str]:
        """The attributes that this kind has, by their properties."""
        raise NotImplementedError

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == f"modify_{self.what}_attributes":
            params["Attributes"] = self._attributes(resource)
        return params

    def _attributes(self, resource: Resource) -> list[dict[str, str]]:
        names = self.names(resource)
        values = {key: resource.inputs[name] for name, key in names.items() if resource.inputs.get(name) is not None}
        return [{"Key": key, "Value": _text(value)} for key, value in values.items()]

    def learned(self, resource: Resource, data: Any) -> None:
        if resource.id and f"{_camel(self.what)}Arn" in data:
            arn = {f"{_camel(self.what)}Arn": resource.id}
            answer = resource.call(f"describe_{self.what}_attributes", arn)["Attributes"]
            self._told(resource, {one["Key"]: one["Value"] for one in answer})

    def _told(self, resource: Resource, told: Mapping[str, str]) -> None:
        for name, key in self.names(resource).items():
            if key in told:
                schema = resource.kind.schema.inputs[name]
                resource.outputs[name] = _value(schema, told[key])


class LoadBalancer(_Attributes):
    """A load balancer's attributes differ by its type; logs are attributes too."""

    what = "load_balancer"

    def names(self, resource: Resource) -> dict[str, str]:
        kind = resource.inputs.get("loadBalancerType") or resource.outputs.get("loadBalancerType", "application")
        return ALL | (APPLICATION if kind == "application" else OTHERS)

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "create_load_balancer":
            params["Scheme"] = "internal" if resource.inputs.get("internal") else "internet-facing"
            resource.used.add("internal")
        return super().params(resource, op, params)

    def _attributes(self, resource: Resource) -> list[dict[str, str]]:
        found = super()._attributes(resource)
        for name, key in LOGS.items():
            logs: Mapping[str, Any] = resource.inputs.get(name) or {}
            if logs or resource.outputs.get(name):
                found.append({"Key": f"{key}.enabled", "Value": _text(logs.get("enabled", False))})
                given = [one for one in ("bucket", "prefix") if logs.get(one)]
                found += [{"Key": f"{key}.{one}", "Value": logs[one]} for one in given]
        return found

    def _told(self, resource: Resource, told: Mapping[str, str]) -> None:
        super()._told(resource, told)
        resource.outputs["arnSuffix"] = resource.id.partition(":loadbalancer/")[2]
        for name, key in LOGS.items():
            if told.get(f"{key}.bucket") and told.get(f"{key}.enabled") == "true":
                logs = {"bucket": told[f"{key}.bucket"], "enabled": True}
                resource.outputs[name] = logs | ({"prefix": told[f"{key}.prefix"]} if told.get(f"{key}.prefix") else {})
            else:
                resource.outputs.pop(name, None)


class TargetGroup(_Attributes):
    """A target group's stickiness is three attributes."""

    what = "target_group"

    def names(self, resource: Resource) -> dict[str, str]:
        names = {"deregistrationDelay": "deregistration_delay.timeout_seconds"}
        protocol = resource.inputs.get("protocol") or resource.outputs.get("protocol")
        if protocol in ("HTTP", "HTTPS"):
            return names | {
                "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
                "slowStart": "slow_start.duration_seconds",
            }
        return names

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op in ("create_target_group", "modify_target_group"):
            check = resource.inputs.get("healthCheck") or {}
            for name, member in CHECK.items():
                if check.get(name) not in (None, ""):
                    whole = {"Matcher": {"HttpCode": str(check[name])}} if name == "matcher" else {member: check[name]}
                    params |= whole
            resource.used.add("healthCheck")
        return super().params(resource, op, params)

    def _attributes(self, resource: Resource) -> list[dict[str, str]]:
        found = super()._attributes(resource)
        if sticky := resource.inputs.get("stickiness"):
            found.append({"Key": "stickiness.enabled", "Value": _text(sticky.get("enabled", True))})
            found.append({"Key": "stickiness.type", "Value": sticky["type"]})
            if sticky.get("cookieDuration"):
                seconds = _text(sticky["cookieDuration"])
                found.append({"Key": f"stickiness.{sticky['type']}.duration_seconds", "Value": seconds})
        return found

    def learned(self, resource: Resource, data: Any) -> None:
        super().learned(resource, data)
        found = {name: data[member] for name, member in CHECK.items() if data.get(member) is not None}
        if "matcher" in found:
            found["matcher"] = found["matcher"].get("HttpCode")
        if found:
            resource.outputs["healthCheck"] = {name: value for name, value in found.items() if value is not None}

    def _told(self, resource: Resource, told: Mapping[str, str]) -> None:
        super()._told(resource, told)
        resource.outputs["arnSuffix"] = "targetgroup/" + resource.id.partition(":targetgroup/")[2]
        if "stickiness.type" in told:
            kind = told["stickiness.type"]
            sticky: dict[str, Any] = {"type": kind, "enabled": told.get("stickiness.enabled") == "true"}
            seconds = told.get(f"stickiness.{kind}.duration_seconds")
            resource.outputs["stickiness"] = sticky | ({"cookieDuration": int(seconds)} if seconds else {})


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(int(value) if isinstance(value, float) else value)


def _value(schema: Any, text: str) -> Any:
    return text == "true" if schema == "bool" else int(text) if schema == "int" else text
