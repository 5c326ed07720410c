"""Put the fallback of a deployment in force, or end it, and tell what it shows.

In force is stored (`fallback_since`, `fallback_reason`), so that lists of leads and bills need no further look: it is
worked out where a state changes, where scoring finds the version damaged, and hourly with the health.
"""

from typing import NamedTuple

from odoo.models import BaseModel
from odoo.tools import format_date

from ..tools import clock
from ..tools.trust import own
from . import fallbacks


class Fallback(NamedTuple):
    """Fallback of one deployment."""

    deployment: BaseModel
    below: float | None  # only where the confidence of the score is below this; None: on every record
    sentence: str


class FallbackSwitch:
    """The fallback of one deployment.

    :param deployment: ai.deployment with all rights
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env

    @property
    def is_chosen(self) -> bool:
        return self.deployment.fallback != "none"

    def reason(self) -> str:
        """Return why no score may be shown now, as part of a sentence; empty where all is well."""
        deployment = self.deployment
        if deployment.state == "suspended":
            return self.env._("the deployment is suspended")
        if deployment.state != "production":
            return ""
        if deployment._grace_over():
            return self.env._("no owner is available")
        if deployment.champion_id and deployment.champion_id._fault():
            return self.env._("the version cannot be used at the moment")
        return ""

    def update(self) -> None:
        """Put the fallback in force where there is a reason, and end it where there is none any more."""
        deployment = self.deployment
        reason = (self.is_chosen and self.reason()) or False
        if bool(deployment.fallback_since) != bool(reason) or (deployment.fallback_reason or False) != reason:
            since = deployment.fallback_since or clock.now()
            deployment.write({"fallback_since": since if reason else False, "fallback_reason": reason})
            own(deployment)._message_log(body=self._news(reason))
        fallbacks.of(deployment).follow()

    def refresh(self) -> None:
        """Put it in force or end it, and have ready what it shows; once an hour."""
        self.update()
        fallbacks.of(self.deployment).refresh()

    def _news(self, reason: str | bool) -> str:
        if not reason:
            return self.env._("Scores are shown again.")
        return self.env._(
            "Fallback shown instead of scores from now on: %(what)s, as %(why)s.", what=self._label(), why=reason
        )

    def _label(self) -> str:
        return dict(self.deployment._fields["fallback"]._description_selection(self.env))[self.deployment.fallback]

    def in_force(self) -> Fallback | None:
        """Return what is shown on every record instead of scores, and why; None where scores are shown."""
        if not self.is_chosen or not self.deployment.fallback_since:
            return None
        sentence = self.env._(
            "%(what)s; %(why)s (since %(day)s).",
            what=self._label(),
            why=self.deployment.fallback_reason,
            day=format_date(self.env, self.deployment.fallback_since),
        )
        return Fallback(self.deployment, None, sentence)

    def where_unsure(self) -> Fallback | None:
        """Return what is shown on records whose score has too low a confidence; None where every score is shown."""
        if not self.is_chosen or not self.deployment.fallback_below:
            return None
        sentence = self.env._("%s; the confidence of the score is too low here.", self._label())
        return Fallback(self.deployment, self.deployment.fallback_below, sentence)
