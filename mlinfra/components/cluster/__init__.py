"""EKS clusters: the control plane, what runs on every one of them, and how they go away."""
