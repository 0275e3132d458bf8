"""A real Kubernetes control plane on this machine: built from Go modules, run on loopback, nodes simulated by KWOK."""
