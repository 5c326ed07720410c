"""What tests of the gate share: a deployment that holds bills, people who post and people who look."""

from contextlib import contextmanager
from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import QUIET, AiDeploymentCase

PASS = "ai_deployment.group_pass_gate"


class GateCase(AiDeploymentCase):
    """A deployment that holds bills of 10,000 and more, people who post, and people who look."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        journals = cls.env["account.journal"].search(cls.env["account.journal"]._check_company_domain(cls.env.company))
        if "purchase" not in journals.mapped("type"):
            cls.env["account.chart.template"].try_loading("generic_coa", cls.env.company, install_demo=False)
        cls.today = clock.today()
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.other_vendor = cls.env["res.partner"].create({"name": "Other vendor"})

        def user(login, *groups):
            return new_test_user(cls.env, login, ",".join(groups), email=f"{login}@example.com", context=QUIET)

        # `Ann` in accounting posts, `Ben` looks, `Cleo` may pass.
        cls.ann = user("gate_ann", "account.group_account_user")
        cls.ben = user("gate_ben", "account.group_account_user", "ai_deployment.group_reviewer")
        cls.cleo = user("gate_cleo", "account.group_account_user", PASS)
        cls.gate_owner = user("gate_owner", "account.group_account_user", "ai_deployment.group_owner")
        cls.gate_deputy = user("gate_deputy", "account.group_account_user", "ai_deployment.group_owner")
        cls.gate = cls.make_deployment(
            name="Unusual bills",
            model_id=cls.env["ir.model"]._get("account.move").id,
            method="anomaly",
            user_id=cls.gate_owner.id,
            deputy_id=cls.gate_deputy.id,
            reviewer_ids=[Command.set(cls.ben.ids)],
            review_date=cls.today + timedelta(days=90),
            features=[{"path": "amount_untaxed", "name": "Amount"}],
        )
        card = cls.card(names=["expected_revenue"])
        card.features[0].__dict__["name"] = "amount_untaxed"
        cls.serve(cls.gate, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        cls.gate.state = "shadow"
        cls.gate._score(cls.make_bill(1))
        cls.gate.write({"state": "production", "gate": "block"})
        cls.env.flush_all()

    @classmethod
    def make_bill(cls, amount=20000.0, move_type="in_invoice", day=None, **values):
        day = day or cls.today - timedelta(days=40)
        return cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": cls.vendor.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [
                    Command.create({"name": "Log Line", "quantity": 1, "price_unit": amount, "tax_ids": []})
                ],
                **values,
            }
        )

    def events_of(self, bills):
        return self.env["ai.deployment.gate.event"].search([("res_id", "in", bills.ids)], order="id")

    def kinds(self, bills):
        return self.events_of(bills).mapped("kind")

    def review_of(self, bill):
        return self.reviews_of(bill)[-1:]

    def look(self, bill, ground_truth="negative", note=""):
        """Ben looks at the bill as it is: it is usual (negative) or not."""
        self.gate._score(bill)
        review = self.review_of(bill)
        right = review.prediction == (ground_truth == "positive")
        review.with_user(self.ben)._decide("confirmed" if right else "overridden", note=note)
        return review

    def end_transaction(self, committed=False):
        """What runs when the transaction of a poster is over; the test's own goes on."""
        with self.enter_registry_test_mode():
            (self.env.cr.postcommit if committed else self.env.cr.postrollback).run()
        for hooks in (self.env.cr.postcommit, self.env.cr.postrollback):
            hooks.clear()
        self.env.invalidate_all()

    @contextmanager
    def stopped(self, *words):
        with self.assertRaises(UserError) as caught:
            yield caught
        for word in words:
            self.assertIn(word, str(caught.exception))
        self.end_transaction()

    @contextmanager
    def undone(self):
        """What is done in here is gone afterwards."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def waive(self, **values):
        return self.env["ai.deployment.waiver"].create(
            {
                "deployment_id": self.gate.id,
                "partner_id": self.vendor.id,
                "note": "A yearly licence",
                "end_date": self.today + timedelta(days=30),
                **values,
            }
        )

    def pass_(self, bill, note="Checked by phone", user=None):
        wizard = self.env["ai.deployment.gate.pass"].with_user(user or self.cleo)
        return wizard.create({"move_id": bill.id, "note": note}).action_pass()

    def damage(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '5') WHERE id = %s",
            [self.gate.champion_id.id],
        )
        self.env.invalidate_all()

    def queries(self, call):
        self.env.flush_all()
        self.env.invalidate_all()
        call()  # rights, rules and translations are warm
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before
