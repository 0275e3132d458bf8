"""The door through which Pulumi opens mlinfra's rules as a policy pack."""

from mlinfra.policypack import serve

serve()
