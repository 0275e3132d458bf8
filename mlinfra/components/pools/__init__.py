"""Node pools: where pods run, on which capacity, and what their nodes offer."""
