"""One click back: proved first, refused where it cannot be proved, and only a pointer moves."""

import json
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.golden import golden_set
from odoo.addons.ai_deployment.models.training.questions import answer
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestRollback(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        columns = {
            "expected_revenue": make_column("expected_revenue", NUMBER, [500.0, 5000.0, 50000.0]),
            "country_id": make_column("country_id", CATEGORY, [str(self.belgium.id)] * 3),
            "source_id": make_column("source_id", CATEGORY, [None] * 3),
        }
        self.lead = self.make_leads()
        with clock.at(NOW):
            self.deployment._score(self.lead)
        card = self.card(low=-2.0)
        self.second = self.keep(self.deployment, card, golden=golden_set(card, columns))
        with clock.at(NOW + timedelta(hours=1)):
            self.deployment._assign_champion(self.second, "test")
            self.deployment._score(self.make_leads(2, expected_revenue=200), again=True)
        self.later = NOW + timedelta(hours=2)
        self.enterContext(clock.at(self.later))

    def alter(self, version, assignment, *values):
        self.env.flush_all()
        self.env.cr.execute(f"UPDATE ai_deployment_version SET {assignment} WHERE id = %s", [*values, version.id])  # pylint: disable=sql-injection
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def test_the_version_before_serves_again(self):
        action = self.deployment.with_user(self.deputy).action_roll_back()
        self.assertEqual(self.deployment.champion_id, self.version)
        self.assertEqual((action["res_model"], action["res_id"]), ("ai.deployment.version", self.second.id))
        assignment = self.deployment.assignment_ids.filtered(lambda one: not one.end_date)
        self.assertEqual((assignment.version_id, assignment.user_id), (self.version, self.deputy))
        self.assertIn("Rolled back from Version 2. It scores 1 stored records as before.", assignment.reason)
        self.assertIn("rolled back to Version 1", self.deployment.message_ids[0].body)
        self.assertEqual(len(self.deployment.version_ids), 2, "pointers only")
        for moment, version in (
            (NOW, self.version),
            (NOW + timedelta(hours=1), self.second),
            (self.later, self.version),
        ):
            self.assertEqual(self.deployment.version_at(moment), {self.deployment.id: version.id})

    def test_going_back_leads_around_no_question(self):
        question = {"code": "card", "auc": 0.97, "key": "", "share": 0.0}
        self.alter(self.version, "questions = %s::jsonb", json.dumps([question]))
        with self.assertRaisesRegex(UserError, "cannot serve again: answer in writing"):
            self.deployment.with_user(self.owner).action_roll_back()
        self.assertEqual(self.deployment.champion_id, self.second)
        answer(self.version.with_user(self.owner), "Sales enters the values at the first call.")
        self.deployment.with_user(self.owner).action_roll_back()
        self.assertEqual(self.deployment.champion_id, self.version)

    def test_back_and_forth(self):
        self.deployment.with_user(self.owner).action_roll_back()
        self.second.with_user(self.owner).action_roll_back()
        self.assertEqual(self.deployment.champion_id, self.second)
        self.assertIn("3 stored records", self.deployment.assignment_ids.filtered(lambda one: not one.end_date).reason)

    def test_a_damaged_artifact_is_refused(self):
        self.alter(self.version, "artifact = jsonb_set(artifact, '{intercept}', '7')")
        with self.assertRaisesRegex(UserError, "Version 1 cannot serve again"):
            self.deployment.with_user(self.owner).action_roll_back()
        self.assertEqual(self.deployment.champion_id, self.second)

    def test_other_scores_than_before_are_refused(self):
        self.deployment.with_user(self.owner).action_roll_back()
        golden = [{**row, "score": row["score"] + 0.01} for row in self.second.sudo().golden]
        self.alter(self.second, "golden = %s::jsonb", json.dumps(golden))
        with self.assertRaisesRegex(UserError, "differently than before"):
            self.second.with_user(self.owner).action_roll_back()
        self.assertEqual(self.deployment.champion_id, self.version)

    def test_what_never_served_or_serves_is_refused(self):
        third = self.keep(self.deployment, self.card(low=-3.0))
        for version, text in ((third, "has never served"), (self.second, "is serving already")):
            with self.assertRaisesRegex(UserError, text):
                version.with_user(self.owner).action_roll_back()
        lonely = self.make_deployment(is_primary=False)
        self.serve(lonely, self.card())
        with self.assertRaisesRegex(UserError, "No other version has served"):
            lonely.with_user(self.owner).action_roll_back()

    def test_only_its_people_roll_back(self):
        for user in (self.reviewer, self.other_owner):
            with self.assertRaises(AccessError):
                self.deployment.with_user(user).action_roll_back()
            with self.assertRaises(AccessError):
                self.version.with_user(user).action_roll_back()
            with self.assertRaises(AccessError):
                self.second.with_user(user).action_score_again()

    def test_what_the_withdrawn_version_wrote_is_scored_again(self):
        self.assertEqual(self.second.left_behind_count, 0, "it serves")
        self.deployment.with_user(self.owner).action_roll_back()
        self.second.invalidate_recordset()
        self.assertEqual(self.second.left_behind_count, 2)
        action = self.second.with_user(self.owner).action_score_again()
        batch = self.env["ai.deployment.batch"].browse(action["res_id"])
        self.assertEqual((batch.record_count, batch.user_id, batch.again), (2, self.owner, True))

    def test_a_moment_is_asked_for(self):
        for moment in ("nonsense", "", None):
            with self.assertRaises(UserError):
                self.deployment.version_at(moment)
