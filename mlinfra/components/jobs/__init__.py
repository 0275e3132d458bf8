"""Training jobs as resources of a stack: the job models of `mlinfra.jobs`, rendered into a team's namespace."""
