"""Signing a go or no-go, and whether a valid one covers going into production.

Nobody approves what they built or answer for, unless the template of the checklist says that one person may do it all;
then the decision says so, and is valid until the next periodic review only.

A go is for the version that served when it was signed. One that is promoted or rolled back to while the deployment is
in production passed a test of its own, and the go stays valid; to come back into production with a version that was
never there takes a new decision (`Approval.gap`).
"""

from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.models import BaseModel
from odoo.tools import SQL, format_date

from ..deployment.history import was_live
from ..tools import clock
from .ai_deployment_approval import OUTCOMES
from .checklist import Checklist
from .duties import conflicted_users

LEAST_DAYS = 90  # from going live to the first review
MOST_DAYS = 730  # to the next review, whichever


class Approval:
    """The decisions on one deployment. The record handed in has the rights of the person who decides."""

    def __init__(self, deployment: BaseModel) -> None:
        deployment.ensure_one()
        self.deployment = deployment
        self.told = deployment.sudo()
        self.env = deployment.env

    def sign(
        self,
        outcome: str,
        minutes: str,
        next_review_date: date | None = None,
        conditions: str = "",
        seen: tuple[BaseModel, BaseModel] | None = None,
    ) -> BaseModel:
        """Sign a go or no-go as the named approver. A go brings a deployment in shadow into production.

        :param outcome: a code of `OUTCOMES`
        :param minutes: why
        :param seen: (serving version, latest decision) as the approver saw them; refused where they have changed
        :return: the decision
        """
        deployment, told = self.deployment, self.told
        self._check_may_sign()
        # Two who decide at once would both see the other's decision missing. Who comes second waits; where the first
        # one has written meanwhile, PostgreSQL says so and Odoo begins anew.
        self.env.execute_query(SQL("SELECT id FROM ai_deployment WHERE id = %s FOR NO KEY UPDATE", deployment.id))
        self._check_values(outcome, minutes, next_review_date, conditions)
        if seen and seen != (told.champion_id, told.latest_approval_id):
            raise UserError(
                self.env._(
                    "An approval was recorded, or another version serves, since you opened this form. Check it again."
                )
            )
        checklist = Checklist(told)
        gap = checklist.gap()
        if outcome != "no_go" and gap:
            raise UserError(self.env._("“%(name)s” is not ready: %(why)s", name=deployment.name, why=gap))
        by_builder = self.env.user in conflicted_users(deployment)
        review_date = next_review_date or clock.today() + timedelta(days=LEAST_DAYS)
        decision = told.env["ai.deployment.approval"].create(
            {
                "deployment_id": deployment.id,
                "version_id": told.champion_id.id,
                "outcome": outcome,
                "kind": "review" if was_live(told) else "first",
                "date": clock.now(),
                "user_id": self.env.uid,
                "conditions": (conditions or "").strip(),
                "minutes": minutes.strip(),
                "next_review_date": review_date,
                "evidence": checklist.frozen(),
                "by_builder": by_builder,
            }
        )
        told.review_date = review_date
        self._follow(decision)
        return decision

    def _check_may_sign(self) -> None:
        approver = self.told.approver_id
        if self.env.user != approver:
            raise AccessError(
                self.env._("Only %s can approve this.", approver.name)
                if approver
                else self.env._("No approver is assigned yet: the owner assigns one first.")
            )
        if self.env.user in conflicted_users(self.deployment) and not self.told.check_template_id.one_person:
            raise AccessError(
                self.env._("Builders, owners and deputies cannot approve it: the owner assigns another approver.")
            )

    def _check_values(self, outcome: str, minutes: str, next_review_date: date | None, conditions: str) -> None:
        if outcome not in dict(OUTCOMES):
            raise UserError(self.env._("An approval is a go, a go with conditions, or a no-go."))
        if self.told.state not in ("shadow", "production", "suspended"):
            raise UserError(self.env._("Nothing to approve yet: start shadow first."))
        if not (minutes or "").strip():
            raise UserError(self.env._("Enter the reason for your decision."))
        if outcome == "conditions" and not (conditions or "").strip():
            raise UserError(self.env._("Enter the conditions."))
        if not next_review_date:
            return
        if next_review_date <= clock.today():
            raise ValidationError(self.env._("The next review must be in the future."))
        if next_review_date > clock.today() + timedelta(days=MOST_DAYS):
            raise ValidationError(self.env._("The next review must be within two years."))
        least = clock.today() + timedelta(days=LEAST_DAYS)
        if outcome != "no_go" and next_review_date < least and not was_live(self.told):
            raise ValidationError(
                self.env._("The first periodic review must be at least %s days after going live.", LEAST_DAYS)
            )

    def _follow(self, decision: BaseModel) -> None:
        """Move on a go from shadow into production, and on a no-go from production back into shadow."""
        if decision.outcome == "no_go" and self.told.state == "production":
            # A no-go is always followed: without a version that could go on in shadow, it is suspended.
            missing = self.told._missing_for("shadow")
            self.told._move("suspended" if missing else "shadow", decision.minutes)
        elif decision.outcome != "no_go" and self.told.state == "shadow":
            self.told._move("production", decision.minutes)

    def gap(self) -> str:
        """Return why no valid approval covers going into production now, or an empty string."""
        told, latest = self.told, self.told.latest_approval_id
        if not latest:
            return self.env._("no go has been signed yet.")
        if latest.outcome == "no_go":
            return self.env._("the latest approval, by %s, is a no-go.", latest.user_id.name)
        if latest.by_builder and latest.next_review_date < clock.today():
            return self.env._(
                "a builder approved it, which was valid until %s only: a new approval is needed.",
                format_date(self.env, latest.next_review_date),
            )
        if told.review_date > latest.next_review_date:
            return self.env._(
                "its next review was decided to be on %s: set that date.",
                format_date(self.env, latest.next_review_date),
            )
        decided, serving = latest.version_id, told.champion_id
        if decided and decided != serving and not was_live(told, serving):
            return self.env._(
                "the go was for %(old)s, and %(new)s was never in production: it needs an approval.",
                old=decided.name,
                new=serving.name,
            )
        return ""

    def check_review_date(self, day: date | None) -> None:
        """Refuse to postpone the periodic review by writing a later date, from the first go on.

        :raise UserError: in whichever state
        """
        last = self._latest_review_date()
        if day and last and day > last and day != self.told.review_date:
            raise UserError(
                self.env._(
                    "“%(name)s” has an approval: its review date changes with a new approval.", name=self.told.name
                )
            )

    def _latest_review_date(self) -> date | None:
        """Return the day on which the next review is due at the latest; None before the first go."""
        if all(decision.outcome == "no_go" for decision in self.told.approval_ids):
            return None
        return self.told.latest_approval_id.next_review_date
