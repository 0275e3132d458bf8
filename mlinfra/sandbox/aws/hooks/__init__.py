"""The hooks by the names that the type table uses."""

from typing import Final

from mlinfra.sandbox.aws.hooks import compute, functions, identity, instances, messaging, network, settings, storage
from mlinfra.sandbox.aws.hooks.base import Hook

HOOKS: Final[dict[str, Hook]] = {
    "": Hook(),
    "bucket": storage.Bucket(),
    "bucket_object": storage.BucketObject(),
    "cluster": compute.Cluster(),
    "compute_environment": compute.ComputeEnvironment(),
    "dhcp_options": network.DhcpOptions(),
    "event_invoke_config": functions.EventInvokeConfig(),
    "flow_log": network.FlowLog(),
    "function": functions.Function(),
    "image_block": instances.ImageBlock(),
    "instance": instances.Instance(),
    "job_definition": compute.MonitoringJob(),
    "job_queue": compute.JobQueue(),
    "key": storage.Key(),
    "launch_template": instances.LaunchTemplate(),
    "layer": functions.LayerVersion(),
    "main_route_table": network.MainRouteTable(),
    "many_rules": network.ManyRules(),
    "metric_filter": settings.MetricFilter(),
    "network_acl": network.NetworkAcl(),
    "network_acl_rule": network.NetworkAclRule(),
    "node_group": compute.NodeGroup(),
    "notebook": compute.NotebookInstance(),
    "parameter": settings.Parameter(),
    "peering": instances.Peering(),
    "permission": functions.Permission(),
    "policy": identity.Policy(),
    "prefix_list": instances.PrefixList(),
    "queue": messaging.Queue(),
    "role": identity.Role(),
    "route": network.Route(),
    "route_table": network.RouteTable(),
    "route_table_association": network.RouteTableAssociation(),
    "secret": settings.Secret(),
    "security_group": network.SecurityGroup(),
    "single_rule": network.SingleRule(),
    "subscription": messaging.Subscription(),
    "topic": messaging.Topic(),
    "user": identity.User(),
    "vpc_endpoint": network.VpcEndpoint(),
}
