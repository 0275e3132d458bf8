"""The door through which Pulumi opens mlinfra's components as a package, for programs in any language."""

from pulumi.provider.experimental import component_provider_host

import mlinfra
from mlinfra.components.registry import COMPONENTS

component_provider_host([*COMPONENTS], name="mlinfra", version=mlinfra.__version__)
