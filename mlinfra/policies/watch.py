"""Rules about what watches an account beyond being switched on, and about what its networks and logs leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, any_of, only_if
from mlinfra.policies.account import EVENT_RULE, EVENT_TARGET, FINDINGS
from mlinfra.policies.audit import ALARM
from mlinfra.policies.detection import CHANNEL, FEATURE, HUB, STANDARD
from mlinfra.policies.iam import PASSWORD_POLICY
from mlinfra.policies.openings import GROUP, INGRESS, RULE, WITH_INGRESS, egress, ingress, is_world, none_of
from mlinfra.policies.references import names_a_key
from mlinfra.policies.s3 import BUCKETS, LIFECYCLE, takes_access_logs, takes_audit_logs

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value
    from mlinfra.policies.openings import Opening

TOPIC: Final = "aws:sns/topic:Topic"
SUBSCRIPTION: Final = "aws:sns/topicSubscription:TopicSubscription"
VPC: Final = "aws:ec2/vpc:Vpc"
ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
DEFAULT_ACL: Final = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
DEFAULT_ROUTES: Final = "aws:ec2/defaultRouteTable:DefaultRouteTable"
LUSTRE: Final = "aws:fsx/lustreFileSystem:LustreFileSystem"
DNS_GROUP: Final = "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup"
DNS_RULE: Final = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
DNS_CONFIG: Final = "aws:route53/resolverFirewallConfig:ResolverFirewallConfig"
DNS_ASSOCIATION: Final = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
BEST_PRACTICES: Final = r".*/aws-foundational-security-best-practices/.*"
LONGEST_AGE: Final = 90  # days
LEAST_VERSION_DAYS: Final = 7
SHELLS: Final = (22, 3389)


@rule(
    "iam-password-age",
    title="Passwords end after 90 days, and their owners can change them",
    severity=Severity.LOW,
    types=(PASSWORD_POLICY,),
    fix="aws.iam.AccountPasswordPolicy(name, max_password_age=90, allow_users_to_change_password=True)",
    profiles=STRICT,
)
def iam_password_age(policy: Resource) -> Truth:
    """PCI DSS asks for it; who cannot change a password keeps the one that somebody else gave them."""
    age = policy["maxPasswordAge"].at_least(1) & policy["maxPasswordAge"].at_most(LONGEST_AGE)
    return policy["allowUsersToChangePassword"].is_true() & age


@rule(
    "guardduty-agents",
    title="GuardDuty brings its agents to clusters, tasks and instances",
    severity=Severity.LOW,
    types=(FEATURE,),
    fix='additional_configurations=[{"name": "EKS_ADDON_MANAGEMENT", "status": "ENABLED"}, …]',
    profiles=STRICT,
)
def guardduty_agents(feature: Resource) -> Truth:
    """Runtime monitoring without agents sees nothing, and shows as enabled all the same."""
    agents = feature["additionalConfigurations"]
    every = agents.every(lambda one: one["status"].is_("ENABLED"))
    return only_if(feature["name"].is_("RUNTIME_MONITORING"), agents.present() & every)


@rule(
    "security-hub-controls",
    title="Security Hub checks the best practices of AWS, new ones by itself",
    severity=Severity.LOW,
    types=(HUB,),
    fix="aws.securityhub.Account(name, auto_enable_controls=True)",
)
def security_hub_controls(hub: Resource) -> Truth:
    """Standards grow; a control that nobody enabled looks like one that passed."""
    own = hub.graph.of(STANDARD).any(lambda one: one["standardsArn"].matches(BEST_PRACTICES, "best practices of AWS"))
    return hub["autoEnableControls"].is_true() & (own | hub["enableDefaultStandards"].is_true())


@rule(
    "config-delivery-kms",
    title="AWS Config delivers under a key of the organisation's own",
    severity=Severity.LOW,
    types=(CHANNEL,),
    fix="aws.cfg.DeliveryChannel(name, s3_bucket_name=bucket.id, s3_kms_key_arn=key.arn)",
    profiles=STRICT,
)
def config_delivery_kms(channel: Resource) -> Truth:
    """The history of every setting is a map of the account."""
    return names_a_key(channel["s3KmsKeyArn"])


@rule(
    "findings-rule-wired",
    title="Rules about findings are enabled, and tell somebody",
    severity=Severity.LOW,
    types=(EVENT_RULE,),
    fix='aws.cloudwatch.EventRule(name, state="ENABLED", …) with an aws.cloudwatch.EventTarget',
)
def findings_rule_wired(events: Resource) -> Truth:
    """Somebody wanted to hear of these findings; a rule without a target, or one that is off, looks as if they did."""
    wired = ~events["state"].is_("DISABLED") & events.attached(EVENT_TARGET, at="rule").exist()
    return only_if(events["eventPattern"].matches(FINDINGS, "findings"), wired)


@rule(
    "alarms-subscribed",
    title="Topics of alarms have somebody who listens",
    severity=Severity.LOW,
    types=(TOPIC,),
    arguments={"mlinfra:audit_alarms:AuditAlarms": "emails"},
    fix='aws.sns.TopicSubscription(name, topic=topic.arn, protocol="email", endpoint=…)',
)
def alarms_subscribed(topic: Resource) -> Truth:
    """An alarm that is published to nobody rings for nobody."""
    rings = topic.attached(ALARM, at="alarmActions").exist()
    return only_if(rings, topic.attached(SUBSCRIPTION, at="topic").exist())


@rule(
    "s3-versions-kept",
    title="Former versions of objects are kept for a week or longer",
    severity=Severity.LOW,
    types=LIFECYCLE,
    fix='"noncurrent_version_expiration": {"noncurrent_days": 90}',
)
def s3_versions_kept(lifecycle: Resource) -> Truth:
    """What was overwritten on a Friday is asked for on the Monday after."""
    return lifecycle["rules"].every(
        lambda one: only_if(
            one["noncurrentVersionExpiration"].present(),
            one["noncurrentVersionExpiration.noncurrentDays"].at_least(LEAST_VERSION_DAYS),
        )
    )


@rule(
    "vpc-defaults-adopted",
    title="The default network ACL and route table of a VPC are adopted, and closed",
    severity=Severity.LOW,
    types=(VPC,),
    fix="aws.ec2.DefaultNetworkAcl(name, default_network_acl_id=vpc.default_network_acl_id) without rules, "
    "aws.ec2.DefaultRouteTable(name, default_route_table_id=vpc.default_route_table_id, routes=[])",
    profiles=STRICT,
)
def vpc_defaults_adopted(vpc: Resource) -> Truth:
    """A subnet that somebody adds and associates with nothing gets both, and the ACL lets everything through."""
    adopted = (
        vpc.attached(DEFAULT_ACL, at="defaultNetworkAclId").exist(),
        vpc.attached(DEFAULT_ROUTES, at="defaultRouteTableId").exist(),
    )
    return all_of(adopted)


@rule(
    "sg-range-with-shells",
    title="Ranges of ports leave out those of remote shells",
    severity=Severity.LOW,
    types=(*WITH_INGRESS, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"),
    fix="one rule for each port that is needed",
)
def sg_range_with_shells(resource: Resource) -> Truth:
    """A range from 1 on opens SSH and everything else below, for the sake of one service at its end."""

    def with_shell(one: Opening) -> Truth:
        several = any_of(
            one.first.at_most(port) & one.last.at_least(port) & (~one.first.is_(port) | ~one.last.is_(port))
            for port in SHELLS
        )
        return ~one.everything() & several

    if resource.type not in (GROUP, RULE, INGRESS):
        return none_of(egress(resource), with_shell)
    return none_of(ingress(resource), with_shell)


@rule(
    "endpoint-groups-closed",
    title="Interface endpoints have security groups of their own, closed to the internet",
    severity=Severity.LOW,
    types=(ENDPOINT,),
    fix="aws.ec2.VpcEndpoint(name, security_group_ids=[group.id], private_dns_enabled=True, …)",
)
def endpoint_groups_closed(endpoint: Resource) -> Truth:
    """An endpoint is a door into AWS's services: it is for the network it stands in.

    Without private names clients go round it, through NAT.
    """

    def closed(group: Resource) -> Truth:
        rules = group.attached(INGRESS, at="securityGroupId")
        return rules.every(lambda one: none_of(ingress(one), lambda opening: opening.to_world()))

    groups = endpoint["securityGroupIds"]
    named = groups.resources(GROUP).every(closed) & (groups.resources().exist() | groups.present())
    interface = endpoint["vpcEndpointType"].is_("Interface")
    return only_if(interface, named & endpoint["privateDnsEnabled"].is_true())


@rule(
    "fsx-logs",
    title="Lustre file systems log what fails",
    severity=Severity.LOW,
    types=(LUSTRE,),
    fix='log_configuration={"level": "WARN_ERROR", "destination": group.arn}',
    profiles=STRICT,
)
def fsx_logs(files: Resource) -> Truth:
    """An import or export of data that failed is told nowhere else."""
    return files["logConfiguration.level"].is_("WARN_ONLY", "ERROR_ONLY", "WARN_ERROR")


@rule(
    "s3-log-retention",
    title="Buckets of logs keep them for 90 days or longer",
    severity=Severity.LOW,
    types=LIFECYCLE,
    arguments={
        "mlinfra:audit:AuditTrail": "archive_days",
        "mlinfra:access_logs:AccessLogBucket": "retention_days",
        "mlinfra:config_recorder:ConfigRecorder": "retention_days",
    },
    fix='"expiration": {"days": 365}',
)
def s3_log_retention(lifecycle: Resource) -> Truth:
    """An intrusion is found months after it began, and who read what is asked then."""
    logs = lifecycle["bucket"].resources(*BUCKETS).any(lambda one: takes_access_logs(one) | takes_audit_logs(one))
    kept = lifecycle["rules"].every(
        lambda one: only_if(one["expiration.days"].present(), one["expiration.days"].at_least(LONGEST_AGE))
    )
    return only_if(logs, kept)


@rule(
    "nacl-egress-named",
    title="Network ACLs let out named ports to the internet",
    severity=Severity.LOW,
    types=("aws:ec2/networkAcl:NetworkAcl",),
    fix='egress=[{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_block": "0.0.0.0/0", "action": "allow", …}]',
    profiles=STRICT,
)
def nacl_egress_named(acl: Resource) -> Truth:
    """What gets past the security groups is stopped here, or nowhere."""

    def wide(one: Value) -> Truth:
        out = one["action"].is_("allow") & (one["cidrBlock"].where(is_world, "the internet"))
        shell = any_of(one["fromPort"].at_most(port) & one["toPort"].at_least(port) for port in SHELLS)
        return out & (one["protocol"].is_("-1", "all") | shell)

    return acl["egress"].every(lambda one: ~wide(one))


@rule(
    "dns-firewall-closed",
    title="DNS firewalls block, are associated, and fail closed",
    severity=Severity.LOW,
    types=(DNS_GROUP,),
    fix='aws.route53.ResolverFirewallRule(…, action="BLOCK"), aws.route53.ResolverFirewallRuleGroupAssociation and '
    'aws.route53.ResolverFirewallConfig(name, resource_id=vpc.id, firewall_fail_open="DISABLED")',
)
def dns_firewall_closed(group: Resource) -> Truth:
    """Names carry data out where no packet can go; a list that only allows blocks nothing, and one of no VPC is a list."""
    blocks = group.attached(DNS_RULE, at="firewallRuleGroupId").any(lambda one: one["action"].is_("BLOCK"))

    closed = group.graph.of(DNS_CONFIG).every(lambda one: ~one["firewallFailOpen"].is_("ENABLED"))
    return blocks & closed & group.attached(DNS_ASSOCIATION, at="firewallRuleGroupId").exist()


RULES: Final = (
    *(iam_password_age, guardduty_agents, security_hub_controls, config_delivery_kms, findings_rule_wired),
    *(
        alarms_subscribed,
        s3_versions_kept,
        vpc_defaults_adopted,
        sg_range_with_shells,
        endpoint_groups_closed,
        fsx_logs,
    ),
    *(s3_log_retention, nacl_egress_named, dns_firewall_closed),
)
