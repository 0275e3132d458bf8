"""What a layer says of its parts before any of them is declared: stand-ins for what only a deployment knows."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from mlinfra.components.component import MAX_NAME, NAME
from mlinfra.components.problems import ArgumentError, Problem, joined

KEY_ARN: Final = "arn:aws:kms:us-east-1:123456789012:key/planned"
CLUSTER_ARN: Final = "arn:aws:eks:us-east-1:123456789012:cluster/planned"
ROLE_ARN: Final = "arn:aws:iam::123456789012:role/planned"
GROUP_ID: Final = "sg-00000000000000000"
POLICY_ARN: Final = "arn:aws:iam::123456789012:policy/planned"
TOPIC_ARN: Final = "arn:aws:sns:us-east-1:123456789012:planned"
BUCKET: Final = "planned"
BUCKET_ARN: Final = f"arn:aws:s3:::{BUCKET}"
ACCOUNT_ID: Final = "123456789012"
VPC_ID: Final = "vpc-00000000000000000"
SUBNET_ID: Final = "subnet-00000000000000000"
ENDPOINT_ID: Final = "vpce-00000000000000000"


def refusals(
    path: str,
    part: Callable[[], object],
    *,
    above: Collection[str] = (),
    renamed: Mapping[str, str] | None = None,
    made: Collection[str] = (),
) -> Iterator[Problem]:
    """What making a part's arguments says is wrong.

    It is named as the layer names it: under `path`, but for what the layer itself has (`above`) or calls otherwise. Values that
    the layer makes itself (`made`) are not shown: nobody gave them.
    """
    try:
        part()
    except ArgumentError as error:
        for problem in error.problems:
            first = problem.argument.partition(".")[0].partition("[")[0]
            if renamed and first in renamed:
                argument = problem.argument.replace(first, renamed[first], 1)
            else:
                argument = problem.argument if first in above else joined(path, problem.argument)
            yield Problem(argument, "" if first in made else problem.given, problem.reason, problem.fix)


def misnamed(name: str, path: str, parts: Collection[str]) -> Iterator[Problem]:
    """Parts of a layer of this name that no component could be called after."""
    longest = MAX_NAME - len(name) - 1
    for part in parts:
        if not NAME.fullmatch(part) or len(part) > longest:
            fix = f"use lower-case letters, digits and single hyphens, {longest} characters at most"
            yield Problem(path, "", f"{part!r} cannot be a name", fix)


def refuse(problems: Iterator[Problem]) -> None:
    """Raises ArgumentError when there is a problem; for validators, where whoever made the arguments is named later."""
    if found := [*problems]:
        raise ArgumentError("", found)
