"""Training that AWS manages, for teams without Kubernetes: AWS Batch, EMR Serverless and SageMaker."""
