"""Interface of a health check, and its findings."""

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

from ..alerting.alert_kinds import Cause

SEVERE = "severe"  # a person is told at once
NOTICE = "notice"  # waits until somebody looks


class Finding(NamedTuple):
    """One thing that is wrong, with what to do about it.

    `told_as` are the causes under which another alert tells of it already (without a subject: any of that kind): where
    such an alert is open, no second one is opened.
    """

    code: str
    severity: str
    sentence: str
    suggestion: str
    breaks: bool = False  # nothing, or only nonsense, can be scored
    told_as: tuple[Cause, ...] = ()


class Check:
    """One thing that is looked at.

    `codes` are those of its findings; one that ends with a colon begins those of a family ("input:country_id").
    """

    codes: ClassVar[tuple[str, ...]] = ()

    def find(self, deployment: Any, facts: Any) -> Iterator[Finding]:
        """Yield what is wrong with one deployment.

        :param deployment: an ai.deployment with all rights that is at work
        :param facts: `facts.Facts`, read once for all deployments that are looked at
        """
        raise NotImplementedError


class InstanceCheck:
    """One thing about the whole database or server, told once however many deployments are at work."""

    codes: ClassVar[tuple[str, ...]] = ()
    always: ClassVar[bool] = False  # looked at even where no deployment is at work

    def find(self, deployments: Any, facts: Any) -> Iterator[Finding]:
        """Yield what is wrong for all of `deployments` alike."""
        raise NotImplementedError


def severe(
    code: str, sentence: str, suggestion: str, *, breaks: bool = False, told_as: tuple[Cause, ...] = ()
) -> Finding:
    """Return a finding that is told at once."""
    return Finding(code, SEVERE, sentence, suggestion, breaks, told_as)


def notice(code: str, sentence: str, suggestion: str, *, told_as: tuple[Cause, ...] = ()) -> Finding:
    """Return a finding that waits until somebody looks."""
    return Finding(code, NOTICE, sentence, suggestion, told_as=told_as)


def by_severity(findings: list[Finding]) -> list[Finding]:
    """Return `findings`, severe ones first and otherwise in their order."""
    return sorted(findings, key=lambda finding: finding.severity != SEVERE)
