"""The component `GitLabAgent`: an agent with all that its cluster and its users need.

Its children are those of the adapter whose class it is. See
https://www.pulumi.com/docs/iac/concepts/resources/components/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import isawaitable
from typing import Any, ClassVar, NamedTuple, TypeAlias

import pulumi

from pulumi_gitlab_kubernetes.components import helm
from pulumi_gitlab_kubernetes.components.declaration import (
    ENVIRONMENTS,
    NAME,
    OUTPUTS,
    OWN,
    RECEPTIVE,
    Group,
    check,
    check_group,
)
from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.errors import InvalidInputError

TYPE = f"{NAMESPACE}:index:{NAME}"
"""The type of the component, with the classes of either adapter."""

Inputs: TypeAlias = Mapping[str, Any]
"""Arguments by name, without those that are not set."""

_MTLS = (
    "GitLab's Helm chart does not fully support mTLS, which a client certificate needs: set its "
    "values `extraArgs` (--api-mtls, --api-client-ca-cert-file) and `extraVolumes` too, or leave "
    "the certificate out for a JWT. See "
    "https://gitlab.com/gitlab-org/charts/gitlab-agent/-/issues/64"
)


class InvalidOutputError(InvalidInputError, pulumi.RunError):
    """An argument's value is invalid, which is known when it resolves. Pulumi shows one line."""


class Children(NamedTuple):
    """The classes of the children, of one adapter."""

    agent: type[Any]
    token: type[Any]
    url_configuration: type[Any]
    environment: type[Any]


class AgentComponent(pulumi.ComponentResource):
    """The base of the classes `GitLabAgent` of both adapters."""

    _children: ClassVar[Children]

    def _gitlab_url(self, connection: pulumi.Input[str | None]) -> pulumi.Output[str]:
        """Return the base URL of the GitLab instance that the children use.

        Args:
            connection: The argument `connection`, which only dynamic resources have.
        """
        raise NotImplementedError

    def _declare(
        self,
        resource_name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the component and its children.

        Args:
            resource_name: The component's name in the stack. Its agent, token and URL configuration
                have it too, and the names of its environments start with it.
            inputs: The arguments. `None` means not set.
            opts: Pulumi's resource options. The children have the same dependencies.

        Raises:
            InvalidInputError: An argument is wrong.
        """
        given = _only(inputs, *inputs)
        given |= {name: _checked(partial(check, name), given[name]) for name in OWN & given.keys()}
        super().__init__(TYPE, resource_name, {}, opts)
        self._depends_on = opts.depends_on if opts else None
        of_project = _only(given, "project", "connection")
        adopting = _only(given, "adopt_existing")

        self.agent = self._child(
            self._children.agent,
            resource_name,
            {**of_project, **adopting, **_only(given, "name")},
        )
        of_agent = {**of_project, "agent_id": self.agent.agent_id}
        self.token_resource = self._child(
            self._children.token,
            resource_name,
            {
                **of_agent,
                **_only(given, "rotation_triggers", "rotate_after_days"),
                "name": given.get("token_name", given.get("name")),
                "description": given.get("token_description"),
            },
        )
        self.url_configuration = None
        if RECEPTIVE.name in given:
            receptive = _values(RECEPTIVE, given[RECEPTIVE.name])
            self.url_configuration = self._child(
                self._children.url_configuration,
                resource_name,
                {**of_agent, **adopting, **receptive},
            )
            pulumi.Output.from_input(receptive.get("client_cert")).apply(self._warn_of_mtls)
        self.environments = {
            name: self._child(
                self._children.environment,
                f"{resource_name}-{name}",
                {
                    **of_project,
                    **adopting,
                    **_values(ENVIRONMENTS, values),
                    "name": name,
                    "cluster_agent_id": self.agent.agent_id,
                },
                name,
            )
            for name, values in _by_name(given.get(ENVIRONMENTS.name, {})).items()
        }

        self.agent_id = self.agent.agent_id
        self.token = pulumi.Output.secret(self.token_resource.token)
        self.helm_values = self._helm_values(given)
        self.secret_manifest = self._secret_manifest(given)
        self.register_outputs(self.outputs())

    def outputs(self) -> dict[str, Any]:
        """Return the outputs by their names in the package schema."""
        return {camel_case(each.name): getattr(self, each.name) for each in OUTPUTS}

    def _child(self, kind: type[Any], name: str, inputs: Inputs, *other_names: str) -> Any:
        """Declare a child, which takes over an existing resource outside of the component.

        Args:
            kind: Its class.
            name: Its name in the stack.
            inputs: Its arguments.
            other_names: Other names that the existing resource may have.
        """
        names = ({}, *({"name": other} for other in other_names))
        types = ({}, *({"type_": type_} for type_ in kind.alias_types()))
        aliases = [
            pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE, **name_, **type_)
            for name_ in names
            for type_ in types
        ]
        options = pulumi.ResourceOptions(parent=self, aliases=aliases, depends_on=self._depends_on)
        return kind(name, options, **inputs)

    def _warn_of_mtls(self, certificate: str | None) -> None:
        if certificate:
            pulumi.log.warn(_MTLS, resource=self)

    def _helm_values(self, given: Inputs) -> pulumi.Output[dict[str, Any]]:
        parts: dict[str, Any] = {}
        if "secret_name" in given:
            parts |= {**_only(given, "secret_name"), "token_id": self.token_resource.token_id}
        else:
            parts["token"] = self.token
        if self.url_configuration:
            parts |= {"receptive": True, "public_key": self.url_configuration.public_key}
        else:
            parts |= _only(given, "kas_address", "kas_ca_cert")
            if "kas_address" not in given:
                url = self._gitlab_url(given.get("connection"))
                parts["kas_address"] = url.apply(helm.kas_address)
        return pulumi.Output.all(**parts).apply(helm.helm_values)

    def _secret_manifest(self, given: Inputs) -> pulumi.Output[dict[str, Any] | None]:
        if "secret_name" not in given:
            return pulumi.Output.from_input(None)
        parts = {
            "name": given["secret_name"],
            "namespace": given.get("namespace"),
            "token": self.token,
            "token_id": self.token_resource.token_id,
        }
        return pulumi.Output.all(**parts).apply(lambda known: helm.secret_manifest(**known))


def _only(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the arguments with these names that are set."""
    return {name: given[name] for name in names if given.get(name) is not None}


def _checked(check_known: Callable[[Any], Any], value: Any) -> Any:
    """Return a value that is checked now, or when it resolves.

    Args:
        check_known: Returns the known value, or raises an `InvalidInputError`.
        value: The value.
    """
    if not (isinstance(value, pulumi.Output | pulumi.output.Unknown) or isawaitable(value)):
        return check_known(value)

    def resolved(known: Any) -> Any:
        try:
            return check_known(known)
        except InvalidInputError as error:
            raise InvalidOutputError(error.property, error.reason) from None

    return pulumi.Output.from_input(value).apply(resolved)


def _by_name(environments: Any) -> Mapping[str, Any]:
    """Return the environments by name. The names of resources must be known."""
    if isinstance(environments, Mapping) and all(isinstance(name, str) for name in environments):
        return environments
    raise InvalidInputError(
        ENVIRONMENTS.name, "must be a map with known keys, which are names of resources"
    )


def _values(group: Group, given: Any) -> Inputs:
    """Return the named values in an argument.

    A program in another language can give them as one secret.
    """
    values = _checked(partial(check_group, group), given)
    if not isinstance(values, pulumi.Output):
        return _only(values, *values)  # The class of the child names an unknown one.

    def value(name: str) -> pulumi.Output[Any]:
        return values.apply(lambda known: known.get(name))

    def known_names(known: Inputs) -> None:
        for name in sorted(known.keys() - {field.name for field in group.fields}):
            raise InvalidOutputError(f"{group.name}.{name}", "is not an argument: remove it")

    values.apply(known_names)
    return {field.name: value(field.name) for field in group.fields}
