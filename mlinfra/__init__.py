"""Secure, compliant ML platforms as Pulumi components for AWS and Kubernetes."""

__version__ = "0.1.0"
