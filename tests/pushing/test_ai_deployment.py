"""The API that external programs push to: who may call it, what it stores, and what it refuses."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.pushing.common import INPUTS, PushCase


@tagged("post_install", "-at_install")
class TestPushApi(PushCase):
    def codes(self):
        return {finding.code for finding in self.deployment._health()[self.deployment.id]}

    def test_rows_become_lines_scores_and_reviews(self):
        leads = self.make_leads(3)
        rows = [
            {"res_id": leads[2].id, "score": 0.9, "confidence": 0.8},
            {"res_id": leads[0].id, "score": 0.25},
            {"res_id": leads[1].id, "failure": {"message": "The file is empty.", "details": "api_key=abc12345"}},
        ]
        ids = self.push(rows)
        lines = self.env["ai.deployment.inference"].browse(ids)
        self.assertEqual(lines.mapped("res_id"), [leads[2].id, leads[0].id, leads[1].id])
        self.assertEqual([round(line.predicted_value, 2) for line in lines[:2]], [0.9, 0.25])
        self.assertEqual([round(line.confidence, 2) for line in lines[:2]], [0.8, 0.75])
        self.assertEqual((lines[2].failure_type, lines[2].route), ("outside_failure", "review"))
        self.assertIn("The file is empty.", lines[2].failure_message)
        self.assertEqual(lines.user_id, self.robot)
        self.assertEqual(self.reviews_of(leads).res_id, leads[1].id)
        self.assertEqual(round(self.score_of(leads[2]).predicted_value, 1), 0.9)
        self.assertBalanced(requested=3, automatic=2, in_review=1)
        self.assertTrue(lines[0].codes)  # binned like those of a card

    def test_the_same_call_again_changes_nothing_and_another_body_is_refused(self):
        lead = self.make_leads(1)
        rows = [{"res_id": lead.id, "score": 0.9}]
        first = self.push(rows)
        self.assertEqual(self.push([dict(reversed(list(rows[0].items())))]), first)
        self.assertEqual(len(self.inferences_of(lead)), 1)
        with self.assertRaises(UserError) as caught:
            self.push([{"res_id": lead.id, "score": 0.8}])
        self.assertIn("used before with other rows", str(caught.exception))
        self.assertNotEqual(self.push(rows, key="another"), first)

    def test_inputs_that_are_pushed_are_logged_in_place_of_those_of_the_record(self):
        lead = self.make_leads(1, expected_revenue=10)
        [line] = self.env["ai.deployment.inference"].browse(
            self.push([{"res_id": lead.id, "score": 0.9, "inputs": {"expected_revenue": 50_000}}])
        )
        self.assertIn("50,000", line.inputs_text)
        self.assertIn("Belgium", line.inputs_text)

    def test_records_that_are_gone_or_of_another_company_are_refused_and_nothing_is_stored(self):
        lead, gone = self.make_leads(1), self.make_leads(1)
        gone_id = gone.id
        gone.unlink()
        other = self.env["res.company"].create({"name": "Another company"})
        foreign = self.make_leads(1, company_id=other.id, user_id=False, team_id=False)
        for res_id in (gone_id, foreign.id):
            with self.assertRaises(ValidationError) as caught:
                self.push([{"res_id": lead.id, "score": 0.9}, {"res_id": res_id, "score": 0.9}])
            self.assertIn("Row 2, res_id", str(caught.exception))
        self.env.invalidate_all()
        self.assertFalse(self.env["ai.deployment.push"].search([("deployment_id", "=", self.deployment.id)]))

    def test_a_version_is_registered_once_and_serves_after_its_promotion(self):
        robot = self.deployment.with_user(self.robot)
        same = robot.register_version("forest 3.1", INPUTS)
        expected = {"id": self.version.id, "number": self.version.number, "is_serving": True, "is_challenger": False}
        self.assertEqual(same, expected)
        newer = robot.register_version("forest 3.2", INPUTS, description="More trees")
        self.assertEqual((newer["number"], newer["is_serving"]), (self.version.number + 1, False))
        for bad in (
            {"model": ""},
            {"model": "x" * 101},
            {"model": "x\0"},
            {"model": "x", "inputs": []},
            {"model": "x", "inputs": ["unheard"]},
            {"model": "x", "threshold": 1.5},
            {"model": "x", "threshold": True},
        ):
            with self.assertRaises(UserError):
                robot.register_version(**bad)

    def test_results_of_the_challenger_are_kept_beside_those_that_serve_and_shown_to_nobody(self):
        lead = self.make_leads(1)
        robot = self.deployment.with_user(self.robot)
        with clock.at(NOW):
            number = robot.register_version("forest 4", INPUTS)["number"]
            self.push([{"res_id": lead.id, "score": 0.3}])
            rows = [{"res_id": lead.id, "score": 0.9, "confidence": 0.8}]
            self.assertEqual(robot.record_inferences(rows, "theirs", number), [])
            self.assertEqual(robot.record_inferences(rows, "theirs", number), [], "the same call again")
            self.assertEqual(robot.heartbeat()["challenger"], number)
        line = self.env["ai.deployment.challenger.score"].search([])
        self.assertEqual((line.res_id, round(line.predicted_value, 2), line.is_first), (lead.id, 0.9, True))
        self.assertEqual(round(line.serving_value, 2), 0.3)
        self.assertEqual(round(self.score_of(lead).predicted_value, 2), 0.3)
        self.assertEqual(len(self.inferences_of(lead)), 1)

    def test_results_of_a_version_that_neither_serves_nor_challenges_are_refused(self):
        lead = self.make_leads(1)
        robot = self.deployment.with_user(self.robot)
        for number in (99, "x", True, 0):
            with self.assertRaisesRegex(UserError, "neither serves nor is the challenger"), clock.at(NOW):
                robot.record_inferences([{"res_id": lead.id, "score": 0.9}], f"key {number}", number)
        with clock.at(NOW):
            number = robot.register_version("forest 4", INPUTS)["number"]
        foreign = self.env["res.partner"].create({"name": "x"}).id + 1_000_000
        with self.assertRaisesRegex(ValidationError, "Row 1, res_id"), clock.at(NOW):
            robot.record_inferences([{"res_id": foreign, "score": 0.9}], "gone", number)
        self.assertFalse(self.env["ai.deployment.challenger.score"].search([]))

    def test_a_deployment_that_is_served_by_a_card_takes_nothing(self):
        self.serve(self.deployment, self.card())
        with self.assertRaises(UserError) as caught:
            self.push([{"res_id": self.samples[0].id, "score": 0.9}])
        self.assertIn("No version of an external program", str(caught.exception))

    def test_what_is_pushed_cannot_be_asked_for_here(self):
        with self.assertRaises(UserError):
            self.deployment._ask(self.samples)
        self.deployment.score_on_create = True
        lead = self.make_leads(1)
        self.commit()
        self.assertFalse(self.inferences_of(lead))

    def test_a_program_that_stops_calling_is_a_finding(self):
        with clock.at(NOW):
            self.assertEqual(self.deployment.with_user(self.robot).heartbeat()["number"], self.version.number)
        with clock.at(NOW + timedelta(hours=23)):
            self.assertNotIn("push_silent", self.codes())
        with clock.at(NOW + timedelta(hours=25)):
            self.assertIn("push_silent", self.codes())

    def test_only_the_technical_user_and_who_answers_for_it_may_push(self):
        rows = [{"res_id": self.samples[0].id, "score": 0.9}]
        for user in (self.seller, self.reviewer, self.auditor, self.other_owner):
            for call in (
                lambda one: one.record_inferences(rows, "k"),
                lambda one: one.heartbeat(),
                lambda one: one.register_version("x"),
            ):
                with self.assertRaises(AccessError):
                    call(self.deployment.with_user(user))
        self.assertTrue(self.push(rows, key="owner", user=self.owner))
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.owner).push_user_id = self.owner  # administrators choose it

    def test_the_technical_user_can_do_nothing_else(self):
        foreign = self.make_deployment(name="Another one")
        gone = self.env["ai.deployment"].browse(10**6)
        said = set()
        for one in (foreign, gone, foreign | self.deployment, self.env["ai.deployment"]):
            with self.assertRaises(AccessError) as caught:
                one.with_user(self.robot).heartbeat()
            said.add(str(caught.exception))
        self.assertEqual(len(said), 1)  # it learns nothing of what there is
        for model in ("crm.lead", "ai.deployment", "ai.deployment.inference", "ai.deployment.push", "res.partner"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.robot).search([])
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.robot).write({"state": "production"})
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.robot).suspend()
        with self.assertRaises(AccessError):
            self.version.with_user(self.robot).action_promote()
        self.robot.group_ids = [(5,)]
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.robot).heartbeat()

    def test_a_technical_user_without_the_company_of_the_deployment_pushes_nothing(self):
        other = self.env["res.company"].create({"name": "Another company"})
        self.robot.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        with self.assertRaises(AccessError):
            self.push([{"res_id": self.samples[0].id, "score": 0.9}])
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.deployment.company_id.id})
        self.robot.write({"company_ids": [(6, 0, branch.ids)], "company_id": branch.id})
        self.assertTrue(self.push([{"res_id": self.samples[0].id, "score": 0.9}]))
