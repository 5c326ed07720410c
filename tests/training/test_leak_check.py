"""Inputs that come with the outcome are left out, said so, and can be overruled in writing."""

import random
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.leak_check import inputs_known_in_time
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

DAYS = 80


@tagged("post_install", "-at_install")
class TestLeaks(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        """400 leads of the last three months, half of them closed at every age; nothing but closing fills the city."""
        super().setUpClass()
        rng = random.Random(5)
        cls.deployment.horizon_days = 30
        cls.leads = cls.env["crm.lead"].create(
            [
                {
                    "name": "x",
                    "type": "opportunity",
                    "expected_revenue": rng.choice([200, 5000, 40000]),
                    "country_id": rng.choice([cls.belgium, cls.usa]).id,
                    "phone": rng.choice([False, "+32 470 12 34 56"]),
                }
                for _number in range(400)
            ]
        )
        cls.env.flush_all()
        for number, lead in enumerate(cls.leads):
            age = DAYS * (number + 1) / 400
            closed = number % 2
            created = NOW - timedelta(days=85 if closed else age)
            won = closed and rng.random() < 0.45
            cls.env.cr.execute(
                "UPDATE crm_lead SET create_date = %s, date_closed = %s, won_status = %s, city = %s WHERE id = %s",
                [
                    created,
                    created + timedelta(days=age) if closed else None,
                    ("won" if won else "lost") if closed else "pending",
                    "Ghent" if closed else None,
                    lead.id,
                ],
            )
        cls.env.invalidate_all()
        cls.leaky = cls.make_deployment(
            name="Leaky",
            is_primary=False,
            horizon_days=30,
            features=[{"path": "expected_revenue"}, {"path": "country_id"}, {"path": "phone"}, {"path": "city"}],
        )

    def feature(self, path):
        return self.leaky.feature_ids.filtered(lambda feature: feature.path == path)

    def known_in_time(self):
        with clock.at(NOW):
            return inputs_known_in_time(self.leaky, NOW).mapped("path")

    def test_what_is_filled_on_closing_is_left_out(self):
        self.assertEqual(self.known_in_time(), ["expected_revenue", "country_id", "phone"])
        city = self.feature("city")
        self.assertEqual((city.leak_verdict, city.leak_reason), ("refused", "filled"))
        self.assertEqual(set((self.leaky.feature_ids - city).mapped("leak_verdict")), {"fine"})

    def test_the_version_says_what_it_left_out(self):
        self.leaky.horizon_days = 80
        with clock.at(NOW):
            version = self.leaky._train()
        self.assertEqual(version.left_out, [self.feature("city").key])
        self.assertNotIn("city", version._card().names)

    def test_an_owner_overrules_in_writing(self):
        self.feature("city").leak_override = "Typed in when the lead comes, checked with sales."
        self.assertIn("city", self.known_in_time())
        self.assertEqual(self.feature("city").leak_verdict, "fine")
        self.feature("city").leak_override = " "
        self.assertNotIn("city", self.known_in_time())

    def test_a_tracked_field_that_is_changed_after_closing_is_left_out(self):
        self.leaky.write({"feature_ids": [(0, 0, {"path": "user_id"})]})
        field = self.env["ir.model.fields"]._get("crm.lead", "user_id")
        for lead in self.leads.filtered("date_closed")[:40]:
            message = self.env["mail.message"].create(
                {"model": "crm.lead", "res_id": lead.id, "date": lead.date_closed + timedelta(days=3)}
            )
            self.env["mail.tracking.value"].create({"mail_message_id": message.id, "field_id": field.id})
        self.assertNotIn("user_id", self.known_in_time())
        self.assertEqual(self.feature("user_id").leak_reason, "edited")

    def test_changes_while_closing_are_no_changes_afterwards(self):
        self.leaky.write({"feature_ids": [(0, 0, {"path": "user_id"})]})
        field = self.env["ir.model.fields"]._get("crm.lead", "user_id")
        for lead in self.leads.filtered("date_closed"):
            message = self.env["mail.message"].create(
                {"model": "crm.lead", "res_id": lead.id, "date": lead.date_closed + timedelta(minutes=5)}
            )
            self.env["mail.tracking.value"].create({"mail_message_id": message.id, "field_id": field.id})
        self.assertIn("user_id", self.known_in_time())

    def test_what_decides_alone_is_asked_about_and_used(self):
        high = self.leads.filtered(lambda lead: lead.won_status == "won" or (not lead.date_closed and lead.id % 5 < 2))
        for leads, revenue in ((high, 90000), (self.leads - high, 10)):
            self.env.cr.execute("UPDATE crm_lead SET expected_revenue = %s WHERE id = ANY(%s)", [revenue, leads.ids])
        self.env.invalidate_all()
        self.assertIn("expected_revenue", self.known_in_time())
        self.assertEqual(self.feature("expected_revenue").leak_reason, "alone")

    def test_when_nothing_is_left_training_says_so(self):
        self.leaky.feature_ids.filtered(lambda feature: feature.path != "city").unlink()
        with clock.at(NOW), self.assertRaisesRegex(UserError, "None of the inputs"):
            self.leaky._train()

    def test_what_is_asked_about_is_a_question_to_the_owner_of_the_version(self):
        self.leaky.horizon_days = 80
        won = self.leads.filtered(lambda lead: lead.won_status == "won")
        pending = self.leads.filtered(lambda lead: lead.won_status == "pending" and lead.id % 5 < 2)
        for leads, revenue in ((won + pending, 90000), (self.leads - won - pending, 10)):
            self.env.cr.execute("UPDATE crm_lead SET expected_revenue = %s WHERE id = ANY(%s)", [revenue, leads.ids])
        self.env.invalidate_all()
        with clock.at(NOW):
            version = self.leaky._train()
        self.assertEqual(version.questions, [{"code": "input", "key": "expected_revenue", "reason": "alone"}])
        self.assertIn("Expected Revenue", version.questions_text)

    def test_where_nothing_is_open_the_inputs_are_not_judged_and_said_so(self):
        self.env.cr.execute("DELETE FROM crm_lead WHERE won_status = 'pending' AND id = ANY(%s)", [self.leads.ids])
        self.env.invalidate_all()
        self.leaky.domain = f"[('id', 'in', {self.leads.exists().ids})]"
        self.assertEqual(len(self.known_in_time()), 4)
        self.assertEqual(self.feature("phone").leak_verdict, "cannot_judge")
        self.assertEqual(self.feature("phone").leak_reason, "all_closed")

    def test_the_past_of_the_records_decides_where_tracking_has_it(self):
        """A salesperson who is set on winning leads only, long after they came."""
        self.leaky.write({"feature_ids": [(0, 0, {"path": "user_id"})]})
        field = self.env["ir.model.fields"]._get("crm.lead", "user_id")
        for lead in self.leads.filtered("date_closed"):
            message = self.env["mail.message"].create(
                {"model": "crm.lead", "res_id": lead.id, "date": lead.date_closed}
            )
            self.env["mail.tracking.value"].create({"mail_message_id": message.id, "field_id": field.id})
            if lead.won_status == "won":
                self.env.cr.execute("UPDATE crm_lead SET user_id = %s WHERE id = %s", [self.owner.id, lead.id])
        self.env.invalidate_all()
        self.assertNotIn("user_id", self.known_in_time())
        self.assertEqual(self.feature("user_id").leak_reason, "changed")

    def test_records_without_outcomes_have_no_such_leak(self):
        bills = self.make_deployment(
            model_id=self.env["ir.model"]._get_id("account.move"),
            method="anomaly",
            is_primary=False,
            features=[{"path": "amount_total"}],
        )
        self.assertEqual(inputs_known_in_time(bills, NOW), bills.feature_ids)
