"""An agent that answers customers and may run code."""

import json

import pulumi_aws as aws

role = aws.iam.Role(
    "agent",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "bedrock.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
)
aws.iam.RolePolicyAttachment("agent", role=role.name, policy_arn="arn:aws:iam::aws:policy/AmazonBedrockFullAccess")
aws.bedrock.AgentAgent(
    "support",
    agent_name="support",
    agent_resource_role_arn=role.arn,
    foundation_model="anthropic.claude-sonnet-4-5-20250929-v1:0",
    instruction="You answer customers' questions about their contracts and change them where they ask for it.",
)
aws.bedrock.AgentcoreCodeInterpreter(
    "analysis", name="analysis", execution_role_arn=role.arn, network_configuration={"network_mode": "PUBLIC"}
)
aws.bedrock.AgentcoreGateway("tools", name="tools", protocol_type="MCP", authorizer_type="NONE", role_arn=role.arn)
