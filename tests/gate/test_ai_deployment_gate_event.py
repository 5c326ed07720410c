"""The log of the gate is append-only, for everybody."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestGateEvent(GateCase):
    def test_nobody_writes_the_log_of_the_gate(self):
        bill = self.make_bill()
        self.pass_(bill)
        values = {
            "deployment_id": self.gate.id,
            "company_id": self.env.company.id,
            "res_model": "account.move",
            "res_id": bill.id,
            "date": clock.now(),
            "kind": "passed",
            "user_id": self.cleo.id,
        }
        event = self.events_of(bill)
        for person in (self.cleo, self.gate_owner, self.manager, self.env.ref("base.user_admin")):
            with self.subTest(person=person.login):
                with self.assertRaises(AccessError):
                    event.with_user(person).write({"note": "Other"})
                with self.assertRaises(AccessError):
                    event.with_user(person).unlink()
                with self.assertRaises(AccessError):
                    event.with_user(person).create(values)
        with self.assertRaises(AccessError):
            event.sudo().write({"note": "Other"})

    def test_a_bill_is_posted_while_reviewers_are_looked_for(self):
        """PostgreSQL locks what a foreign key points to: a user would meet the scheduled action that assigns it."""
        self.env.cr.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'ai_deployment_gate_event'::regclass"
            " AND confrelid = 'ai_deployment_review'::regclass"
        )
        self.assertFalse(self.env.cr.fetchall())
        bill = self.make_bill()
        self.pass_(bill)
        review = self.events_of(bill).review_id
        self.assertTrue(review)
        with self.assertRaises(UserError):
            review.sudo().unlink()
