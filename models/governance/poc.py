"""A proof of concept: who pays for it, until when, and when it should not be built.

It ends on a day, unless somebody extends it with a reason. Before anybody trains, the form shows the lessons of retired
deployments like it.
"""

import re
from datetime import date, datetime, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import format_date

from ..alerting.alert_kinds import POC
from ..deployment.eligibility import person_gap
from ..deployment.life_cycle import keep_transitions
from ..tools import clock
from ..tools.told import told

PROOF_DAYS = 90  # of a proof of concept, where nobody chose
MOST_PROOF_DAYS = 365  # of a proof of concept
ALIKE_INPUTS = 0.5  # share of the inputs of both that are the same
ALIKE_WORDS = 2  # that purposes of similar deployments share
WORD = re.compile(r"\w{4,}")
COMMON_WORDS = frozenset(
    "about after also because been call does find from have into lead leads bill bills more most only other predict "
    "records score scores should some tell tells than that their them then there these they this those unusual what "
    "when where which will with without worth would your".split()
)


class ProofOfConcept:
    """The time and the prospects of one deployment as long as it is a proof of concept."""

    def __init__(self, deployment: BaseModel) -> None:
        deployment.ensure_one()
        self.deployment = deployment
        self.told = deployment.sudo()
        self.env = deployment.env

    # Its time

    def is_expired(self) -> bool:
        """Return whether its last day is over."""
        deployment = self.deployment
        return deployment.state == "poc" and bool(deployment.expiry_date) and deployment.expiry_date < clock.today()

    def expired_text(self) -> str:
        """Return the sentence that it has to be extended first, or an empty string."""
        if not self.is_expired():
            return ""
        return self.env._(
            "its proof of concept ended on %s: extend it with a reason first.",
            format_date(self.env, self.deployment.expiry_date),
        )

    def extend(self, day: date | None, reason: str | None) -> None:
        """Give it more time, as a person who answers for it; stored as a transition from proof to proof.

        :param day: the new last day, later than the current one and within a year
        """
        deployment = self.deployment
        deployment._check_decides()
        if deployment.state != "poc":
            raise UserError(self.env._("“%s” is no longer a proof of concept.", deployment.name))
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Enter why more time is needed, and which results are expected by then."))
        if not day or day <= clock.today() or (deployment.expiry_date and day <= deployment.expiry_date):
            raise ValidationError(self.env._("The new end date must be in the future and after the current one."))
        if day > clock.today() + timedelta(days=MOST_PROOF_DAYS):
            raise ValidationError(self.env._("A proof of concept can be extended by one year at most."))
        self.told.expiry_date = day
        text = self.env._("Extended until %(day)s: %(why)s", day=format_date(self.env, day), why=reason)
        keep_transitions(deployment, {deployment.id: "poc"}, "poc", text)

    # A reason not to build it

    def reason(self) -> str:
        """Return the sentence that says why it should not be built, or an empty string."""
        deployment = self.deployment
        if deployment.state != "poc":
            return ""
        gap = person_gap(deployment, deployment.user_id)
        if gap:
            return self.env._("%s Without an owner, this is a reason to stop the proof of concept.", gap)
        if not deployment.has_accepted:
            return self.env._(
                "%s has not accepted ownership. Without an owner, this is a reason to stop the proof of concept.",
                deployment.user_id.name,
            )
        if self.is_expired():
            return self.env._(
                "Its end date was %s. Without results by then, this is a reason to stop the proof of concept.",
                format_date(self.env, deployment.expiry_date),
            )
        since = self._worked_on()
        if clock.now() - since > timedelta(weeks=deployment.poc_idle_weeks):
            return self.env._(
                "No activity since %s. Lack of time is a reason to stop the proof of concept.",
                format_date(self.env, since),
            )
        return ""

    def watch(self) -> None:
        """Raise or resolve the alert that tells who pays for it. A new one is left alone for a week."""
        deployment, alerts, reason = self.told, self.told.env["ai.deployment.alert"], self.reason()
        if not reason or clock.now() - self._began() < timedelta(weeks=1):
            alerts._resolve(deployment, POC)
            return
        alert = alerts._raise(
            deployment,
            POC,
            name=told(self.env, lambda env: ProofOfConcept(self.deployment.with_env(env)).reason()),
            suggestion=told(
                self.env,
                lambda env: env._("Find an owner and the time for it, or retire it and record the lessons learned."),
            ),
        )
        holder = deployment.budget_holder_id
        if holder.active and holder not in alert.activity_ids.user_id and alert.state == "firing":
            alert._point(holder, lambda there: there.name)

    def _began(self) -> datetime:
        """Return when it was made, by the clock."""
        return min(self.told.transition_ids.mapped("date"), default=self.told.create_date)

    def _worked_on(self) -> datetime:
        """Return when somebody last declared an input, trained, extended, accepted or signed."""
        deployment = self.told
        moments = [
            deployment.accepted_date,
            *deployment.version_ids.mapped("trained_date"),
            *deployment.feature_ids.mapped("write_date"),
            *deployment.transition_ids.mapped("date"),
            *deployment.check_ids.mapped("signed_date"),
        ]
        return max((moment for moment in moments if moment and moment <= clock.now()), default=self._began())

    # Lessons of others

    def lessons(self) -> list[tuple[str, str]]:
        """Return (name, lesson) of at most three retired deployments of its kind that resemble it, the latest first.

        The lesson is written for whoever begins something similar, so it is shown to users of the company who could not
        read that deployment.
        """
        deployment = self.told
        if deployment.state not in (False, "poc") or not (deployment.res_model or deployment.model_id):
            return []
        retired = deployment.with_context(active_test=False).search(
            Domain("state", "=", "retired")
            & Domain("lesson", "!=", False)
            & Domain("res_model", "=", deployment.model_id.model)
            & Domain("method", "=", deployment.method)
            & Domain("company_id", "in", deployment.company_id._ai_above_sql())
            & Domain("id", "!=", deployment._origin.id),
            order="id desc",
        )
        return [(other.name, other.lesson) for other in retired.filtered(self._resembles)[:3]]

    def _resembles(self, other: BaseModel) -> bool:
        """Return whether `other` has half of the inputs or some of the words in common."""
        mine, its = set(self.deployment.feature_ids.mapped("key")), set(other.feature_ids.mapped("key"))
        common = mine & its - {False}
        if common and len(common) >= ALIKE_INPUTS * min(len(mine), len(its)):
            return True
        return len(_words(self.deployment) & _words(other)) >= ALIKE_WORDS


def _words(deployment: BaseModel) -> set[str]:
    """Return the words of name and purpose that tell what it is about."""
    said = " ".join(text for text in (deployment.name, deployment.purpose) if text)
    return set(WORD.findall(said.lower())) - COMMON_WORDS
