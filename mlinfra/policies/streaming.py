"""Rules about queues, topics, streams and event buses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import only_if
from mlinfra.policies.grants import not_public, plaintext_denied, policy
from mlinfra.policies.references import names_a_key

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

QUEUE: Final = "aws:sqs/queue:Queue"
QUEUE_POLICY: Final = "aws:sqs/queuePolicy:QueuePolicy"
REDRIVE: Final = "aws:sqs/redrivePolicy:RedrivePolicy"
TOPIC: Final = "aws:sns/topic:Topic"
TOPIC_POLICY: Final = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION: Final = "aws:sns/topicSubscription:TopicSubscription"
STREAM: Final = "aws:kinesis/stream:Stream"
FIREHOSE: Final = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
KAFKA: Final = "aws:msk/cluster:Cluster"
BUS_POLICY: Final = "aws:cloudwatch/eventBusPolicy:EventBusPolicy"


@rule(
    "sqs-encrypted",
    title="Queues are encrypted",
    severity=Severity.MEDIUM,
    types=(QUEUE,),
    fix="aws.sqs.Queue(name, kms_master_key_id=key.id)",
)
def sqs_encrypted(queue: Resource) -> Truth:
    """Messages carry records, and lie on disk for up to two weeks. New queues are encrypted unless that is switched off."""
    return names_a_key(queue["kmsMasterKeyId"]) | queue["sqsManagedSseEnabled"].is_true()


@rule(
    "sqs-kms",
    title="Queues are encrypted with a key of the organisation's own",
    severity=Severity.LOW,
    types=(QUEUE,),
    fix="aws.sqs.Queue(name, kms_master_key_id=key.id)",
    profiles=STRICT,
)
def sqs_kms(queue: Resource) -> Truth:
    """Only an own key can be closed to somebody who may read the queue."""
    return names_a_key(queue["kmsMasterKeyId"])


@rule(
    "sqs-no-public",
    title="No policy of a queue lets everybody in",
    severity=Severity.CRITICAL,
    types=(QUEUE, QUEUE_POLICY),
    fix='"Condition": {"ArnEquals": {"aws:SourceArn": topic.arn}}, or principals by ARN',
    waivable=False,
)
def sqs_no_public(queue: Resource) -> Truth:
    """Who may send decides what the workers do; who may receive has the data."""
    return not_public(queue, "policy")


@rule(
    "sqs-dlq",
    title="What workers failed on is kept",
    severity=Severity.LOW,
    types=(QUEUE,),
    fix='redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": failed.arn, "maxReceiveCount": 5})',
)
def sqs_dlq(queue: Resource) -> Truth:
    """One message that no worker can read comes back until it expires, and hides that it was lost."""
    takes_failed = (
        queue.attached(QUEUE, at="redrivePolicy").exist() | queue.attached(REDRIVE, at="redrivePolicy").exist()
    )
    redriven = queue["redrivePolicy"].present() | queue.attached(REDRIVE, at="queueUrl").exist()
    return only_if(~(takes_failed | queue["redriveAllowPolicy"].present()), redriven)


@rule(
    "sqs-tls",
    title="Queues refuse requests without TLS",
    severity=Severity.LOW,
    types=(QUEUE,),
    fix='{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": queue.arn, "Condition": {"Bool": '
    '{"aws:SecureTransport": "false"}}}',
    profiles=STRICT,
)
def sqs_tls(queue: Resource) -> Truth:
    """SQS answers over plain HTTP too."""
    return _tls(queue, QUEUE_POLICY, "queueUrl", "sqs")


@rule(
    "sns-kms",
    title="Topics are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(TOPIC,),
    fix="aws.sns.Topic(name, kms_master_key_id=key.id)",
    profiles=STRICT,
)
def sns_kms(topic: Resource) -> Truth:
    """Alarms and findings say where the account is weak. The key that AWS manages cannot be used by its own services."""
    return names_a_key(topic["kmsMasterKeyId"])


@rule(
    "sns-no-public",
    title="No policy of a topic lets everybody in",
    severity=Severity.CRITICAL,
    types=(TOPIC, TOPIC_POLICY),
    fix='"Condition": {"StringEquals": {"aws:SourceAccount": account}}, or principals by ARN',
    waivable=False,
)
def sns_no_public(topic: Resource) -> Truth:
    """Who may subscribe hears everything; who may publish sends false alarms, or commands."""
    return not_public(topic, "policy")


@rule(
    "sns-https",
    title="Topics deliver over TLS",
    severity=Severity.MEDIUM,
    types=(SUBSCRIPTION,),
    fix='protocol="https"',
)
def sns_https(subscription: Resource) -> Truth:
    """Messages would travel in clear text, and anybody on the way could change them."""
    return ~subscription["protocol"].is_("http")


@rule(
    "sns-tls",
    title="Topics refuse requests without TLS",
    severity=Severity.LOW,
    types=(TOPIC,),
    fix='{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic.arn, "Condition": {"Bool": '
    '{"aws:SecureTransport": "false"}}}',
    profiles=STRICT,
)
def sns_tls(topic: Resource) -> Truth:
    """SNS takes messages over plain HTTP too."""
    return _tls(topic, TOPIC_POLICY, "arn", "sns", "sns:Publish")


@rule(
    "kinesis-encrypted",
    title="Streams are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(STREAM,),
    fix='aws.kinesis.Stream(name, encryption_type="KMS", kms_key_id=key.arn)',
)
def kinesis_encrypted(stream: Resource) -> Truth:
    """Features and events of users lie in the stream for a day and longer."""
    return stream["encryptionType"].is_("KMS") & names_a_key(stream["kmsKeyId"])


@rule(
    "firehose-encrypted",
    title="Delivery streams are encrypted",
    severity=Severity.MEDIUM,
    types=(FIREHOSE,),
    fix='server_side_encryption={"enabled": True, "key_type": "CUSTOMER_MANAGED_CMK", "key_arn": key.arn}',
)
def firehose_encrypted(stream: Resource) -> Truth:
    """Records wait there until they are delivered. What comes from a stream of Kinesis or MSK is encrypted there."""
    elsewhere = stream["kinesisSourceConfiguration"].present() | stream["mskSourceConfiguration"].present()
    encryption = stream["serverSideEncryption"]
    own = encryption["keyType"].is_("CUSTOMER_MANAGED_CMK") & names_a_key(encryption["keyArn"])
    return only_if(~elsewhere, encryption["enabled"].is_true() & own)


@rule(
    "msk-encrypted",
    title="Kafka is encrypted, on disk and on the way",
    severity=Severity.MEDIUM,
    types=(KAFKA,),
    fix='encryption_info={"encryption_at_rest_kms_key_arn": key.arn, "encryption_in_transit": {"client_broker": "TLS", '
    '"in_cluster": True}}',
)
def msk_encrypted(cluster: Resource) -> Truth:
    """Whoever reads along has every event of every user."""
    transit = cluster["encryptionInfo.encryptionInTransit"]
    on_the_way = transit["clientBroker"].is_("TLS") & transit["inCluster"].is_true()
    return on_the_way & names_a_key(cluster["encryptionInfo.encryptionAtRestKmsKeyArn"])


@rule(
    "msk-no-public",
    title="Kafka is not on the internet",
    severity=Severity.CRITICAL,
    types=(KAFKA,),
    fix='broker_node_group_info={"connectivity_info": {"public_access": {"type": "DISABLED"}}, …}',
)
def msk_no_public(cluster: Resource) -> Truth:
    """Brokers with public addresses can be tried by everybody."""
    return cluster["brokerNodeGroupInfo.connectivityInfo.publicAccess.type"].is_("DISABLED")


@rule(
    "msk-auth",
    title="Kafka asks who connects",
    severity=Severity.HIGH,
    types=(KAFKA,),
    fix='client_authentication={"sasl": {"iam": True}, "unauthenticated": False}',
)
def msk_auth(cluster: Resource) -> Truth:
    """Otherwise everything that reaches the brokers reads and writes every topic."""
    authentication = cluster["clientAuthentication"]
    ways = authentication["sasl.iam"].is_true() | authentication["sasl.scram"].is_true()
    tls = authentication["tls.certificateAuthorityArns"].present()
    return ~authentication["unauthenticated"].is_true() & (ways | tls)


@rule(
    "msk-logging",
    title="Kafka brokers write logs",
    severity=Severity.LOW,
    types=(KAFKA,),
    fix='logging_info={"broker_logs": {"cloudwatch_logs": {"enabled": True, "log_group": group.name}}}',
)
def msk_logging(cluster: Resource) -> Truth:
    """Who was refused, and which broker failed, stands there and nowhere else."""
    logs = cluster["loggingInfo.brokerLogs"]
    return logs["cloudwatchLogs.enabled"].is_true() | logs["firehose.enabled"].is_true() | logs["s3.enabled"].is_true()


@rule(
    "events-no-public",
    title="No policy of an event bus lets everybody in",
    severity=Severity.HIGH,
    types=(BUS_POLICY,),
    fix='principals by account, or "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-…"}}',
)
def events_no_public(bus: Resource) -> Truth:
    """Everybody could send the events that start pipelines and call functions."""
    return not_public(bus, "policy")


def _tls(holder: Resource, kind: str, at: str, service: str, action: str = "") -> Truth:
    """Whether a policy of a queue or topic, its own or one beside it, denies requests without TLS."""
    wanted = "a statement that denies requests without TLS"

    def denied(one: Resource) -> Truth:
        return policy(one["policy"]).some(lambda s: plaintext_denied(s, service, action), wanted)

    return denied(holder) | holder.attached(kind, at=at).any(denied)


RULES: Final = (
    *(sqs_encrypted, sqs_kms, sqs_no_public, sqs_dlq, sqs_tls, sns_kms, sns_no_public, sns_https, sns_tls),
    *(kinesis_encrypted, firehose_encrypted, msk_encrypted, msk_no_public, msk_auth, msk_logging, events_no_public),
)
