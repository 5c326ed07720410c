"""A rule of our own, shown instead of scores: what it says is kept, what it does is not, and what is wrong is told."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.resilience import drills
from odoo.addons.ai_deployment.models.resilience.fallback_rule import RuleFigures
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.base.tests.test_ir_cron import CronMixinCase

TENTH = "action = {record.id: 0.1 * (place + 1) for place, record in enumerate(records)}"


@tagged("post_install", "-at_install")
class TestFallbackRule(AiDeploymentCase, CronMixinCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.env["crm.lead"].search([]).action_archive()  # the rule is asked about all open leads
        self.leads = self.make_leads(3)
        self.deployment._score(self.leads)
        self.deployment.state = "production"
        self.rule = self.env["ir.actions.server"].create(
            {"name": "Rule of thumb", "model_id": self.lead_model.id, "state": "code", "code": TENTH}
        )

    def switch_off(self, code=TENTH):
        self.rule.code = code
        self.deployment.write({"fallback": "rule", "fallback_action_id": self.rule.id})
        with self.capture_triggers("ai_deployment.ir_cron_health") as triggered:
            self.deployment.state = "suspended"
        self.assertTrue(triggered.records, "the switch waits for no rule: the job asks it")
        self.run_job()

    def run_job(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref("ai_deployment.ir_cron_health").method_direct_trigger(), True)
        self.env.invalidate_all()

    def seen(self):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.leads.with_user(self.seller).read(["ai_score", "ai_is_fallback", "ai_reasons"])
        return (
            [round(row["ai_score"], 4) for row in rows],
            {row["ai_is_fallback"] for row in rows},
            rows[0]["ai_reasons"],
        )

    def alert(self):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("cause", "=", "fallback:rule"), ("state", "!=", "resolved")]
        )

    def test_what_the_rule_says_shows_sorts_and_is_marked(self):
        self.switch_off()
        values, marks, reason = self.seen()
        self.assertEqual((values, marks), ([0.1, 0.2, 0.3], {True}))
        self.assertEqual(reason, "Custom rule; the deployment is suspended (since 03/02/2026).")
        found = self.env["crm.lead"].with_user(self.seller).search([("ai_score", ">", 0.15)], order="ai_score desc")
        self.assertEqual(found.ids, [self.leads[2].id, self.leads[1].id])

    def test_it_is_asked_again_by_the_job_and_forgotten_when_scores_show_again(self):
        self.switch_off()
        new = self.make_leads(user_id=self.seller.id)
        self.run_job()
        self.assertAlmostEqual(new.with_user(self.seller).ai_score, 0.4)
        self.deployment.state = "production"
        self.assertFalse(self.env["ai.deployment.fallback.figure"].search([("deployment_id", "=", self.deployment.id)]))
        self.assertEqual(self.seen()[1], {False})

    def test_the_kill_switch_works_though_the_job_is_gone(self):
        self.env.ref("ai_deployment.ir_cron_health").unlink()
        self.deployment.write({"fallback": "rule", "fallback_action_id": self.rule.id})
        self.deployment.with_user(self.owner).suspend()
        self.assertEqual(self.deployment.state, "suspended")
        self.assertTrue(self.deployment.fallback_since)

    def test_nothing_that_it_does_is_kept(self):
        self.switch_off("records.write({'name': 'Changed'})\n" + TENTH)
        self.assertEqual(self.seen()[0], [0.1, 0.2, 0.3])
        self.assertNotIn("Changed", self.leads.mapped("name"))

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_it_neither_commits_nor_rolls_back(self):
        """Whatever the way; what was done before is there afterwards, what the rule did is not."""
        self.switch_off()
        half = "action = {record.id: 0.5 for record in records}"
        ways = (
            "env.cr.commit()",
            "env.cr.rollback()",
            "records.env.cr.commit()",
            "env.cr.close()",
            "env.cr.execute('COMMIT')",
            "env.cr.execute('select 1; /* x */ Commit')",
            "env.cr.execute('ROLLBACK')",
            "env.cr.execute('ROL' + 'LBACK AND CHAIN')",
            "env.cr.execute('END')",
            "env.cr.execute('abort work')",
            "env.cr.connection.commit()",
            "env.cr._cnx.rollback()",
            "env.cr._obj.execute('COMMIT')",
            "env.registry.cursor().commit()",
            "env['ir.cron']._commit_progress(1)",
            "(lambda: [env.cr.commit() for record in records])()",
        )
        for way in ways:
            with self.subTest(way=way):
                before = self.make_leads(1, name="There before")
                self.env.flush_all()
                savepoint = self.env.cr.savepoint()
                self.rule.code = f"records.write({{'name': 'Changed'}})\n{way}\n{half}"
                RuleFigures(self.deployment).update()
                self.assertIn("end", self.alert().name)
                savepoint.close(rollback=False)  # it is still there: the transaction has not ended
                self.assertEqual(before.exists().name, "There before")
                self.assertNotIn("Changed", self.leads.mapped("name"))
        self.rule.code = f"try:\n    env.cr.execute('COMMIT')\nexcept Exception:\n    pass\n{half}"
        RuleFigures(self.deployment).update()
        self.assertFalse(self.alert().name, "a rule that swallows the refusal has committed nothing either")

    def test_it_may_read_by_sql_and_try_things(self):
        self.switch_off(
            "env.cr.execute('SELECT id, 0.3 FROM crm_lead WHERE id = ANY(%s)', [records.ids])\n"
            "action = {row[0]: float(row[1]) for row in env.cr.fetchall()}"
        )
        self.assertEqual(self.seen()[0], [0.3, 0.3, 0.3])

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_what_is_wrong_with_it_is_told_and_what_it_said_before_stays(self):
        self.switch_off()
        for code, sentence in (
            ("raise UserError('no idea')", "no idea"),
            ("action = {record.id: 7 for record in records}", "is not a number from 0 to 1"),
            ("action = {record.id: float('nan') for record in records}", "is not a number from 0 to 1"),
            ("action = {record.id: True for record in records}", "is not a number from 0 to 1"),
            ("action = {0: 0.5}", "was not requested"),
            ("pass", "set no values"),
            ("1 / 0", "division by zero"),
        ):
            with self.subTest(code=code):
                self.rule.code = code
                RuleFigures(self.deployment).update()
                self.assertIn(sentence, self.alert().name)
                self.assertEqual(self.seen()[0], [0.1, 0.2, 0.3])
        self.rule.code = TENTH
        RuleFigures(self.deployment).update()
        self.assertFalse(self.alert())

    def test_only_an_administrator_names_it_and_only_one_for_these_records(self):
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.owner).write({"fallback_action_id": self.rule.id})
        with self.assertRaisesRegex(ValidationError, "Select a rule"), self.env.cr.savepoint():
            self.deployment.with_user(self.owner).fallback = "rule"
        other = self.env["ir.actions.server"].create(
            {"name": "Other", "model_id": self.env["ir.model"]._get_id("res.partner"), "state": "code", "code": "pass"}
        )
        with self.assertRaisesRegex(ValidationError, "not a rule for these records"), self.env.cr.savepoint():
            self.deployment.with_user(self.manager).sudo(False).write({"fallback_action_id": other.id})

    def test_the_monthly_drill_tries_it(self):
        self.switch_off()
        self.deployment.state = "production"
        drill = drills.make(self.deployment, "fallback")
        self.assertTrue(drill.is_passed, drill.summary)
