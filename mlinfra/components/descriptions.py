"""Descriptions of what a class inherits, in the package schema."""

import inspect
from typing import Any, Optional

from pulumi.provider.experimental.analyzer import Analyzer


def inherit_descriptions() -> None:
    """Let Pulumi's schema inference find the description of a property at the class that declares it.

    By itself it reads the source of the class at hand alone, and properties that are inherited come out without (Pulumi
    3.272, `Analyzer.get_docstring`). If a later version does it in another way, this does nothing.
    """
    own = getattr(Analyzer, "get_docstring", None)
    if own is None:
        return

    def get_docstring(self: Any, typ: type, name: str) -> Optional[str]:
        declaring = (cls for cls in typ.__mro__ if name in inspect.get_annotations(cls))
        found: Optional[str] = own(self, next(declaring, typ), name)
        return found

    Analyzer.get_docstring = get_docstring  # type: ignore[method-assign]
