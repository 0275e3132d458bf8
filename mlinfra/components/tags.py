"""Tags on everything that a program declares."""

from collections.abc import Mapping
from typing import Any, Optional

import pulumi

# Types whose `tags` are a list of objects rather than a mapping; they say for themselves what they pass on.
_LISTED = frozenset({"aws:autoscaling/group:Group"})


def tag_everything(tags: Mapping[str, str]) -> None:
    """Puts the tags on every AWS resource declared after this call that takes tags; a resource's own win.

    They become inputs of the resources, so that a preview, a policy and the state show them whatever provider is
    behind. Programs in other languages use the provider's `aws:defaultTags` instead.
    """

    def tagged(args: pulumi.ResourceTransformationArgs) -> Optional[pulumi.ResourceTransformationResult]:
        props: Any = args.props
        if not args.type_.startswith("aws:") or "tags" not in props or args.type_ in _LISTED:
            return None
        own: Any = props["tags"]
        unknown = isinstance(own, pulumi.Output)
        merged = own.apply(lambda known: {**tags, **(known or {})}) if unknown else {**tags, **(own or {})}
        return pulumi.ResourceTransformationResult({**props, "tags": merged}, args.opts)

    pulumi.runtime.register_stack_transformation(tagged)
