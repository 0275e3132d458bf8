"""Plans without a provider: what a program declares, with realistic names, ids and ARNs where they can be told."""
