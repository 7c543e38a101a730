"""A policy document as it is evaluated: statements with compiled patterns and tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from snapplatform.access.policies.operators import Test
from snapplatform.access.policies.values import Value
from snapplatform.access.policies.wildcards import PatternSet
from snapplatform.access.resources import Resource


class Effect(StrEnum):
    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Actions:
    """What Action, or with `negated` NotAction, names. Patterns and names are compared in small letters."""

    patterns: PatternSet
    negated: bool = False

    def match(self, names: tuple[str, ...]) -> bool:
        """Whether an action of these names (in small letters) is meant; any of its names will do."""
        return self.patterns.matches_any(names) is not self.negated


@dataclass(frozen=True, slots=True)
class Target:
    """Resource names that differ in their last field only: acs:<service>:<region>:<account>:<relative>.

    Field is compared with field, so that a star in one never reaches into the next. The region is not
    compared: a site is one place.
    """

    service: PatternSet
    account: PatternSet
    relative: PatternSet

    def reaches(self, services: tuple[str, ...], account: str) -> bool:
        return self.account.matches(account) and self.service.matches_any(services)


@dataclass(frozen=True, slots=True)
class Targets:
    """What Resource, or with `negated` NotResource, names. `everything`: a lone star."""

    targets: tuple[Target, ...]
    everything: bool = False
    negated: bool = False

    def match(self, services: tuple[str, ...], resource: Resource) -> bool:
        """Whether the resource is meant, under any of its names and any of the services it belongs to."""
        return self._match(services, resource) is not self.negated

    def _match(self, services: tuple[str, ...], resource: Resource) -> bool:
        if self.everything:
            return True
        for target in self.targets:
            if target.relative.matches_any(resource.relatives) and target.reaches(services, resource.account):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `index` is its place in the document, from 0, as in the paths of mistakes."""

    index: int
    effect: Effect
    actions: Actions
    targets: Targets
    tests: tuple[Test, ...] = ()

    def allows_context(self, context: Mapping[str, Value]) -> bool:
        """Whether all conditions hold."""
        return not self.tests or all(test.holds(context) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document. `digest` is the SHA-256 of its text, in hex: documents with the same are the same."""

    digest: str
    statements: tuple[Statement, ...] = field(compare=False, repr=False)
    _about: dict[tuple[str, ...], "Statements"] = field(default_factory=dict, compare=False, repr=False)

    def about(self, names: tuple[str, ...]) -> "Statements":
        """The statements whose Action or NotAction means an action of these names: (denies, allows).

        They are remembered: there are few actions, and nearly all of a document is about other ones.
        """
        found = self._about.get(names)
        if found is None:
            meant = [one for one in self.statements if one.actions.match(names)]
            found = (
                tuple(one for one in meant if one.effect is Effect.DENY),
                tuple(one for one in meant if one.effect is Effect.ALLOW),
            )
            if len(self._about) >= _REMEMBERED:
                self._about.clear()
            self._about[names] = found
        return found


Statements = tuple[tuple[Statement, ...], tuple[Statement, ...]]
_REMEMBERED = 256  # more than there are actions
