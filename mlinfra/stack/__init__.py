"""Projects and their stacks on this machine: what is configured, what is deployed and how both are kept. Runs nothing."""
