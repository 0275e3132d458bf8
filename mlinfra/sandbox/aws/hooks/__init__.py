"""The hooks by the names that the type table uses."""

from typing import Final

from mlinfra.sandbox.aws.hooks import compute, identity, messaging, network, settings, storage
from mlinfra.sandbox.aws.hooks.base import Hook

HOOKS: Final[dict[str, Hook]] = {
    "": Hook(),
    "bucket": storage.Bucket(),
    "bucket_object": storage.BucketObject(),
    "cluster": compute.Cluster(),
    "dhcp_options": network.DhcpOptions(),
    "flow_log": network.FlowLog(),
    "key": storage.Key(),
    "main_route_table": network.MainRouteTable(),
    "many_rules": network.ManyRules(),
    "metric_filter": settings.MetricFilter(),
    "network_acl": network.NetworkAcl(),
    "network_acl_rule": network.NetworkAclRule(),
    "node_group": compute.NodeGroup(),
    "parameter": settings.Parameter(),
    "policy": identity.Policy(),
    "queue": messaging.Queue(),
    "role": identity.Role(),
    "route": network.Route(),
    "route_table": network.RouteTable(),
    "route_table_association": network.RouteTableAssociation(),
    "security_group": network.SecurityGroup(),
    "secret": settings.Secret(),
    "single_rule": network.SingleRule(),
    "subscription": messaging.Subscription(),
    "topic": messaging.Topic(),
    "user": identity.User(),
    "vpc_endpoint": network.VpcEndpoint(),
}
