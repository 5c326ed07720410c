"""Which deployment stands at the gate of a bill, and when its gate is bypassed."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.gate import gates
from odoo.addons.ai_deployment.models.gate.gates import Gate
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import approve
from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestGates(GateCase):
    def test_shadow_and_proof_hold_nothing_and_say_nothing(self):
        for state in ("shadow", "poc"):
            self.gate.state = state
            bill = self.make_bill()
            bill.action_post()
            self.assertFalse(self.events_of(bill))

    def test_bills_of_another_company_are_not_held(self):
        company = self.env["res.company"].create({"name": "Next door"})
        self.assertFalse(gates.of_companies(company))
        self.assertEqual(gates.of_companies(company + self.env.company), self.gate)

    def test_it_opens_when_it_cannot_hold_and_says_so_once_to_the_owner(self):
        def overdue():
            self.gate.review_date = self.today - timedelta(days=29)

        def failing():
            alert = self.env["ai.deployment.alert"]._raise(self.gate, "broken:monitor", name="It failed")
            alert.opened_date = clock.now() - timedelta(days=29)

        def no_version():
            self.gate.assignment_ids.end_date = clock.now()

        def suspended():
            self.gate.suspend()

        def retired():
            self.gate._retire("Another way was found.")

        for step in (overdue, failing, no_version, suspended, retired):
            with self.subTest(why=step.__name__), self.undone():
                step()
                bills = self.make_bill() + self.make_bill(100)
                for bill in bills:
                    bill.action_post()
                self.assertEqual(self.kinds(bills), ["bypassed", "bypassed"])
                self.assertTrue(all(self.events_of(bills).mapped("note")))
                self.assertIn("as the gate was bypassed", bills[0].message_ids[0].body)
                alert = self.env["ai.deployment.alert"].search([("cause", "=", "gate:open")])
                self.assertEqual((len(alert), alert.state), (1, "firing"))

    def test_what_is_overdue_by_four_weeks_holds_and_by_a_day_more_does_not(self):
        self.assertEqual(self.gate.gate_stale_days, 28)
        since = clock.now()
        alert = self.env["ai.deployment.alert"]._raise(self.gate, "broken:monitor", name="It failed")
        for days, held in ((28, True), (29, False)):
            self.gate.review_date = self.today - timedelta(days=days)
            alert.opened_date = since
            self.assertEqual(not Gate(self.gate).bypass_reason(), held)
        self.gate.review_date = self.today
        with clock.at(since):
            for opened, held in ((timedelta(days=28), True), (timedelta(days=28, seconds=1), False)):
                alert.opened_date = since - opened
                self.assertEqual(not Gate(self.gate).bypass_reason(), held)
            alert.state = "resolved"
            self.assertEqual(Gate(self.gate).bypass_reason(), "")

    def test_no_report_for_too_long_opens_it(self):
        since = clock.now() - timedelta(days=40)
        self.gate.assignment_ids.start_date = since
        self.assertFalse(Gate(self.gate).bypass_reason())
        with clock.at(since):
            self.gate._score(self.make_bill(7))
        self.assertIn("missing for too long", Gate(self.gate).bypass_reason())
        self.gate.gate_stale_days = 0
        self.assertEqual(Gate(self.gate).bypass_reason(), "")

    def test_another_one_in_production_stands_in_for_one_that_was_switched_off(self):
        self.gate.suspend()
        other = self.gate.copy({"name": "Another", "review_date": self.gate.review_date, "gate": "block"})
        approve(other)
        card = self.gate.champion_id._card()
        self.serve(other, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        other.state = "shadow"
        other._score(self.make_bill(1))
        other.state = "production"
        self.assertEqual(gates.of_companies(self.env.company), other)
        bill = self.make_bill()
        with self.stopped():
            bill.action_post()
        self.assertEqual(self.events_of(bill).deployment_id, other)
