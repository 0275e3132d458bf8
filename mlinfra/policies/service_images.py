"""Rules about the images that services of AWS run: Batch, ECS, EMR Serverless, Lambda, SageMaker and Bedrock's AgentCore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import NOT_APPLICABLE, Truth, all_of, only_if
from mlinfra.policies import batch
from mlinfra.policies.components import JOB_IMAGES
from mlinfra.policies.images import is_pinned, stays_the_same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

TASK: Final = "aws:ecs/taskDefinition:TaskDefinition"
TUNING: Final = "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob"
PLACES: Final = {
    "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime": (
        "agentRuntimeArtifact.containerConfiguration.containerUri",
    ),
    "aws:emrserverless/application:Application": ("imageConfiguration.imageUri",),
    "aws:lambda/function:Function": ("imageUri",),
    "aws:sagemaker/trainingJob:TrainingJob": ("algorithmSpecification.trainingImage",),
}
"""Where types name their one image."""
OWN_RULE: Final = (batch.JOB, "aws:sagemaker/model:Model")
"""What other rules ask for a version: batch-image-pinned and sm-model-image-ecr."""


def _images(resource: Resource) -> Iterator[Value]:
    """Every image that a resource names, unknown ones too."""
    if resource.type == batch.JOB:
        yield from (one if one.is_unknown else one.key("image") for one in batch.containers(resource))
    elif resource.type == TASK:
        containers = resource["containerDefinitions"].json()
        yield from [containers] if containers.is_unknown else (one.key("image") for one in containers.each())
    elif resource.type == TUNING:
        for place in ("trainingJobDefinition", "trainingJobDefinitions"):
            given = resource[place]
            every = [given] if given.is_unknown else given.each()
            yield from (one["algorithmSpecification.trainingImage"] for one in every)
    elif resource.type in PLACES:
        yield from (resource[place] for place in PLACES[resource.type])
    else:
        yield resource["primaryContainer"]["image"]
        containers = resource["containers"]
        yield from [containers] if containers.is_unknown else (one["image"] for one in containers.each())


def _every_image(resource: Resource, says: Callable[[Value], Truth]) -> Truth:
    found = [only_if(one.present(), says(one)) for one in _images(resource)]
    return all_of(found) if found else NOT_APPLICABLE


@rule(
    "image-pinned",
    title="Images that services run have a version",
    severity=Severity.MEDIUM,
    types=(*PLACES, TASK, TUNING),
    arguments=JOB_IMAGES,
    fix='the image by its version, or better by its digest: "…/serving:1.4.2", "…/serving@sha256:…"',
)
def image_pinned(resource: Resource) -> Truth:
    """Under `latest` nobody can say which code ran, and a deployment of something else brings another."""
    return _every_image(resource, is_pinned)


@rule(
    "image-digest",
    title="Images that services run are pinned by digest",
    severity=Severity.MEDIUM,
    types=(*OWN_RULE, *PLACES, TASK, TUNING),
    profiles=STRICT,
    arguments=JOB_IMAGES,
    fix='f"{repository.repository_url}@sha256:…"; of AWS\'s Deep Learning Containers a tag that ends with the build: …-sagemaker-v1.9',
)
def image_digest(resource: Resource) -> Truth:
    """A tag can be moved: what was tested and approved is then not what runs, and nobody could repeat the result.

    Batch and SageMaker's jobs look the tag up at every start; endpoints, Lambda and EMR Serverless at every deployment.
    AWS patches its Deep Learning Containers under the same tags, and names a single build by a tag that ends with it.
    Images without any version are another rule's matter.
    """
    return _every_image(resource, lambda image: only_if(is_pinned(image), stays_the_same(image)))


RULES: Final = (image_pinned, image_digest)
