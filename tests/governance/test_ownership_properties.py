"""Whatever people do in whatever order, some things about the life of a deployment stay true."""

import random
from datetime import timedelta

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.deployment.life_cycle import TRANSITIONS
from odoo.addons.ai_deployment.models.documents.score_sql import ShownScores
from odoo.addons.ai_deployment.models.governance.approval import Approval
from odoo.addons.ai_deployment.models.governance.poc import ProofOfConcept
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

EVENTS = 45
REFUSED = (AccessError, UserError, psycopg2.IntegrityError)  # ValidationError is a UserError


@tagged("post_install", "-at_install")
class TestOwnershipProperties(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_leads()
        cls.people = cls.owner + cls.deputy + cls.manager + cls.reviewer + cls.other_owner
        cls.both = cls.deployment + cls.make_deployment(name="The other", deputy_id=cls.deputy.id)
        cls.serve(cls.both[1], cls.card())
        cls.both.write({"approver_id": cls.reviewer.id, "reviewer_ids": False})
        cls.both.check_ids.write({"waived_until": False, "waiver_reason": False})
        cls.env.flush_all()
        cls.env.cr.execute("DELETE FROM ai_deployment_approval WHERE deployment_id = ANY(%s)", [cls.both.ids])
        cls.env.invalidate_all()

    def setUp(self):
        super().setUp()
        self.now = NOW
        self.entered = {}  # moment and rows that were not met nor waived, per deployment that is in production

    def bring_live(self, deployment):
        """Everything as it should be: by chance alone that is too rare."""
        self.people.sudo().active = True
        named = {"user_id": self.owner.id, "deputy_id": self.deputy.id, "approver_id": self.reviewer.id}
        deployment.write({**named, "review_date": clock.today() + timedelta(days=30)})
        deployment.check_ids.with_user(self.manager)._waive("So.", clock.today() + timedelta(days=40))
        if deployment.state in ("poc", "suspended"):
            if deployment.state == "poc" and ProofOfConcept(deployment).is_expired():
                ProofOfConcept(deployment.with_user(self.owner)).extend(clock.today() + timedelta(days=30), "More.")
            deployment.with_user(self.owner).action_start_shadow()
        deployment._score(self.lead)
        Approval(deployment.with_user(self.reviewer)).sign("go", "Yes.")

    # What may happen

    def happen(self, rng, deployment):
        active = self.people.filtered("active")
        person = rng.choice(active) if active else self.manager
        mine, day = deployment.with_user(person), clock.today()
        step = rng.choice(
            [
                lambda: rng.choice(self.people).sudo().write({"active": rng.random() < 0.7}),
                lambda: deployment.check_ids.with_user(self.manager)._waive("So.", day + timedelta(rng.randint(1, 60))),
                lambda: deployment.check_ids.with_user(self.manager)._waive("So.", day + timedelta(rng.randint(1, 60))),
                lambda: rng.choice(deployment.check_ids).with_user(person)._waive("So.", day + timedelta(days=9)),
                lambda: rng.choice(deployment.check_ids).with_user(person)._sign("Seen."),
                lambda: Approval(deployment.with_user(deployment.approver_id)).sign("go", "Yes."),
                *[lambda: self.bring_live(deployment)] * 5,
                lambda: Approval(mine).sign(rng.choice(["go", "no_go", "conditions"]), "Why not.", conditions="None."),
                lambda: Approval(mine).sign("no_go", "No."),
                lambda: deployment._assign_champion(self.keep(deployment, self.card(high=rng.random())), "Promoted"),
                lambda: deployment._assign_champion(rng.choice(deployment.version_ids), "Rolled back"),
                lambda: deployment._score(self.lead),
                lambda: mine.action_start_shadow(),
                lambda: mine.action_go_live(),
                lambda: mine.action_go_live(),
                lambda: mine.suspend(),
                lambda: mine.write({"state": rng.choice([*TRANSITIONS, "nonsense"])}),
                lambda: mine.action_accept(),
                lambda: mine.write({rng.choice(["user_id", "deputy_id", "approver_id"]): rng.choice(self.people).id}),
                lambda: mine.write({"review_date": day + timedelta(days=rng.randint(-30, 200))}),
                lambda: ProofOfConcept(mine).extend(day + timedelta(days=30), "More."),
                lambda: rng.random() < 0.1 and mine._retire("It was enough."),
                lambda: deployment._watch_daily(),
                lambda: deployment._watch_health() if deployment.state in deployment._at_work_states() else None,
            ]
        )
        before = deployment.state
        try:
            with self.env.cr.savepoint():
                step()
                self.env.flush_all()
        except REFUSED:
            self.env.invalidate_all()
        if deployment.state == "production" and before != "production":
            deployment.check_ids._refresh()
            self.entered[deployment] = deployment.check_ids.filtered(lambda row: row.state not in ("met", "waived"))

    # What stays true

    def check_all(self):
        live = self.both.filtered(lambda deployment: deployment.state == "production")
        self.assertLessEqual(len(live.filtered("is_primary")), 1)
        for deployment in live:
            self.assertFalse(self.entered[deployment], "it went live with rows that were missing")
            latest = deployment.approval_ids.sorted(lambda one: (one.date, one.id))[-1]
            self.assertIn(latest.outcome, ("go", "conditions"))
        for deployment in self.both:
            self.check_chain(deployment)
            self.check_kill_switch(deployment)
            for decision in deployment.approval_ids:
                self.assertFalse(decision.by_builder)

    def check_chain(self, deployment):
        steps = deployment.transition_ids.sorted("id")
        self.assertEqual((steps[0].from_state, steps[0].to_state), (False, "poc"))
        for before, step in zip(steps, steps[1:], strict=False):
            self.assertEqual(before.to_state, step.from_state)
            allowed = TRANSITIONS[step.from_state] | ({"poc"} if step.from_state == "poc" else set())
            self.assertIn(step.to_state, allowed)
        self.assertEqual(steps[-1].to_state, deployment.state)

    def check_kill_switch(self, deployment):
        if deployment.state not in deployment._at_work_states():
            return
        with self.env.cr.savepoint() as savepoint:
            deployment.with_user(self.manager).suspend()
            self.env.flush_all()
            self.assertEqual(deployment.state, "suspended")
            self.assertNotIn(deployment.id, ShownScores(self.lead.with_user(self.seller)).deployment_ids())
            savepoint.rollback()
        self.env.invalidate_all()

    @mute_logger("odoo.sql_db", "odoo.addons.ai_deployment.models.governance.checklist")
    def live(self, seed):
        rng, lived = random.Random(seed), 0
        past = {}
        with clock.at(self.now):
            self.both[1].state = "shadow"
        for number in range(EVENTS):
            self.now += timedelta(hours=rng.choice([1, 30, 24 * rng.randint(1, 20)]))
            with self.subTest(seed=seed, event=number), clock.at(self.now):
                self.happen(rng, rng.choice(self.both))
                self.check_all()
                self.check_past(past)
                lived += any(one.state == "production" for one in self.both)
        return lived

    def check_past(self, past):
        self.env.invalidate_all()
        for name in ("ai.deployment.approval", "ai.deployment.transition"):
            rows = self.env[name].search([("deployment_id", "in", self.both.ids)], order="id")
            values = rows.read([n for n, field in rows._fields.items() if field.store], load=None)
            before = past.get(name, [])
            self.assertEqual(values[: len(before)], before, "what happened stays as it was")
            past[name] = values

    def test_what_stays_true_whatever_happens(self):
        lived = 0
        for seed in (7, 19, 2026):
            with self.env.cr.savepoint() as savepoint:
                self.now, self.entered = NOW, {}
                lived += self.live(seed)
                savepoint.rollback()
            self.env.invalidate_all()
            self.env.registry.clear_cache()
        self.assertTrue(lived, "the sequences never reached production, so they prove nothing of it")
