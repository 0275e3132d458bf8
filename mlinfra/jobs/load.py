"""Jobs from files: YAML or JSON with the job's fields, or `module:attribute` of a Python program."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlinfra.errors import ConfigError
from mlinfra.jobs import KINDS
from mlinfra.jobs.errors import JobError
from mlinfra.jobs.model import Job
from mlinfra.stack.yamlfile import read_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIXES: Final = {".yaml", ".yml", ".json"}


def load(name: str) -> tuple[Job, Path]:
    """A job and the folder that its program is in: that of the job file, or of the module.

    Raises ConfigError, naming file and field, for what is no job.
    """
    path = Path(name)
    if path.suffix in _SUFFIXES:
        return _from_file(path), path.parent
    module, _, attribute = name.partition(":")
    if not attribute:
        files = ", ".join(str(file) for file, one in find(Path()) if isinstance(one, Job) and one.name == name)
        fix = f"name its file: {files}" if files else "name a job file (.yaml, .json) or MODULE:ATTRIBUTE"
        raise ConfigError(f"{name} is no job", fix=fix)
    return _from_module(module, attribute)


def find(folder: Path) -> Iterator[tuple[Path, Job | ConfigError]]:
    """The job files under a folder: YAML and JSON files whose `kind` is a job's, with the job or what is wrong with it."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in _SUFFIXES or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        try:
            if read_mapping(path).get("kind") not in KINDS:
                continue
        except ConfigError:
            continue  # some other YAML file
        try:
            yield path, _from_file(path)
        except ConfigError as error:
            yield path, error


def _from_file(path: Path) -> Job:
    fields = read_mapping(path)
    kind = fields.get("kind")
    if kind not in KINDS:
        said = f"has the kind {kind!r}" if kind else "has no kind"
        raise ConfigError(f"{path} {said}, which is no job's", fix=f"kind: one of {', '.join(KINDS)}")
    try:
        return KINDS[kind](**fields)
    except JobError as error:
        raise error.about(str(path)) from None


def _from_module(module: str, attribute: str) -> tuple[Job, Path]:
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = importlib.import_module(module)
    except JobError:
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"the module {module} cannot be imported: {said}", fix="name a module of this folder that makes jobs"
        ) from error
    finally:
        sys.path.pop(0)
    job = getattr(found, attribute, None)
    if not isinstance(job, Job):
        what = "does not exist" if job is None else f"is a {type(job).__name__}"
        raise ConfigError(
            f"{module}:{attribute} {what}", fix=f"{attribute} = PyTorchJob(…), or another of {', '.join(KINDS)}"
        )
    return job, Path(found.__file__ or ".").parent
