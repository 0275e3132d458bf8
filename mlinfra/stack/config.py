"""The configuration of a stack: Pulumi.<stack>.yaml, the project's defaults and what the command line overrides.

A program sees it as Pulumi's language host gives it: every value is text, structured ones are JSON text
(sdk/go/common/resource/config). The stack's file is only read.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlinfra.errors import ConfigError, UnsupportedError
from mlinfra.stack.paths import Path, parse
from mlinfra.stack.project import Project, full_key, has_type, type_name
from mlinfra.stack.secrets import Crypter
from mlinfra.stack.values import Secret
from mlinfra.stack.yamlfile import read_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_SECURE: Final = "secure"
_COERCED: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """An encrypted text in a stack's file: `secure: v1:…`."""

    text: str


class StackConfig:
    """What a stack is configured with. Keys carry their namespace ("project:key", "aws:region")."""

    def __init__(self, values: Mapping[str, Any], secret_keys: frozenset[str], crypter: Crypter) -> None:
        self._values = dict(sorted(values.items()))
        self._secret_keys = secret_keys
        self.crypter = crypter
        """Opens the secrets of the stack's file; its salt is "" when the file has none."""

    @property
    def secret_keys(self) -> list[str]:
        """The keys whose value is secret or has a secret inside."""
        return [key for key in self._values if key in self._secret_keys]

    def values(self) -> dict[str, str]:
        """Every value as text, secrets in the open. Raises StateError when the passphrase does not open them."""
        return {key: self._text(value) for key, value in self._values.items()}

    def environment(self) -> dict[str, str]:
        """The environment variables in which a program finds its configuration."""
        found = {"PULUMI_CONFIG": self.values(), "PULUMI_CONFIG_SECRET_KEYS": self.secret_keys}
        return {name: json.dumps(value, ensure_ascii=False, separators=(",", ":")) for name, value in found.items()}

    def package(self, name: str) -> dict[str, str | Secret]:
        """The values of one namespace without it, such as {"region": "eu-west-1"}: what a default provider is given."""
        found = {k.partition(":")[2]: (k, v) for k, v in self._values.items() if k.partition(":")[0] == name}
        return {
            name: Secret(self._text(v)) if k in self._secret_keys else self._text(v) for name, (k, v) in found.items()
        }

    def opened(self, key: str) -> Any:
        """One value with its structure, secrets in the open."""
        return self._open(self._values[key])

    def _text(self, value: Any) -> str:
        opened = self._open(value)
        return "" if opened is None else opened if isinstance(opened, str) else _go_json(opened)

    def _open(self, value: Any) -> Any:
        if isinstance(value, Ciphertext):
            return self.crypter.decrypt(value.text)
        if isinstance(value, dict):
            return {key: self._open(item) for key, item in value.items()}
        return [self._open(item) for item in value] if isinstance(value, list) else value

    @staticmethod
    def load(
        project: Project,
        stack: str,
        *,
        passphrase: str | Callable[[], str],
        overrides: Sequence[str] = (),
        paths: bool = False,
        given: Mapping[str, Any] | None = None,
    ) -> StackConfig:
        """The configuration of a stack, checked against what the project declares.

        `overrides` are `key=value` as for `pulumi up --config`; with `paths` a key is a path into a structured value
        (`subnets[0].cidr=10.0.0.0/24`), as for `--config-path`. `given` are values as they would stand in the file and come
        over it. A stack without a file has only defaults.
        Raises ConfigError for a missing, malformed or ill-typed value, UnsupportedError for Pulumi ESC environments.
        """
        file = project.stack_file(stack)
        data = read_mapping(file) if file.is_file() else {}
        if data.get("environment"):
            raise UnsupportedError(f"{file} imports Pulumi ESC environments, which only the pulumi CLI can open")
        salt = data.get("encryptionsalt") or ""
        if not isinstance(salt, str):
            raise ConfigError(f"{file}: `encryptionsalt` must be text, not {salt!r}")
        values = {key: _wrap(value) for key, value in _named(project, file, data.get("config"))}
        secret = {key for key, value in values.items() if any(_ciphertexts(value))}
        if secret and not salt:
            raise UnsupportedError(
                f"{file} has secrets encrypted by {data.get('secretsprovider') or 'another secrets provider'!s}, not by a passphrase",
                fix="run `pulumi stack change-secrets-provider passphrase`",
            )
        overridden = {full_key(project.name, key) for key in given or {}}
        values |= {full_key(project.name, key): value for key, value in (given or {}).items()}
        overridden |= {_override(project, values, override, paths=paths) for override in overrides}
        for key, declared in project.config.items():
            if key not in values and declared.default is not None:
                values[key] = declared.default
            elif declared.secret and key in values and key not in secret | overridden:
                raise ConfigError(
                    f"{file}: {key} is declared a secret, but stands there in the open",
                    fix=f"run `pulumi config set --secret {key}`, or give it with --config",
                )
        secret |= {key for key, declared in project.config.items() if declared.secret}
        config = StackConfig(values, frozenset(secret), Crypter(passphrase, salt, where=str(file)))
        _check(project, stack, config, values)
        return config


def _named(project: Project, file: Any, config: Any) -> Iterator[tuple[str, Any]]:
    if config is None:
        return
    if not isinstance(config, dict):
        raise ConfigError(f"{file}: `config` must be a mapping of keys to values, not {config!r}")
    for key, value in config.items():
        try:
            yield full_key(project.name, key), value
        except ConfigError as error:
            raise ConfigError(f"{file}: {error.message}", fix=error.fix) from None


def _wrap(value: Any) -> Any:
    """The value with every `{secure: text}` made a Ciphertext."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get(_SECURE), str):
            return Ciphertext(value[_SECURE])
        return {key: _wrap(item) for key, item in value.items()}
    return [_wrap(item) for item in value] if isinstance(value, list) else value


def _ciphertexts(value: Any) -> Iterator[Ciphertext]:
    if isinstance(value, Ciphertext):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _ciphertexts(item)


def _check(project: Project, stack: str, config: StackConfig, values: Mapping[str, Any]) -> None:
    missing = [key for key in project.config if key not in values and key.startswith(f"{project.name}:")]
    if missing:
        names = ", ".join(key.partition(":")[2] for key in missing)
        raise ConfigError(
            f"stack {stack!r} has no value for {names}, which {project.file} declares",
            fix=f"set it in {project.stack_file(stack)} under `config`, or give --config {names.split(', ')[0]}=…",
        )
    for key, declared in project.config.items():
        if declared.type and not has_type(config.opened(key), declared.type, declared.items):
            shown = "[secret]" if key in config.secret_keys else repr(values[key])
            raise ConfigError(
                f"stack {stack!r}: {key} is {shown}, but {project.file} declares it {type_name(declared.type, declared.items)}"
            )


def _override(project: Project, values: dict[str, Any], override: str, *, paths: bool) -> str:
    """Put a `key=value` of the command line over the values; returns the key that it changed."""
    written, equals, text = override.partition("=")
    if not equals:
        raise ConfigError(f"--config {override!r} gives no value", fix="write --config key=value")
    namespace, _, path = written.rpartition(":")
    first, *steps = _parse_path(path, written) if paths else (path,)
    key = full_key(project.name, f"{namespace}:{first}" if namespace else str(first))
    values[key] = _set(values.get(key), steps, _coerce(text), written) if steps else text
    return key


def _parse_path(text: str, written: str) -> Path:
    try:
        steps = parse(text)
    except ValueError:
        steps = ()
    if (
        not steps
        or not isinstance(steps[0], str)
        or any(step == "*" or (isinstance(step, int) and step < 0) for step in steps)
    ):
        raise ConfigError(f"--config {written!r} is not a path", fix='write it like `network.subnets[0]["a.b"]`')
    return steps


def _set(value: Any, steps: Sequence[str | int], new: Any, written: str) -> Any:
    """A copy of `value` with `new` at the path; absent containers are made."""
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        items = list(value) if isinstance(value, list) else []
        if step > len(items):
            raise ConfigError(f"--config {written!r}: index {step} is beyond the end of a list of {len(items)}")
        items[step : step + 1] = [_set(items[step] if step < len(items) else None, rest, new, written)]
        return items
    fields = dict(value) if isinstance(value, dict) else {}
    fields[step] = _set(fields.get(step), rest, new, written)
    return fields


def _coerce(text: str) -> Any:
    """Inside a structured value `true`, `false` and whole numbers without leading zeros are what they look like."""
    return text == "true" if text in ("true", "false") else int(text) if _COERCED.fullmatch(text) else text


def _go_json(value: Any) -> str:
    """JSON as Go writes it: sorted keys, no spaces, `<`, `>` and `&` escaped, no exponent below 1e21."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_go_json(key)}:{_go_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_go_json, value)) + "]"
    if isinstance(value, float) and math.isfinite(value):
        return _go_float(value)
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[<>&\u2028\u2029]", lambda m: f"\\u{ord(m[0]):04x}", text) if isinstance(value, str) else text


def _go_float(value: float) -> str:
    size = abs(value)
    if size and (size < 1e-6 or size >= 1e21):  # noqa: PLR2004 (where encoding/json turns to exponents)
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa.removesuffix('.0')}e{exponent.replace('-0', '-')}"
    return format(Decimal(repr(value)), "f").removesuffix(".0")
