"""Why one record had its score, on paper, with secrets masked."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.governance.common import ReportCase

ATTACK = "<script>alert('x')</script><img src=x onerror=alert(1)>"


@tagged("post_install", "-at_install")
class TestRecordEvidence(ReportCase):
    def test_it_says_why_with_every_input_and_its_points(self):
        text = self.paper("record_evidence", self.line)
        for words in (
            "Chairs for the town hall",
            "scored 81.8 %",
            "will win",
            "Expected Revenue",
            "20,000",
            "10,000 to 100,000",
            "+1.50",
            "Belgium",
            "+1.00",
            "Source",
            "0.00",
            "Base points",
            "-1.00",
            self.version.digest,
            "Log Line",
            str(self.line.id),
            "Version 1",
            "it was not in production",
        ):
            self.assertIn(words, text)

    def test_who_saw_it_is_who_could(self):
        with clock.at(NOW + timedelta(hours=1)):
            self.deployment.state = "production"
        with clock.at(NOW + timedelta(hours=2)):
            self.deployment._score(self.lead, again=True)
        text = self.paper("record_evidence", self.inferences_of(self.lead)[-1])
        self.assertIn("Members of", text)
        self.assertIn(self.viewer_group.full_name, text)

    def test_the_review_and_its_answer_are_printed(self):
        self.deployment.min_confidence = 1.0
        with clock.at(NOW):
            self.deployment._score(self.lead, again=True)
        line = self.inferences_of(self.lead)[-1]
        self.reviews_of(self.lead).with_user(self.reviewer)._decide("overridden", note=ATTACK, seconds=42.0)
        text = self.paper("record_evidence", line)
        for words in ("The score is wrong", self.reviewer.name, "in 42 s", "&lt;script&gt;"):
            self.assertIn(words, text)
        self.assertNotIn("<script>alert", text)

    def test_the_auditor_sees_no_input_and_others_no_sensitive_one(self):
        text = self.paper("record_evidence", self.line, self.auditor)
        self.assertNotIn("Belgium", text)
        self.assertNotIn("20,000", text)
        self.assertIn("•••", text)
        self.assertIn("+1.50", text)
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").sensitive = True
        text = self.paper("record_evidence", self.line)
        self.assertNotIn("Belgium", text)
        self.assertIn("20,000", text)
        self.owner.group_ids += self.env.ref("ai_deployment.group_sensitive")
        self.assertIn("Belgium", self.paper("record_evidence", self.line))

    def test_who_may_not_read_the_record_or_the_deployment_prints_nothing(self):
        narrow = new_test_user(
            self.env, "ai_narrow", groups="ai_deployment.group_reviewer,sales_team.group_sale_salesman", context=QUIET
        )
        self.deployment.reviewer_ids += narrow
        for person in (narrow, self.seller, self.other_owner, self.accountant, self.manager):
            with self.subTest(person.login), self.assertRaises(AccessError):
                self.paper("record_evidence", self.line, person)
            with self.assertRaises(AccessError):
                self.line.with_user(person).action_print_evidence()
        self.lead.user_id = narrow
        self.assertIn("Chairs for the town hall", self.paper("record_evidence", self.line, narrow))

    def test_a_record_that_could_not_be_scored_says_why(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(name=ATTACK, country_id=False)
        self.deployment._score(lead, now=NOW)
        text = self.paper("record_evidence", self.inferences_of(lead))
        self.assertIn("“Country” has no value.", text)
        self.assertNotIn("<script>alert", text)

    def test_a_deleted_record_is_the_auditors_only(self):
        self.lead.unlink()
        with self.assertRaises(AccessError):
            self.paper("record_evidence", self.line)
        self.assertIn("(deleted)", self.paper("record_evidence", self.line, self.auditor))

    def test_asked_by_day_it_is_the_score_of_that_day(self):
        self.lead.expected_revenue = 10
        with clock.at(NOW + timedelta(days=5)):
            self.deployment._score(self.lead)
        first, second = self.inferences_of(self.lead)
        asks = self.env["ai.deployment.record.evidence"].with_user(self.owner)
        for days, expected in ((-1, None), (0, first), (4, first), (5, second), (90, second)):
            ask = asks.create(
                {
                    "deployment_id": self.deployment.id,
                    "res_id": self.lead.id,
                    "date": (NOW + timedelta(days=days)).date(),
                }
            )
            self.assertEqual(ask.inference_id, expected or self.env["ai.deployment.inference"])
            if expected:
                self.assertEqual(ask.action_print()["context"]["active_ids"], expected.ids)
            else:
                with self.assertRaises(UserError):
                    ask.action_print()

    def test_the_question_about_a_record_out_of_sight_has_no_answer(self):
        asks = self.env["ai.deployment.record.evidence"].with_user(self.manager)
        ask = asks.create({"deployment_id": self.deployment.id, "res_id": self.lead.id, "date": NOW.date()})
        self.assertFalse(ask.inference_id)
        self.assertEqual(ask.found, "There is no score that you may see.")
