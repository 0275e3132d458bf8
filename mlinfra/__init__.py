"""Secure, compliant ML platforms as Pulumi components for AWS and Kubernetes.

`import mlinfra as ml` offers the components and settings that `__init__.pyi` names. Each is loaded on first use, so that
what needs none of them (the engine, the command line) does not wait for the AWS SDK.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
