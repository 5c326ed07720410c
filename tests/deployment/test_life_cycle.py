"""The life of a deployment: every step, who may take it, and what it needs."""

from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

ALLOWED = {
    ("poc", "shadow"),
    ("poc", "retired"),
    ("shadow", "poc"),
    ("shadow", "production"),
    ("shadow", "suspended"),
    ("shadow", "retired"),
    ("production", "shadow"),
    ("production", "suspended"),
    ("production", "retired"),
    ("suspended", "shadow"),
    ("suspended", "production"),
    ("suspended", "retired"),
}
STATES = ("poc", "shadow", "production", "suspended", "retired")
WAY_TO = {
    "poc": [],
    "shadow": ["shadow"],
    "production": ["shadow", "production"],
    "suspended": ["shadow", "suspended"],
    "retired": ["retired"],
}


@tagged("post_install", "-at_install")
class TestLifecycle(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_leads()
        cls.deployment._score(cls.lead, now=NOW)

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def fresh(self, state="poc", **values):
        """A deployment with everything that any step needs, in `state`."""
        deployment = self.make_deployment(is_primary=False, audit_share=0.0, **values)
        self.serve(deployment, self.card())
        deployment.state = "shadow"
        deployment._score(self.lead)
        deployment.state = "poc"
        for step in WAY_TO[state]:
            deployment.state = step
        return deployment

    # The table

    def test_every_step_is_allowed_or_refused_as_the_table_says(self):
        for old in STATES:
            for new in STATES:
                with self.subTest(old=old, new=new), self.env.cr.savepoint() as savepoint:
                    deployment = self.fresh(old)
                    if old == new or (old, new) in ALLOWED:
                        deployment.write({"state": new})
                        self.assertEqual(deployment.state, new)
                    else:
                        with self.assertRaisesRegex(UserError, "cannot become"), self.env.cr.savepoint():
                            deployment.write({"state": new})
                        self.assertEqual(deployment.state, old)
                    savepoint.rollback()

    def test_one_refused_step_refuses_the_whole_write(self):
        good, retired = self.fresh("shadow"), self.fresh("retired")
        with self.assertRaises(UserError):
            (good + retired).write({"state": "production"})
        self.assertEqual((good + retired).mapped("state"), ["shadow", "retired"])

    def test_a_deployment_begins_as_a_proof_of_concept(self):
        for state in STATES[1:]:
            with (
                self.subTest(state=state),
                self.assertRaisesRegex(UserError, "starts as a proof of concept"),
                self.env.cr.savepoint(),
            ):
                self.make_deployment(state=state)
        self.assertEqual(self.make_deployment(state="poc").state, "poc")
        self.assertEqual(self.fresh("shadow").copy().state, "poc")

    def test_the_buttons(self):
        deployment = self.fresh().with_user(self.owner)
        for button, state in (
            ("action_start_shadow", "shadow"),
            ("action_go_live", "production"),
            ("suspend", "suspended"),
            ("action_go_live", "production"),
        ):
            getattr(deployment, button)()
            self.assertEqual(deployment.state, state)
        self.assertEqual(deployment.action_retire()["res_model"], "ai.deployment.retire")

    # By whom

    def test_owner_deputy_and_administrator_decide_and_nobody_else(self):
        people = {
            self.owner: True,
            self.deputy: True,
            self.manager: True,
            self.other_owner: False,
            self.reviewer: False,
            self.auditor: False,
            self.seller: False,
        }
        for person, may in people.items():
            for step in ("shadow", "production", "suspended", "retired"):
                with self.subTest(person=person.login, step=step), self.env.cr.savepoint() as savepoint:
                    before = {"shadow": "poc", "production": "shadow", "suspended": "production"}.get(step, "shadow")
                    deployment = self.fresh(
                        before, deputy_id=self.deputy.id, reviewer_ids=[(6, 0, (self.reviewer + self.other_owner).ids)]
                    )
                    self.env.flush_all()
                    self.env.invalidate_all()
                    if may:
                        deployment.with_user(person).write({"state": step})
                        self.assertEqual(deployment.state, step)
                    else:
                        with self.assertRaises(AccessError):
                            deployment.with_user(person).write({"state": step})
                        self.assertEqual(deployment.state, before)
                    savepoint.rollback()

    def test_an_owner_without_the_group_decides_nothing(self):
        deployment = self.fresh("shadow", user_id=self.seller.id)
        self.assertFalse(deployment.with_user(self.seller)._may_decide())
        self.seller.group_ids += self.env.ref("ai_deployment.group_reviewer")
        self.assertFalse(deployment.with_user(self.seller)._may_decide())

    def test_a_batch_with_one_deployment_of_somebody_else_is_refused(self):
        mine, others = self.fresh("shadow"), self.fresh("shadow", user_id=self.other_owner.id)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            (mine + others).with_user(self.owner).write({"state": "suspended"})
        self.assertEqual((mine + others).mapped("state"), ["shadow", "shadow"])

    # What is missing

    def test_without_a_version_nothing_is_at_work(self):
        deployment = self.make_deployment()
        with self.assertRaisesRegex(UserError, "train a version first"), self.env.cr.savepoint():
            deployment.state = "shadow"

    def test_live_only_after_a_record_was_scored_in_shadow(self):
        deployment = self.make_deployment(is_primary=False)
        self.serve(deployment, self.card())
        deployment.state = "shadow"
        with self.assertRaisesRegex(UserError, "not scored a single record in shadow"), self.env.cr.savepoint():
            deployment.state = "production"
        deployment._score(self.lead)
        deployment.state = "production"

    def test_what_another_version_scored_in_shadow_does_not_count(self):
        deployment = self.fresh("shadow")
        self.serve(deployment, self.card(high=2.0))
        with self.assertRaisesRegex(UserError, "not scored a single record in shadow"), self.env.cr.savepoint():
            deployment.state = "production"

    def test_records_that_only_wait_are_not_scored_in_shadow(self):
        deployment = self.make_deployment(is_primary=False)
        version = self.serve(deployment, self.card())
        deployment.state = "shadow"
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [version.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertEqual(deployment._score(self.lead)["waiting"], 1)
        with self.assertRaisesRegex(UserError, "not scored a single record in shadow"), self.env.cr.savepoint():
            deployment.state = "production"

    def test_a_detour_over_suspended_does_not_replace_the_shadow(self):
        deployment = self.make_deployment(is_primary=False)
        self.serve(deployment, self.card())
        deployment.state = "shadow"
        deployment.state = "suspended"
        with self.assertRaisesRegex(UserError, "not scored a single record in shadow"), self.env.cr.savepoint():
            deployment.state = "production"

    def test_live_only_with_a_review_ahead(self):
        deployment = self.fresh("shadow")
        for days in (-1, 0):
            deployment.review_date = NOW.date() + timedelta(days=days)
            with self.assertRaisesRegex(UserError, "set a next review in the future"), self.env.cr.savepoint():
                deployment.state = "production"
        deployment.review_date = NOW.date() + timedelta(days=1)
        deployment.state = "production"

    def test_live_only_with_an_active_owner(self):
        deployment = self.fresh("shadow")
        self.owner.active = False
        with self.assertRaisesRegex(UserError, "its owner is no longer active"), self.env.cr.savepoint():
            deployment.state = "production"

    def test_it_can_be_switched_off_whatever_is_missing(self):
        deployment = self.fresh("production")
        deployment.review_date = NOW.date() - timedelta(days=1)
        self.owner.active = False
        deployment.with_user(self.manager).suspend()
        self.assertEqual(deployment.state, "suspended")

    def test_nothing_that_is_at_work_is_put_out_of_sight(self):
        for state in ("shadow", "production"):
            deployment = self.fresh(state)
            with self.subTest(state=state):
                with self.assertRaisesRegex(UserError, "cannot be archived"), self.env.cr.savepoint():
                    deployment.active = False
        for state in ("poc", "suspended", "retired"):
            deployment = self.fresh(state)
            deployment.active = False
            self.assertFalse(deployment.active)

    # What follows

    def test_the_kill_switch_hides_scores_and_stops_scoring(self):
        self.deployment.state = "production"
        lead = self.lead.with_user(self.seller)
        self.assertTrue(lead.ai_score)
        self.deployment.with_user(self.deputy).suspend()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(lead.ai_score or lead.ai_reasons or lead.ai_score_date)
        self.assertFalse(lead.search([("ai_score", ">", 0)]))
        with self.assertRaisesRegex(UserError, "not live"), self.env.cr.savepoint():
            self.deployment._score(self.lead)
        self.deployment.action_go_live()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(lead.ai_score)

    def test_an_entry_in_the_action_menu_while_it_is_at_work(self):
        deployment = self.fresh()
        self.assertFalse(deployment.action_server_id)
        for state, has_entry in (
            ("shadow", True),
            ("production", True),
            ("suspended", False),
            ("shadow", True),
            ("poc", False),
            ("shadow", True),
            ("retired", False),
        ):
            deployment.state = state
            actions = self.env["ir.actions.server"].search([("ai_deployment_id", "=", deployment.id)])
            with self.subTest(state=state):
                self.assertEqual(len(actions), int(has_entry))
                self.assertEqual(deployment.action_server_id, actions)
                if has_entry:
                    self.assertEqual(actions.binding_model_id.model, "crm.lead")
                    self.assertEqual(actions.state, "ai_deployment_score")
                    bound = self.env["ir.actions.actions"].get_bindings("crm.lead")["action"]
                    self.assertIn(actions.id, [action["id"] for action in bound])

    def test_the_entry_of_one_deployment_is_not_the_entry_of_another(self):
        first, second = self.fresh("shadow"), self.fresh("shadow")
        self.assertNotEqual(first.action_server_id, second.action_server_id)
        first.state = "suspended"
        self.assertTrue(second.action_server_id.exists())

    # One deployment speaks on a record

    @mute_logger("odoo.sql_db")
    def test_only_one_deployment_shows_its_score(self):
        self.deployment.state = "production"
        second = self.fresh("shadow")
        second.is_primary = True
        with self.assertRaises(UniqueViolation) as caught:
            second.state = "production"
            self.env.flush_all()
        sentence = self.env["ai.deployment"]._sql_error_to_message(caught.exception)
        self.assertIn("Another deployment already shows its score", sentence)

    @mute_logger("odoo.sql_db")
    def test_switching_off_is_never_refused(self):
        self.deployment.state = "production"
        second = self.fresh("shadow")
        second.is_primary = True
        self.env.flush_all()
        second.with_user(self.owner).suspend()
        self.env.flush_all()
        self.assertEqual(second.state, "suspended")

    def test_a_second_one_may_work_beside_it_unseen(self):
        self.deployment.state = "production"
        second = self.fresh("production")
        self.env.flush_all()
        self.assertFalse(second.is_primary)

    # Health

    def test_health(self):
        deployment = self.fresh()
        self.assertEqual(deployment.health, "idle")
        deployment.state = "shadow"
        self.assertEqual((deployment.health, deployment.health_reason), ("good", False))
        alert = self.env["ai.deployment.alert"]._raise(deployment, "x", name="Something broke")
        self.assertEqual((deployment.health, deployment.health_reason), ("attention", "Something broke"))
        alert.with_user(self.owner).action_acknowledge()
        self.assertEqual(deployment.health, "good")
        deployment.review_date = NOW.date() - timedelta(days=1)
        self.assertEqual(deployment.health, "attention")
        self.assertIn("review was due", deployment.health_reason)
        deployment.state = "suspended"
        self.assertEqual(deployment.health, "bad")
