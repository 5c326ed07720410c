"""A proof of concept: when it should not be built, its time, and the lessons of others."""

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.poc import ProofOfConcept
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import DAY, PeopleCase


@tagged("post_install", "-at_install")
class TestProofOfConcept(PeopleCase):
    def setUp(self):
        super().setUp()
        self.proof = (
            self.env["ai.deployment"]
            .with_user(self.other_owner)
            .create(
                {
                    "name": "Late payers",
                    "purpose": "Warns sellers of customers that pay late.",
                    "model_id": self.lead_model.id,
                    "budget_holder_id": self.reviewer.id,
                    "feature_ids": [Command.create({"path": "expected_revenue"})],
                }
            )
        )

    def test_without_an_owner_who_accepted_it_is_a_reason_not_to_build_it(self):
        self.assertEqual(self.proof.expiry_date, NOW.date() + 90 * DAY)
        self.assertIn("this is a reason to stop the proof of concept", self.proof.poc_text)
        self.proof._watch_daily()
        self.assertFalse(self.alert("poc", self.proof), "a new one has some days")
        with clock.at(NOW + 8 * DAY):
            self.proof._watch_daily()
            alert = self.alert("poc", self.proof)
            self.assertEqual(alert.state, "firing")
            self.assertEqual(alert.activity_ids.user_id, self.other_owner + self.reviewer)
            self.assertTrue(alert.with_user(self.reviewer).has_access("read"))
            self.proof.action_accept()
            self.proof._watch_daily()
            self.assertEqual(alert.state, "resolved")
        self.assertFalse(self.proof.poc_text)

    def test_nobody_who_works_on_it_is_a_reason_too(self):
        self.proof.action_accept()
        for days, idle in ((27, False), (29, True)):
            with clock.at(NOW + days * DAY):
                self.env.cr.execute("UPDATE ai_deployment_feature SET write_date = %s", [NOW])
                self.env.invalidate_all()
                self.assertEqual("No activity since" in (self.proof.poc_text or ""), idle)
                self.proof.sudo()._watch_daily()
                self.assertEqual(bool(self.alert("poc", self.proof)), idle)

    def test_one_whose_time_is_over_does_not_go_on_until_somebody_says_why(self):
        self.serve(self.proof.sudo(), self.card(names=["expected_revenue"]))
        with clock.at(NOW + 91 * DAY):
            with self.assertRaisesRegex(UserError, "extend it with a reason first"), self.env.cr.savepoint():
                self.proof.state = "shadow"
            with self.assertRaisesRegex(UserError, "extend a proof of concept"), self.env.cr.savepoint():
                self.proof.expiry_date = NOW.date() + 120 * DAY
            for day, reason in ((clock.today(), "x"), (clock.today() + DAY, ""), (clock.today() + 400 * DAY, "x")):
                with self.subTest(day=day, reason=reason), self.assertRaises(UserError):
                    ProofOfConcept(self.proof).extend(day, reason)
            self.env["ai.deployment.extend"].with_user(self.other_owner).create(
                {"deployment_id": self.proof.id, "until": clock.today() + 30 * DAY, "reason": "The data came late."}
            ).action_extend()
            step = self.proof.transition_ids[0]
            self.assertEqual((step.from_state, step.to_state, step.user_id), ("poc", "poc", self.other_owner))
            self.assertIn("The data came late.", step.reason)
            self.proof.state = "shadow"

    def test_a_day_that_is_no_day_to_end_on(self):
        values = {"name": "X", "purpose": "A test of days.", "model_id": self.lead_model.id}
        makers = self.env["ai.deployment"].with_user(self.other_owner)
        for days in (-1, 366):
            day = NOW.date() + days * DAY
            for maker, more in ((makers, {"expiry_date": day}), (makers.with_context(default_expiry_date=day), {})):
                with self.subTest(days=days), self.assertRaises(ValidationError):
                    maker.create({**values, **more})

    def test_what_was_learned_from_one_like_it_is_shown_before_anybody_trains(self):
        old = self.make_deployment(name="Late payers of leads", purpose="Warned of customers.", is_primary=False)
        old.lesson = False
        with self.assertRaisesRegex(UserError, "lessons learned"), self.env.cr.savepoint():
            old.with_user(self.owner)._retire("  ")
        old.with_user(self.owner)._retire("Nobody looked at it.")
        self.assertEqual((old.state, old.lesson), ("retired", "Nobody looked at it."))
        mine = self.env["ai.deployment"].with_user(self.other_owner)
        self.assertFalse(old.with_user(self.other_owner).has_access("read"))
        self.proof.invalidate_recordset()
        self.assertIn("Nobody looked at it.", self.proof.lessons_html)
        words = mine.new({"name": "Payers who are late", "purpose": "Customers.", "model_id": self.lead_model.id})
        self.assertIn("Nobody looked at it.", words.lessons_html)
        for values in (
            {"name": "Something", "purpose": "Entirely different."},
            {"name": "Late payers", "purpose": "Customers.", "method": "anomaly"},
        ):
            other = mine.new({"model_id": self.lead_model.id, **values})
            self.assertFalse(other.lessons_html)

    def test_half_of_the_inputs_or_two_words_resemble(self):
        def resembles(name, purpose, paths=("source_id",)):
            other = self.make_deployment(
                name=name, purpose=purpose, is_primary=False, features=[{"path": path} for path in paths]
            )
            return ProofOfConcept(self.proof)._resembles(other)

        self.assertTrue(resembles("Late payers", "Zebra."), "two words of the names")
        self.assertTrue(resembles("Zebra", "Warns of customers."), "two words of the purposes")
        self.assertFalse(resembles("Payers", "Zebra."), "one word is not two")
        self.assertTrue(
            resembles("Zebra", "Zebra.", ("source_id", "expected_revenue")), "all inputs of the smaller one"
        )
        self.proof.feature_ids = [Command.create({"path": "country_id"}), Command.create({"path": "city"})]
        self.assertFalse(resembles("Zebra", "Zebra.", ("source_id", "expected_revenue", "medium_id")), "one of three")
        self.assertTrue(resembles("Zebra", "Zebra.", ("city", "expected_revenue", "medium_id")), "two of three")
        self.assertTrue(resembles("Zebra", "Zebra.", ("city", "source_id")), "one of two")
