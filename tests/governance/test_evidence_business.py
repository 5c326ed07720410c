"""The rules about business: each is met by records only, and says what is missing."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.evidence.business import StopRule
from odoo.addons.ai_deployment.models.governance.planning import Planning
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import BEFORE, ValueCase


@tagged("post_install", "-at_install")
class TestEvidenceBusiness(ValueCase):
    def look(self, code):
        check = self.deployment.check_ids.filtered(lambda row: row.code == code)
        check.write({"waived_until": False})
        with clock.at(NOW):
            check._refresh()
        return check

    def test_the_templates_name_the_rules(self):
        for template in (
            self.env.ref("ai_deployment.check_template_standard"),
            self.env.ref("ai_deployment.check_template_small"),
        ):
            rules = {line.code: line.rule for line in template.line_ids}
            for code in ("baseline", "review_ahead", "edge_cases", "stop_rule"):
                self.assertEqual(rules[code], code)

    def test_a_baseline_of_enough_records_is_evidence(self):
        check = self.look("baseline")
        self.assertEqual((check.state, check.evidence), ("missing", "The baseline has not been measured."))
        self.assertEqual(check.with_user(self.owner).action_satisfy()["res_model"], "ai.deployment.baseline")
        asked = self.env["ai.deployment.baseline"].with_user(self.owner)
        proposed = asked.create({"deployment_id": self.deployment.id})
        self.assertEqual((proposed.end_date - proposed.start_date).days, 364)
        self.past_leads(60, BEFORE, won=15, lost=45)
        self.baseline()
        check = self.look("baseline")
        self.assertEqual(check.state, "met")
        self.assertIn("60 leads", check.evidence)
        self.assertIn("25.0 %", check.evidence)
        self.assertEqual(check.res_model, "ai.deployment.value")

    def test_too_few_records_are_none(self):
        self.past_leads(49, BEFORE, won=15, lost=34)
        self.baseline()
        check = self.look("baseline")
        self.assertEqual(check.state, "missing")
        self.assertIn("49 leads of the required 50", check.evidence)

    def test_a_baseline_about_other_records_is_none(self):
        self.past_leads(60, BEFORE, won=15, lost=45)
        self.baseline()
        self.deployment.domain = "[('priority', '=', '3')]"
        self.assertEqual(self.look("baseline").state, "missing")

    def test_each_case_has_to_be_tried_for_what_serves(self):
        self.assertIn("No excluded edge case is documented", self.look("edge_cases").evidence)
        self.make_leads(2, expected_revenue=900000)
        case = (
            self.env["ai.deployment.edge.case"]
            .with_user(self.owner)
            .create(
                {
                    "deployment_id": self.deployment.id,
                    "name": "Large ones",
                    "domain": "[('expected_revenue', '>', 5e5)]",
                }
            )
        )
        check = self.look("edge_cases")
        self.assertEqual((check.state, check.evidence), ("missing", "“Large ones” has not been tested."))
        check.with_user(self.owner).action_satisfy()
        self.assertEqual(self.look("edge_cases").state, "met")
        self.assertIn("Large ones", check.evidence)
        self.serve(self.deployment, self.card(high=3.0))
        check = self.look("edge_cases")
        self.assertEqual(check.state, "missing")
        self.assertIn("another version", check.evidence)
        case.with_user(self.owner).action_try()
        self.assertEqual(self.look("edge_cases").state, "met")

    def test_a_case_that_did_not_work_blocks(self):
        self.env["ai.deployment.edge.case"].with_user(self.owner).create(
            {"deployment_id": self.deployment.id, "name": "None", "domain": "[('expected_revenue', '=', 123454321)]"}
        ).action_try()
        check = self.look("edge_cases")
        self.assertEqual(check.state, "missing")
        self.assertIn("No real record", check.evidence)

    def test_a_stop_rule_is_a_floor_and_a_number_of_reports(self):
        self.deployment.write({"floor_auc": 0, "stop_after": 0})
        self.assertIn("No minimum", self.look("stop_rule").evidence)
        self.deployment.floor_auc = 0.6
        check = self.look("stop_rule")
        self.assertEqual(check.state, "missing")
        self.assertIn("not the number of reports", check.evidence)
        self.deployment.stop_after = 3
        check = self.look("stop_rule")
        self.assertEqual((check.state, check.evidence), ("met", "It is suspended after 3 reports below 60 %."))

    def test_the_next_review_lies_far_enough_ahead(self):
        self.deployment.review_date = (NOW + timedelta(days=89)).date()
        self.assertEqual(self.look("review_ahead").state, "missing")
        self.deployment.review_date = (NOW + timedelta(days=90)).date()
        self.assertEqual(self.look("review_ahead").state, "met")

    def test_in_production_the_review_stands_in_somebodys_activities(self):
        kind = self.env.ref("ai_deployment.mail_activity_type_deployment_review", raise_if_not_found=False)
        self.assertTrue(Planning(self.deployment).has_review_activity() or kind)
        if not kind:
            kind = self.env["mail.activity.type"].create({"name": "Review", "res_model": "ai.deployment"})
            self.env["ir.model.data"].create(
                {
                    "module": "ai_deployment",
                    "name": "mail_activity_type_deployment_review",
                    "model": "mail.activity.type",
                    "res_id": kind.id,
                }
            )
        self.go_live()
        activities = self.env["mail.activity"].search(
            [
                ("res_model", "=", "ai.deployment"),
                ("res_id", "=", self.deployment.id),
                ("activity_type_id", "=", kind.id),
            ]
        )
        activities.unlink()
        check = self.look("review_ahead")
        self.assertEqual(check.state, "missing")
        self.assertIn("nobody's activity", check.evidence)
        self.deployment.activity_schedule(activity_type_id=kind.id, user_id=self.owner.id)
        self.assertEqual(self.look("review_ahead").state, "met")

    def test_a_floor_is_that_of_the_method_and_a_proposed_one_is_told(self):
        self.deployment.write({"floor_auc": 0.0, "floor_precision": 0.5, "stop_after": 2})
        self.assertEqual(self.look("stop_rule").state, "missing")
        self.patch(type(self.deployment), "_proposed_floor", lambda deployment: 0.655)
        self.assertIn("Proposed: 66 %.", self.look("stop_rule").evidence)
        self.patch(type(self.deployment), "_proposed_floor", lambda deployment: None)
        self.assertEqual(self.look("stop_rule").evidence, "No minimum is set under “Monitoring”.")
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment SET method = 'anomaly' WHERE id = %s", self.deployment.ids)
        self.env.invalidate_all()
        self.assertEqual(self.look("stop_rule").evidence, "It is suspended after 2 reports below 50 %.")

    def test_live_the_next_review_may_be_near_but_not_over(self):
        self.go_live()
        for ahead, state in ((1, "met"), (0, "missing"), (-1, "missing")):
            self.deployment.review_date = (NOW + timedelta(days=ahead)).date()
            check = self.look("review_ahead")
            self.assertEqual("was due on" in check.evidence, state == "missing", (ahead, check.evidence))

    def test_where_nothing_can_be_written_by_itself_nothing_has_to_stop(self):
        task = self.make_deployment(
            name="Teams", method="classify", is_primary=False, answer_field_ids=[(0, 0, {"key": "team_id"})]
        )
        rule, row = StopRule(task.sudo()), task.check_ids[:1]
        self.assertEqual(rule.find(row)[:2], (True, "No value is written by itself."))
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_answer_field SET writing = 'proved'")
        self.env.invalidate_all()
        self.assertIn("is not proved any more: ", rule.find(row).sentence)

    def test_a_baseline_after_going_live_or_of_assumptions_is_none(self):
        self.past_leads(60, BEFORE, won=15, lost=45)
        self.baseline()
        self.env.flush_all()
        for column, value, words in (
            ("date", NOW + timedelta(days=1), "it is based on assumptions or on too few amounts"),
            ("has_enough_records", False, "it is based on assumptions or on too few amounts"),
            ("row_count", 49, "49 leads of the required 50"),
        ):
            with self.subTest(column), self.env.cr.savepoint() as savepoint:
                self.go_live()
                self.assertEqual(self.look("baseline").state, "met")
                self.env.cr.execute(f"UPDATE ai_deployment_value SET {column} = %s", [value])  # pylint: disable=sql-injection
                self.env.invalidate_all()
                check = self.look("baseline")
                self.assertEqual(check.state, "missing")
                self.assertIn(words, check.evidence)
                savepoint.rollback()
                self.env.invalidate_all()
