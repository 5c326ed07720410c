"""Who built a deployment or answers for it does not approve it, unless one person may do it all."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import DAY, DecisionCase


@tagged("post_install", "-at_install")
class TestDuties(DecisionCase):
    def test_who_built_it_does_not_decide(self):
        trained = self.keep(self.deployment, self.card(high=2.0))
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET trained_by_id = %s WHERE id = %s", [self.approver.id, trained.id]
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(AccessError, "Builders, owners and deputies"), self.env.cr.savepoint():
            self.decide()
        row = self.deployment.check_ids.filtered(lambda check: check.code == "approver")
        row.waived_until = False
        row._refresh()
        self.assertEqual((row.state, "built it" in row.evidence), ("missing", True))
        with self.assertRaisesRegex(ValidationError, "built it"), self.env.cr.savepoint():
            self.env["ai.deployment.approval"].create(
                {
                    "deployment_id": self.deployment.id,
                    "outcome": "go",
                    "minutes": "x",
                    "date": NOW,
                    "user_id": self.approver.id,
                    "next_review_date": NOW.date(),
                }
            )

    def test_who_answers_for_it_does_not_decide_whichever_is_named_first(self):
        for values in (
            {"approver_id": self.owner.id},
            {"approver_id": self.deputy.id},
            {"user_id": self.approver.id},
            {"deputy_id": self.approver.id},
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, "so another person has to approve"),
                self.env.cr.savepoint(),
            ):
                self.deployment.write(values)
        mine = (
            self.env["ai.deployment"]
            .with_user(self.other_owner)
            .create({"name": "Mine", "purpose": "A test of who decides.", "model_id": self.lead_model.id})
        )
        with self.assertRaisesRegex(ValidationError, "built it"), self.env.cr.savepoint():
            mine.approver_id = self.other_owner

    def test_who_answers_its_questions_is_not_only_who_built_it_or_decides(self):
        row = self.deployment.check_ids.filtered(lambda check: check.code == "approver")
        row.waived_until = False
        for reviewers, state in ((self.approver, "missing"), (self.approver + self.deputy, "met")):
            self.deployment.reviewer_ids = reviewers
            row._refresh()
            self.assertEqual(row.state, state, row.evidence)

    def test_one_person_where_the_template_permits_it_logged_and_renewed(self):
        self.deployment.check_template_id = self.env.ref("ai_deployment.check_template_small")
        self.deployment.approver_id = self.owner
        decision = self.decide(person=self.owner)
        self.assertTrue(decision.by_builder)
        last = decision.next_review_date
        with clock.at(NOW + 91 * DAY):
            self.deployment.with_user(self.owner).suspend()
            self.deployment.review_date = clock.today() + 30 * DAY
            with self.assertRaisesRegex(UserError, "valid until"), self.env.cr.savepoint():
                self.deployment.with_user(self.owner).action_go_live()
            self.decide(person=self.owner)
            self.deployment.with_user(self.owner).action_go_live()
        self.assertGreater(self.deployment.review_date, last)
