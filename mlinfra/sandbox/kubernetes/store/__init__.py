"""The default backend: an object store that validates, defaults, merges and keeps objects as an API server does."""

from mlinfra.sandbox.kubernetes.store.backend import Stores

__all__ = ["Stores"]
