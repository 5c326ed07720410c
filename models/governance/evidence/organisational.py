"""Rules about people: an owner who accepted, an approver apart, signatures, a budget; and rows signed by hand."""

from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.tools import format_date

from ...deployment.eligibility import person_gap, shared_login_gap
from ...deployment.fingerprint import evidence_fingerprint
from ...tools import clock
from ...tools.wording import plain
from ..duties import builders, conflicted_users
from ..explanation import Explanation
from .rule import Evidence, Rule


class ByHand(Rule):
    """A person vouches for what no record proves."""

    code = "by_hand"

    def find(self, check: BaseModel) -> Evidence:
        if not check.signed_date:
            return Evidence(False, self.env._("Not signed yet."))
        if check.evidence_fingerprint != evidence_fingerprint(self.deployment):
            return Evidence(False, self.env._("It was signed for another version or other inputs: sign it again."))
        sentence = self.env._("Signed by %(person)s: %(note)s", person=check.signed_by_id.name, note=check.note)
        return Evidence(True, sentence, check.signed_date)

    def satisfy(self, check: BaseModel) -> dict | bool:
        return check._open_wizard("ai.deployment.check.sign", self.env._("Sign"))


class OwnerAccepted(Rule):
    """The owner can answer for the deployment, and accepted in person."""

    code = "owner_accepted"

    def find(self, check: BaseModel) -> Evidence:
        deployment, owner = self.deployment, self.deployment.user_id
        gap = person_gap(deployment, owner) or shared_login_gap(owner)
        if gap:
            return Evidence(False, gap)
        if not deployment.has_accepted:
            return Evidence(False, self.env._("%s has not accepted yet.", owner.name))
        return Evidence(True, self.env._("%s has accepted.", owner.name), deployment.accepted_date)

    def satisfy(self, check: BaseModel) -> dict | bool:
        if self.env.user != self.deployment.user_id:
            raise UserError(self.env._("Only %s can accept ownership, in person.", self.deployment.user_id.name))
        self.deployment.action_accept()
        check._refresh()
        return True


class Approver(Rule):
    """Somebody is named who approves, and neither built it nor answers for it."""

    code = "approver"

    def find(self, check: BaseModel) -> Evidence:
        deployment, person = self.deployment, self.deployment.approver_id
        if not person:
            return Evidence(False, self.env._("No approver is assigned."))
        if not person.active:
            return Evidence(False, self.env._("The approver %s is no longer active.", person.name))
        if not person.has_group("ai_deployment.group_reviewer"):
            return Evidence(False, self.env._("%s no longer has a role in AI deployments.", person.name))
        if deployment.check_template_id.one_person:
            return Evidence(True, self.env._("%s approves; this company allows one person in both roles.", person.name))
        made_by = builders(deployment)
        if person in made_by:
            return Evidence(False, self.env._("%s built it, so another person has to approve.", person.name))
        if person in deployment.user_id | deployment.deputy_id:
            return Evidence(
                False, self.env._("%s is the owner or deputy, so another person has to approve.", person.name)
            )
        if deployment.reviewer_ids and not deployment.reviewer_ids - made_by - person:
            return Evidence(False, self.env._("All reviewers built it or approve it: add another reviewer."))
        return Evidence(True, self.env._("%s approves, and is neither builder nor owner.", person.name))


class Explained(Rule):
    """Purpose, inputs and limits are explained, and were read and signed by others."""

    code = "explained"

    def find(self, check: BaseModel) -> Evidence:
        deployment = self.deployment
        gap = Explanation(deployment).gap()
        if gap:
            return Evidence(False, gap)
        if not deployment.signature_ids:
            return Evidence(False, self.env._("No signatory (finance, legal or IT) is selected yet."))
        one_person = deployment.check_template_id.one_person
        barred = deployment.browse().user_id if one_person else conflicted_users(deployment)
        for signature in deployment.signature_ids:
            name = signature.user_id.name
            if signature.state == "open":
                return Evidence(False, self.env._("%s has not signed it yet.", name))
            if signature.state == "changed":
                return Evidence(False, self.env._("The text has changed since %s signed it.", name))
            if not signature.user_id.active:
                return Evidence(False, self.env._("%s, who signed it, is no longer active.", name))
            if signature.user_id in barred:
                return Evidence(
                    False, self.env._("%s built it or is its owner or deputy: another person has to sign.", name)
                )
        names = ", ".join(deployment.signature_ids.user_id.mapped("name"))
        oldest = min(deployment.signature_ids.mapped("signed_date"))
        return Evidence(True, self.env._("Signed by %s.", names), oldest)

    def satisfy(self, check: BaseModel) -> dict | bool:
        deployment = self.deployment.sudo()
        mine = deployment.signature_ids.filtered(lambda one: one.user_id == self.env.user and one.state != "signed")
        if mine and not Explanation(deployment).gap():
            return {
                "type": "ir.actions.act_window",
                "res_model": mine._name,
                "res_id": mine[0].id,
                "target": "new",
                "views": [(False, "form")],
                "name": self.env._("Sign-offs"),
            }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Explain the Deployment"),
            "res_model": self.deployment._name,
            "res_id": self.deployment.id,
            "target": "new",
            "views": [(self.env.ref("ai_deployment.ai_deployment_view_form_explain").id, "form")],
        }


class Budget(Rule):
    """Hours, cost and a day are planned for training again."""

    code = "budget"

    def find(self, check: BaseModel) -> Evidence:
        deployment, event = self.deployment, self.deployment.retrain_event_id
        if not deployment.retrain_hours:
            return Evidence(False, self.env._("The hours of retraining are missing."))
        if not event or not event.active:
            return Evidence(False, self.env._("No date for retraining is scheduled."))
        if event.start <= clock.now():
            return Evidence(False, self.env._("The retraining date has passed: schedule the next one."))
        if deployment.user_id.partner_id not in event.partner_ids:
            return Evidence(
                False,
                self.env._("%s is not an attendee of the retraining meeting.", deployment.user_id.name),
            )
        what = self.env._(
            "%(hours)s hours and %(cost)s, scheduled for %(day)s.",
            hours=plain(self.env, round(deployment.retrain_hours, 1)),
            cost=deployment.currency_id.format(deployment.retrain_cost),
            day=format_date(self.env, event.start.date()),
        )
        return Evidence(True, what, clock.now())

    def satisfy(self, check: BaseModel) -> dict | bool:
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Retraining"),
            "view_mode": "form",
            "target": "new",
            "res_model": "ai.deployment.budget",
            "context": {"default_deployment_id": self.deployment.id},
        }
