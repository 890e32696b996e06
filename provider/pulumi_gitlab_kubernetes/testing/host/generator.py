"""Generates the steps for each registered resource.

Follows ``pkg/resource/deploy/step_generator.go`` of Pulumi's engine.
"""

from collections.abc import Callable
from typing import Final

from pulumi_gitlab_kubernetes.testing.host import paths
from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.aliases import Aliases
from pulumi_gitlab_kubernetes.testing.host.diff import Diff, replace_on_changes
from pulumi_gitlab_kubernetes.testing.host.difference import Differences
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.failures import describe
from pulumi_gitlab_kubernetes.testing.host.goal import Goal, Imported, ReadRequest, Registration
from pulumi_gitlab_kubernetes.testing.host.import_step import ImportStep, replaced_import
from pulumi_gitlab_kubernetes.testing.host.policies import Policies
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.replacement import Replacements
from pulumi_gitlab_kubernetes.testing.host.report import InvalidResourceError, Report
from pulumi_gitlab_kubernetes.testing.host.seen import Seen
from pulumi_gitlab_kubernetes.testing.host.state import Deployment, Resource
from pulumi_gitlab_kubernetes.testing.host.steps import (
    CreateStep,
    DeleteStep,
    Op,
    ReadStep,
    RemovePendingReplaceStep,
    ReplaceStep,
    SameStep,
    Step,
    UpdateStep,
)
from pulumi_gitlab_kubernetes.testing.host.values import (
    Properties,
)

_UNPROTECT: Final = (
    "To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program"
    " and run `pulumi up`"
)


class StepGenerator:
    """Generates the steps of a deployment, resource by resource.

    Args:
        stack: The stack's name.
        project: The project's name.
        previous: The previous deployment.
        registry: The deployment's providers.
        policies: The policies that check each resource.
        preview: Whether values may be unknown.
        report: Receives messages.
        resume: Takes imported resources, to pass them to `imported_steps`.
    """

    def __init__(
        self,
        stack: str,
        project: str,
        previous: Deployment,
        registry: Registry,
        policies: Policies,
        *,
        preview: bool,
        report: Report,
        resume: Callable[[Imported], None],
    ) -> None:
        self._stack = stack
        self._project = project
        self._previous = previous
        self._olds = {item.urn: item for item in previous.resources if not item.delete}
        self._registry = registry
        self._policies = policies
        self._preview = preview
        self._report = report
        self._resume = resume
        self._registered: set[str] = set()
        self._pending_deletes: set[int] = set()
        self._seen = Seen()
        self._aliases = Aliases(stack, project)
        self._differences = Differences(
            self._olds, registry, self._aliases, self._seen, report, preview=preview
        )
        self._replacements = Replacements(previous, registry, self._seen)
        self.failed = False
        """Whether there was an error that did not stop the preview."""

    @property
    def deletes(self) -> set[str]:
        """URNs of resources that are deleted, as far as known."""
        return self._seen.deletes

    def registration_steps(self, registration: Registration) -> list[Step]:
        """Return the steps for a resource that the program registered, in order.

        Args:
            registration: The resource.

        Returns:
            The steps.

        Raises:
            InvalidResourceError: It cannot be had.
            ProviderError: The provider failed.
            HostError: The program asked for something that cannot be done.
        """
        goal = registration.goal
        urn = self._name(goal)
        old = self._find_old(urn, goal)
        new = self._new_resource(urn, goal, old)
        known = (old.import_id or old.id) if old and not old.external else ""
        if goal.custom and goal.import_id not in ("", known):
            return self._import(old, new, registration)
        return self._goal_steps(old, new, registration)

    def imported_steps(self, imported: Imported) -> list[Step]:
        """Return the steps that make an imported resource what the program wants.

        Args:
            imported: The resource; see :meth:`registration_steps`.
        """
        registration, old = imported.registration, imported.resource
        new = old.copy(
            id="",
            inputs=registration.goal.properties,
            outputs={},
            init_errors=[],
            replacement_trigger=None,
        )
        steps = self._goal_steps(old, new, registration)
        if [type(step) for step in steps] == [SameStep]:
            registration.result.set_result(old)
            return []
        return steps

    def _import(
        self, old: Resource | None, new: Resource, registration: Registration
    ) -> list[Step]:
        """Return the steps that import a resource; others follow when it was read."""

        def resume(resource: Resource) -> None:
            self._resume(Imported(registration, resource))

        if old is None or new.urn in self._seen.deletes:
            return [ImportStep(new=new, then=resume)]
        return [
            ImportStep(Op.IMPORT_REPLACEMENT, new=new, original=old, then=resume),
            ReplaceStep(old=old, new=new),
        ]

    def _goal_steps(
        self, old: Resource | None, new: Resource, registration: Registration
    ) -> list[Step]:
        """Return the steps that lead from the old state of a resource to its goal."""
        goal, urn = registration.goal, new.urn
        recreating = urn in self._seen.deletes
        fresh = old is None or recreating or old.external or old.taint
        if old is not None and not fresh and goal.custom:
            wanted, unreachable = paths.ignore_changes(old.inputs, new.inputs, goal.ignore_changes)
            new.inputs = wanted
            if unreachable:
                listed = ", ".join(unreachable)
                self._report.info(
                    urn,
                    f'cannot ignore changes in added or removed elements of the path: "{listed}"',
                )
        valid = self._check(
            new,
            goal.properties if fresh else new.inputs,
            {} if fresh or old is None else old.inputs,
        )
        allowed = self._policies.evaluate(new, delete_before_replace=goal.delete_before_replace)
        if not (valid and allowed):
            raise InvalidResourceError
        result = registration.result
        if old is None:
            self._seen.creates.add(urn)
            return [CreateStep(new=new, result=result)]
        if recreating:
            return self._recreate(old, new, registration)
        if old.external:
            self._seen.creates.add(urn)
            return [
                CreateStep(Op.CREATE_REPLACEMENT, old, new, result, pending_delete=True),
                ReplaceStep(old=old, new=new),
            ]
        return self._steps_from_diff(old, new, registration) or self._same(old, new, registration)

    def read_steps(self, request: ReadRequest) -> list[Step]:
        """Return the steps for reading a resource; see :meth:`registration_steps`."""
        goal = request.goal
        urn = self._name(goal)
        old = self._find_old(urn, goal)
        new = self._new_resource(urn, goal, None)
        new.id, new.external = request.id, True
        if not new.id:
            raise HostError(f"Expected an ID for {urn}")
        if old is not None and not old.external and old.id != new.id:
            self._seen.replaces.add(urn)
            return [
                ReadStep(Op.READ_REPLACEMENT, old, new, request.result),
                ReplaceStep(old=old, new=new),
            ]
        self._seen.reads.add(urn)
        return [ReadStep(old=old, new=new, result=request.result)]

    def delete_steps(self) -> list[Step]:
        """Return the steps that delete what the program no longer declares, in no order."""
        steps: list[Step] = []
        for resource in self._previous.resources:
            if resource.delete:
                if id(resource) in self._pending_deletes:
                    continue
                self._seen.deletes.add(resource.urn)
                steps.append(DeleteStep.of(resource, self._seen.deletes, replaced=True))
            elif not self._is_handled(resource.urn):
                self._seen.deletes.add(resource.urn)
                if resource.pending_replacement:
                    steps.append(RemovePendingReplaceStep(old=resource))
                else:
                    steps.append(DeleteStep.of(resource, self._seen.deletes, replaced=False))
            else:
                continue
            self._registry.ensure(resource.provider, self._previous.resources)
        return steps

    def _name(self, goal: Goal) -> str:
        if goal.parent and goal.parent not in self._registered:
            raise HostError(f"could not find parent resource {goal.parent}")
        urn = urns.make(self._stack, self._project, goal.parent, goal.type, goal.name)
        if urn in self._registered:
            self._report.error(urn, f"Duplicate resource URN '{urn}'; try giving it a unique name")
            raise InvalidResourceError
        self._registered.add(urn)
        return urn

    def _find_old(self, urn: str, goal: Goal) -> Resource | None:
        old, problems = self._aliases.find(urn, goal, self._olds, self._registered)
        for problem in problems:
            self._report.error(urn, problem)
        if problems:
            raise InvalidResourceError
        return old

    def _new_resource(self, urn: str, goal: Goal, old: Resource | None) -> Resource:
        alias = self._aliases.old_name(urn)
        new = goal.resource(urn, old, [alias] if alias else [])
        if new.is_provider:
            self._differences.add_provider(new)
            for name in new.aliases:
                self._registry.rename(urn, name)
        return new

    def _check(self, new: Resource, inputs: Properties, old_inputs: Properties) -> bool:
        """Let the provider check the inputs and fill in defaults; return whether they are valid."""
        if not new.custom:
            return True
        manager = self._registry.manager_of(new)
        new.inputs, failures = manager.check(new.urn, old_inputs, inputs, unknowns=self._preview)
        for failure in failures:
            self._report.error(new.urn, describe(new, failure))
        return not failures

    def _same(self, old: Resource, new: Resource, registration: Registration) -> list[Step]:
        self._seen.sames.add(new.urn)
        return [SameStep(old=old, new=new, result=registration.result)]

    def _recreate(self, old: Resource, new: Resource, registration: Registration) -> list[Step]:
        """Return the steps for a resource that was deleted together with one it depends on."""
        self._seen.deletes.discard(new.urn)
        self._seen.replaces.add(new.urn)
        keys = self._replacements.keys.get(new.urn, [])
        return [
            ReplaceStep(old=old, new=new),
            CreateStep(Op.CREATE_REPLACEMENT, old, new, registration.result, replaces=keys),
        ]

    def _steps_from_diff(
        self, old: Resource, new: Resource, registration: Registration
    ) -> list[Step]:
        goal = registration.goal
        triggered = self._differences.is_triggered(old, new)
        diff = Diff(changes=True) if triggered else self._differences.of(old, new)
        diff = replace_on_changes(
            diff, goal.replace_on_changes, has_init_errors=bool(old.init_errors)
        )
        if diff.changes or old.pending_replacement:
            if diff.is_replacement or triggered or old.pending_replacement:
                return self._replace(old, new, registration, diff)
        elif not old.init_errors:
            return []
        self._seen.updates.add(new.urn)
        return [
            UpdateStep(
                old=old,
                new=new,
                result=registration.result,
                diff=diff.changed,
                detailed=diff.detailed,
            )
        ]

    def _replace(
        self, old: Resource, new: Resource, registration: Registration, diff: Diff
    ) -> list[Step]:
        urn, goal = new.urn, registration.goal
        if new.protect and old.protect:
            self._report.error(
                urn,
                f'unable to replace resource "{urn}"\nas it is currently marked for protection.'
                f" {_UNPROTECT}",
            )
            self.failed = True
            if not self._preview:
                raise InvalidResourceError
        if goal.import_id:
            problem = replaced_import(old, new, diff)
            if not self._preview:
                raise HostError(problem)
            self._report.warning(urn, problem)
        self._seen.replaces.add(urn)
        if not old.taint and not self._check(new, goal.properties, {}):
            raise InvalidResourceError
        delete_first = goal.delete_before_replace
        if delete_first is None:
            delete_first = diff.delete_before_replace
        create = CreateStep(
            Op.CREATE_REPLACEMENT,
            old,
            new,
            registration.result,
            diff.changed,
            diff.replaces,
            diff.detailed,
            pending_delete=not delete_first,
        )
        replace = ReplaceStep(
            old=old, new=new, diff=diff.changed, replaces=diff.replaces, detailed=diff.detailed
        )
        if delete_first:
            return [*self._deletes_first(old, new), replace, create]
        return [create, replace]

    def _deletes_first(self, old: Resource, new: Resource) -> list[Step]:
        """Return the steps that delete a resource before its replacement, dependents first."""
        steps: list[Step] = []
        for dependent in reversed(self._replacements.of(old, new.urn)):
            if id(dependent) in self._pending_deletes:
                continue
            if dependent.protect and not dependent.delete:
                self._report.error(
                    new.urn,
                    f'unable to replace resource "{dependent.urn}" as part of replacing "{new.urn}"'
                    f" as it is currently marked for protection. {_UNPROTECT}, or use the"
                    f" command:\n`pulumi state unprotect '{dependent.urn}'`",
                )
                raise InvalidResourceError
            steps.append(
                DeleteStep.of(
                    dependent,
                    self._seen.deletes,
                    replaced=not dependent.delete,
                    pending=not dependent.delete,
                )
            )
            self._seen.deletes.add(dependent.urn)
            self._pending_deletes.add(id(dependent))
        self._registry.ensure(old.provider, self._previous.resources)
        if not old.pending_replacement:
            self._seen.deletes.add(old.urn)
            steps.append(DeleteStep.of(old, self._seen.deletes, replaced=True, pending=True))
        return steps

    def _is_handled(self, urn: str) -> bool:
        return self._seen.is_kept(self._aliases.new_name(urn))
