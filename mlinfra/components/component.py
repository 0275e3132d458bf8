"""The base of every component."""

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, Optional, TypeVar

import pulumi
from pulumi.provider.experimental.util import camel_case

from mlinfra.components.args import Args
from mlinfra.components.problems import ArgumentError, Problem, shown

ArgsT = TypeVar("ArgsT", bound=Args)
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAX_NAME = 24  # leaves room for role, zone and random suffix inside the 63 characters of a bucket's name

KUBERNETES = "kubernetes"
_NO_CLUSTER = Problem(
    "opts.provider",
    "",
    "no Kubernetes provider, so that everything would go to whatever cluster this machine's kubeconfig names",
    "pass opts=pulumi.ResourceOptions(provider=cluster.kubernetes), or another pulumi_kubernetes.Provider",
)


class Component(pulumi.ComponentResource, Generic[ArgsT]):
    """A component of type `mlinfra:<module>:<Class>` that checks its name and arguments before it registers anything.

    A subclass names its arguments' class twice, for the type checker and at run time, declares its children with
    `opts=self.child()`, annotates every public output on the class, and ends its constructor with `self.finish()`.
    """

    _args_type: ClassVar[type[Args]]
    _needs_kubernetes: ClassVar[bool] = False
    """Whether it declares Kubernetes objects, and so must be told in which cluster."""
    _args: ArgsT

    def __init__(self, name: str, args: ArgsT, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        kind = type(self).__name__
        if not isinstance(name, str) or not NAME.fullmatch(name) or len(name) > MAX_NAME:
            reason = f"not made of lower-case letters, digits and single hyphens, {MAX_NAME} characters at most"
            fix = "choose a name such as main or team-a; resource names in AWS are made from it"
            raise ArgumentError(kind, [Problem("name", shown(name), reason, fix)])
        subject = f'{kind} "{name}"'
        checked: Any = self._args_type.of(args, subject)
        if self._declares_kubernetes(checked) and not inherited(KUBERNETES, opts or pulumi.ResourceOptions()):
            raise ArgumentError(subject, [_NO_CLUSTER])
        if refusals := [*self._refusals(name, checked)]:
            raise ArgumentError(subject, refusals)
        module = type(self).__module__.rpartition(".")[2]
        super().__init__(f"mlinfra:{module}:{kind}", name, {}, opts)
        self._args = checked

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__doc__ = inspect.cleandoc(cls.__doc__ or "")  # the package schema takes it as it stands

    def _refusals(self, name: str, args: ArgsT) -> Iterable[Problem]:
        """What is wrong with the name for these arguments. For components to say; nothing is registered yet."""
        del name, args
        return ()

    @classmethod
    def _declares_kubernetes(cls, args: Any) -> bool:
        """Whether these arguments make Kubernetes objects: all do, or none, unless a subclass looks at them."""
        del args
        return cls._needs_kubernetes

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Options of a child: this component is its parent; `options` are what is meant for that child alone."""
        return pulumi.ResourceOptions(parent=self, **options)

    def part(self, **options: Any) -> pulumi.ResourceOptions:
        """Options of a component that this one is made of. One that stood by itself before, under the same name, stays."""
        return self.child(aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)], **options)

    @staticmethod
    def qualified_name(name: str) -> str:
        """A name for what AWS cannot be left to name, told apart from the same component's in other stacks."""
        return re.sub(r"[^A-Za-z0-9]+", "-", f"{pulumi.get_stack()}-{name}")

    def finish(self) -> None:
        """Registers every public output, under the name that the package schema gives it."""
        self.register_outputs({camel_case(name): getattr(self, name) for name in public_outputs(type(self))})


def inherited(package: str, opts: pulumi.ResourceOptions) -> bool:
    """Whether children of a component with these options get a provider of the package, rather than Pulumi's default.

    A component keeps every provider that it is given for its children, by whatever option, and has its parent's as well:
    https://www.pulumi.com/docs/iac/concepts/resources/options/provider/.
    """
    given = opts.providers or ()
    several = given.values() if isinstance(given, Mapping) else given
    packages = {provider.package for provider in (opts.provider, *several) if provider}
    return package in packages or (opts.parent is not None and opts.parent.get_provider(f"{package}::") is not None)


def together(outputs: Mapping[str, pulumi.Output[str]]) -> pulumi.Output[Mapping[str, str]]:
    """One output of a mapping, from a mapping of outputs."""
    return pulumi.Output.all(**outputs) if outputs else pulumi.Output.from_input({})


def public_outputs(component: type[Any]) -> list[str]:
    """The annotated public attributes of a component class, in order."""
    classes = [cls for cls in reversed(component.__mro__) if issubclass(cls, Component)]
    return [name for cls in classes for name in inspect.get_annotations(cls) if not name.startswith("_")]
