"""A step that is not allowed is refused whichever way it is tried, and every step that was taken stays as it was."""

from datetime import timedelta

import psycopg2

from odoo import SUPERUSER_ID, Command, api
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock, turns
from odoo.addons.ai_deployment.tests.common import NOW, QUIET, AiDeploymentCase

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestTransition(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_leads()
        cls.deployment._score(cls.lead, now=NOW)
        cls.deployment.check_ids.write({"waived_until": False})
        cls.admin = cls.env.ref("base.user_admin")

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def assertRefused(self, try_it, sentence="checklist rows are missing, the first is"):
        with self.assertRaisesRegex(UserError, sentence), self.env.cr.savepoint():
            try_it()
        self.env.invalidate_all()
        self.assertEqual(self.deployment.state, "shadow")

    # Each way

    def test_rpc(self):
        for person in (self.owner, self.deputy, self.manager, self.admin):
            mine = self.deployment.with_user(person)
            self.assertRefused(lambda mine=mine: mine.write({"state": "production"}))
            self.assertRefused(mine.action_go_live)
        self.assertRefused(lambda: self.deployment.write({"state": "production"}))  # Odoo's own code, too
        self.assertRefused(lambda: self.deployment.write({"state": "proven"}), "There is no state “proven”")
        self.assertRefused(lambda: self.deployment.write({"state": False}), "There is no state")

    def test_a_step_is_judged_by_what_is_written_with_it(self):
        self.deployment.check_ids.write({"waived_until": NOW.date() + 90 * DAY})
        for values, sentence in (
            ({"review_date": NOW.date() - DAY}, "next review in the future"),
            ({"check_ids": [Command.create({"name": "Not done", "dimension": "business"})]}, "“Not done” is missing"),
        ):
            for first in (values, {}):  # whichever comes first in the dictionary
                both = {**first, "state": "production", **values}
                self.assertRefused(lambda both=both: self.deployment.with_user(self.owner).write(both), sentence)

    def test_the_form_does_not_let_anybody_choose_a_state(self):
        with Form(self.deployment.with_user(self.owner)) as form:
            with self.assertRaises(AssertionError):
                form.state = "production"

    def test_import(self):
        for person in (self.owner, self.manager):
            loaded = (
                self.env["ai.deployment"]
                .with_user(person)
                .load([".id", "state"], [[str(self.deployment.id), "Production"]])
            )
            self.assertFalse(loaded["ids"])
            self.assertIn("checklist rows are missing", loaded["messages"][0]["message"])
            self.env.invalidate_all()
            self.assertEqual(self.deployment.state, "shadow")
        loaded = (
            self.env["ai.deployment"]
            .with_user(self.owner)
            .load(
                ["name", "purpose", "model_id/.id", "state"],
                [["Imported", "A test of an import.", str(self.lead_model.id), "Production"]],
            )
        )
        self.assertFalse(loaded["ids"])
        self.assertIn("starts as a proof of concept", loaded["messages"][0]["message"])

    def test_batch(self):
        other = self.make_deployment(is_primary=False)
        self.serve(other, self.card())
        other.state = "shadow"
        other._score(self.lead)
        self.assertRefused(lambda: (other + self.deployment).write({"state": "production"}))
        self.assertEqual(other.state, "shadow")

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_server_action(self):
        for code in (
            "record.write({'state': 'production'})",
            "record.sudo().write({'state': 'production'})",
            "record.sudo().with_context(default_state='production', tracking_disable=True).state = 'production'",
        ):
            action = self.env["ir.actions.server"].create(
                {
                    "name": "Go",
                    "model_id": self.env["ir.model"]._get_id("ai.deployment"),
                    "state": "code",
                    "code": code.replace(".state = 'production'", ".write({'state': 'production'})"),
                }
            )
            at = {"active_model": "ai.deployment", "active_id": self.deployment.id}
            self.assertRefused(lambda action=action, at=at: action.with_context(**at).run())

    def test_copies_and_defaults(self):
        deployments = self.env["ai.deployment"]
        values = {
            "name": "New",
            "purpose": "A test of defaults.",
            "model_id": self.lead_model.id,
            "user_id": self.owner.id,
        }
        for maker in (deployments, deployments.with_user(self.owner), deployments.with_user(self.manager)):
            made = maker.with_context(default_state="production").create(dict(values))
            self.assertEqual(made.state, "poc")
            with self.assertRaisesRegex(UserError, "starts as a proof of concept"), self.env.cr.savepoint():
                maker.create({**values, "state": "production"})
        self.assertEqual(self.deployment.copy().state, "poc")
        self.assertFalse(self.deployment.copy().approval_ids)
        self.assertEqual(self.deployment.copy().transition_ids.mapped("to_state"), ["poc"])
        with self.assertRaises(UserError):
            self.deployment.copy({"state": "production"})

    def test_decisions_steps_and_lessons_do_not_come_with_a_write(self):
        go = {"outcome": "go", "minutes": "x", "date": NOW, "user_id": self.owner.id, "next_review_date": NOW.date()}
        step = {"to_state": "production", "date": NOW, "user_id": self.owner.id}
        for person in (self.owner, self.manager, self.admin):
            mine = self.deployment.with_user(person)
            for values in (
                {"approval_ids": [Command.create(go)]},
                {"transition_ids": [Command.create(step)]},
                {"lesson": "x"},
                {"accepted_by_id": person.id},
                {"unowned_date": False},
                {"check_template_id": False},
                {"is_demonstration": False},
                {"retrain_event_id": False},
            ):
                with (
                    self.subTest(person=person.login, values=values),
                    self.assertRaises(AccessError),
                    self.env.cr.savepoint(),
                ):
                    with self.env.cr.savepoint():
                        mine.write(values)

    # Kept

    def test_each_step_is_kept_with_who_and_why_and_never_changes(self):
        self.deployment.with_user(self.deputy)._move("suspended", "The scores look odd.")
        step = self.deployment.transition_ids.sorted("id")[-1]
        self.assertEqual(
            (step.from_state, step.to_state, step.user_id, step.reason, step.date),
            ("shadow", "suspended", self.deputy, "The scores look odd.", NOW),
        )
        for rows in (step, step.sudo(), step.with_user(self.manager), step.with_user(self.admin)):
            for attack in (lambda rows=rows: rows.write({"reason": "x"}), rows.unlink):
                with self.assertRaises(UserError):
                    attack()
        with self.assertRaises(AccessError):
            self.env["ai.deployment.transition"].with_user(self.manager).create(
                {"deployment_id": self.deployment.id, "to_state": "retired", "date": NOW, "user_id": 1}
            )

    def test_the_state_of_any_moment_can_be_asked_for(self):
        self.env.cr.execute("UPDATE ai_deployment_transition SET date = %s", [NOW])
        self.env.invalidate_all()
        with clock.at(NOW + DAY):
            self.deployment.state = "suspended"
        with clock.at(NOW + 3 * DAY):
            self.deployment.state = "shadow"
        asked = self.deployment.with_user(self.auditor)
        for moment, state in (
            (NOW + 2 * DAY, "suspended"),
            (NOW + 3 * DAY, "shadow"),
            ("2026-03-03 09:00:00", "suspended"),
            ("1999-01-01", False),
            (NOW + 4 * DAY, "shadow"),
        ):
            self.assertEqual(asked.state_at(moment), {self.deployment.id: state}, moment)
        for moment in ("yesterday", False, {}, 12, "2026-13-40"):
            with self.subTest(moment=moment), self.assertRaises(UserError):
                asked.state_at(moment)
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.seller).state_at(NOW)

    def test_what_has_a_history_is_not_deleted(self):
        with self.assertRaises(UserError):
            self.deployment.unlink()
        fresh = self.make_deployment(is_primary=False)
        self.serve(fresh, self.card())
        fresh.state = "shadow"
        with self.assertRaisesRegex(UserError, "has a history"), self.env.cr.savepoint():
            fresh.unlink()

    # The kill switch

    @mute_logger("odoo.addons.ai_deployment.models.deployment.ai_deployment", "odoo.sql_db")
    def test_switching_off_fails_of_nothing(self):
        self.deployment.check_ids.write({"waived_until": NOW.date() + 90 * DAY})
        self.go_live()
        self.env["ai.deployment.alert"]._raise(self.deployment, "x", name="Something broke")
        self.deployment.check_ids.write({"waived_until": False})
        self.deployment.review_date = NOW.date() - 30 * DAY
        self.owner.active = False
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()

        def breaks(deployments):
            deployments.env.cr.execute("SELECT 1 / 0")

        self.patch(type(self.deployment), "_sync_state", breaks)
        self.deployment.with_user(self.deputy).suspend()
        self.env.flush_all()
        self.assertEqual(self.deployment.state, "suspended")
        self.assertEqual(self.deployment.transition_ids.sorted("id")[-1].user_id, self.deputy)

    def test_switching_off_several_leaves_those_that_rest(self):
        resting = self.make_deployment(is_primary=False)
        (self.deployment + resting).with_user(self.manager).suspend()
        self.assertEqual((self.deployment + resting).mapped("state"), ["suspended", "poc"])
        self.deployment.with_user(self.manager).suspend()
        self.assertEqual(self.deployment.state, "suspended")

    def test_switching_off_is_for_who_answers_for_it(self):
        for person in (self.reviewer, self.auditor, self.other_owner, self.seller):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.deployment.with_user(person).suspend()


@tagged("post_install", "-at_install")
class TestKillSwitchBesideJobs(AiDeploymentCase):
    """With real transactions: nothing that works on a deployment keeps anybody waiting who switches it off."""

    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cursor:
            env = api.Environment(cursor, SUPERUSER_ID, dict(QUIET))
            self.made = (
                env["ai.deployment"]
                .create(
                    {
                        "name": "Concurrent",
                        "purpose": "A test.",
                        "user_id": env.ref("base.user_admin").id,
                        "model_id": env["ir.model"]._get("crm.lead").id,
                        "is_primary": False,
                    }
                )
                .id
            )
            cursor.execute("UPDATE ai_deployment SET state = 'shadow' WHERE id = %s", [self.made])
        self.addCleanup(self.forget)

    def forget(self):
        with self.registry.cursor() as cursor:
            for table in ("ai_deployment_transition", "ai_deployment_check", "ai_deployment_channel"):
                cursor.execute(f"DELETE FROM {table} WHERE deployment_id = %s", [self.made])
            cursor.execute("DELETE FROM mail_activity WHERE res_model = 'ai.deployment' AND res_id = %s", [self.made])
            cursor.execute("DELETE FROM ai_deployment WHERE id = %s", [self.made])

    def test_a_look_that_takes_long_keeps_nobody_waiting(self):
        with self.registry.cursor() as looking, self.registry.cursor() as switching:
            looked = api.Environment(looking, SUPERUSER_ID, {})["ai.deployment"].browse(self.made)
            self.assertTrue(turns.lock_turn(looked))
            self.assertTrue(looked.name)
            switching.execute("SET LOCAL lock_timeout = '2s'")
            env = api.Environment(switching, SUPERUSER_ID, dict(QUIET))
            env["ai.deployment"].browse(self.made).suspend()
            env.flush_all()
            self.assertFalse(turns.lock_turn(env["ai.deployment"].browse(self.made)), "only one looks at a time")
            switching.commit()
            looking.rollback()
            self.assertEqual(looked.state, "suspended")

    @mute_logger("odoo.sql_db")
    def test_of_two_who_decide_at_once_the_second_begins_anew(self):
        with self.registry.cursor() as one, self.registry.cursor() as two:
            for cursor in (one, two):
                cursor.execute("SELECT 1")  # both have their snapshot
            lock = "SELECT id FROM ai_deployment WHERE id = %s FOR NO KEY UPDATE"
            one.execute(lock, [self.made])
            one.execute("UPDATE ai_deployment SET review_date = review_date + 1 WHERE id = %s", [self.made])
            two.execute("SET LOCAL lock_timeout = '1s'")
            with self.assertRaises(psycopg2.errors.LockNotAvailable):
                two.execute(lock, [self.made])
            two.rollback()
            two.execute("SELECT 1 FROM ai_deployment LIMIT 1")
            one.commit()
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                two.execute(lock, [self.made])
            two.rollback()
