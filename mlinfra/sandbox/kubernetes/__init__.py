"""The Pulumi provider `kubernetes` of the sandbox: any Kubernetes object, on the clusters of the emulated account."""
