"""Rules about who gets something of it: scores that people see, and alerts that somebody reads."""

from odoo.models import BaseModel

from .rule import Evidence, Rule


class Audience(Rule):
    """Somebody will see the scores, and something scores new records."""

    code = "audience"

    def find(self, check: BaseModel) -> Evidence:
        deployment, words = self.deployment, self.env[self.deployment.res_model]._ai_words()
        if deployment.is_task:
            return self._reviewed()
        groups = deployment.viewer_group_ids
        if not groups:
            return Evidence(False, self.env._("Nobody will see the scores: “Visible to Groups” is empty."))
        if not groups.all_user_ids.filtered(lambda user: user.active and not user.share):
            names = ", ".join(groups.mapped("name"))
            return Evidence(False, self.env._("Nobody will see the scores: %s has no members.", names))
        if not deployment._is_fed():
            return Evidence(
                False,
                self.env._("Nothing scores new %s: choose under “When Scored” when that happens.", words["records"]),
            )
        return Evidence(
            True,
            self.env._(
                "Members of %(groups)s will see the scores, and new %(records)s are scored by themselves.",
                groups=", ".join(groups.mapped("name")),
                records=words["records"],
            ),
        )

    def _reviewed(self) -> Evidence:
        """Judge a deployment that proposes values: somebody reviews them, and records come to it."""
        deployment = self.deployment
        people = deployment.reviewer_ids.filtered("active")
        if not people:
            return Evidence(False, self.env._("Nobody reviews the proposed values: name reviewers."))
        if not deployment._is_fed():
            return Evidence(False, self.env._("No record comes to it: choose when under “When Scored”."))
        return Evidence(True, self.env._("Proposed values are reviewed by: %s.", ", ".join(people.mapped("name"))))


class Reader(Rule):
    """Somebody is notified of alerts, at an address that exists."""

    code = "reader"

    def find(self, check: BaseModel) -> Evidence:
        deployment = self.deployment
        channels = deployment.channel_ids.filtered(lambda channel: channel.active)
        outside = channels.filtered(lambda channel: channel.kind != "activity" and channel.frequency != "retraining")
        if outside:
            return Evidence(True, self.env._("Notified: %s.", ", ".join(outside.mapped("name"))))
        owner = deployment.user_id
        if channels and owner.active and owner.partner_id.email_normalized:
            return Evidence(True, self.env._("%s is notified by an activity, with an e-mail.", owner.name))
        return Evidence(
            False,
            self.env._("Nobody reads its alerts: %s has no e-mail address, and there is no other channel.", owner.name),
        )
