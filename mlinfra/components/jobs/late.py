"""Outputs in what is computed from plain values: stand-ins take their place, and are replaced in the result."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pulumi

_STAND_IN: Final = "known-after-deployment-{}-x{}"  # also the name of an object of Kubernetes
_DIGEST: Final = "@sha256:" + "0" * 64
_FOUND: Final = re.compile(_STAND_IN.format(r"(\d+)", f"(?:{_DIGEST})?"))


class Late:
    """The outputs among some values, and what stands for each of them until it is known."""

    def __init__(self, outputs: Sequence[pulumi.Output[Any]] = ()) -> None:
        self._outputs = [*outputs]

    def stand_in(self, output: pulumi.Output[Any], *, image: bool = False) -> str:
        """A text that stands for an output, the same one each time; it can be a name, or an image with its digest."""
        numbers = [number for number, known in enumerate(self._outputs) if known is output]
        if not numbers:
            self._outputs.append(output)
        return _STAND_IN.format(numbers[0] if numbers else len(self._outputs) - 1, _DIGEST if image else "")

    def checked(self, given: Any, check: Callable[[Any], object]) -> "Late":
        """The same outputs, each of which fails with what `check` raises for `given` with its value in place."""

        def one(number: int, output: pulumi.Output[Any]) -> pulumi.Output[Any]:
            found = re.compile(_STAND_IN.format(number, f"(?:{_DIGEST})?"))

            def checked(value: Any) -> Any:
                check(_mapped(given, lambda text: value if found.fullmatch(text) else text))
                return value

            return output.apply(checked)

        return Late([one(number, output) for number, output in enumerate(self._outputs)])

    def filled(self, result: Any) -> Any:
        """A result with the outputs in place of what stands for them."""
        return _mapped(result, self._filled)

    def _filled(self, text: str) -> Any:
        parts: list[Any] = _FOUND.split(text)
        parts[1::2] = [self._outputs[int(number)] for number in parts[1::2]]
        known = [part for part in parts if part != ""] if len(parts) > 1 else [text]
        return known[0] if len(known) == 1 else pulumi.Output.concat(*known)


def _mapped(value: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(one, change) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [_mapped(one, change) for one in value]
    return value
