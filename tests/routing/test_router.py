"""The router: policies in their order, what reviews take from rules, and what routing costs."""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.routing import router
from odoo.addons.ai_deployment.models.scoring.standing import READ_TO_SCORE
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import RuleCase


class Scored(SimpleNamespace):
    """What a card says of records, as far as the router asks."""

    def __init__(self, values, predictions, confidences, errors):
        super().__init__(values=values, predictions=predictions, confidences=confidences, errors=errors, support=None)

    def __len__(self):
        return len(self.values)


@tagged("post_install", "-at_install")
class TestRouter(RuleCase):
    def queries_of(self, records):
        self.env.flush_all()
        self.env.invalidate_all()
        deployment = records.env["ai.deployment"].browse(
            (self.deployment if records._name == "crm.lead" else self.bills).id
        )
        deployment.fetch(READ_TO_SCORE)
        before = self.env.cr.sql_log_count
        deployment._score(records, now=NOW, again=True)
        return self.env.cr.sql_log_count - before

    def test_policies_are_applied_in_this_order(self):
        names = [type(policy).__name__ for policy in router.POLICIES]
        self.assertEqual(names, ["Holdout", "Thresholds", "RandomChecks", "EdgeCases"])

    def test_without_a_rule_nothing_is_reviewed(self):
        self.deployment.review_rule_ids.is_on = False
        why, chances = self.routed(values=[0.5, 0.9], errors={})
        self.assertEqual((why, chances), (["", ""], [0.0, 0.0]))

    def test_what_failed_has_no_other_reason_than_that(self):
        self.deployment.min_confidence = 1.0
        why, _chances = self.routed(values=[0.5, 0.9], errors={1: ValueError()})
        self.assertEqual(why, ["low_confidence", "failed"])

    def routed(self, values, errors):
        """(why, chances) of records with these scores, none of which is stored."""
        values = np.array(values)
        scored = Scored(values, values > 0.5, np.abs(values - 0.5) + 0.5, errors)
        ids = list(range(1, len(values) + 1))
        decides = router.Router(self.deployment)
        why, chances = decides.route({}, None, scored, np.arange(len(values)), ids, [None] * len(values))
        return why.tolist(), chances.tolist()

    def test_the_review_takes_priority_and_work_from_its_reason(self):
        self.rule("amount", is_on=True, amount=1000, priority=7, points=4)
        lead = self.make_leads(**self.sure)
        self.why(lead)
        review = self.reviews_of(lead)
        self.assertEqual((review.priority, review.points, review.threshold), (7, 4, 1000))

    def test_a_review_after_scoring_again_takes_them_too(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        self.rule("amount", is_on=True, amount=1000, priority=7, points=4)
        lead = self.make_leads(country_id=False)
        self.why(lead)
        lead.country_id = self.belgium
        with clock.at(NOW + timedelta(hours=1)):
            self.reviews_of(lead).with_user(self.owner).action_score_again()
        new = self.reviews_of(lead)[-1]
        self.assertEqual((new.reason, new.priority, new.points, new.threshold), ("amount", 7, 4, 1000))
        self.assertIn("5,000", new.with_user(self.owner).why_text)

    def test_reasons_cost_no_query(self):
        self.make_bill(day=date(2026, 1, 5), post=True)
        for records in (self.make_leads(), self.make_leads(40), self.make_bill()):
            deployment = self.deployment if records._name == "crm.lead" else self.bills
            with self.subTest(model=records._name, count=len(records)):
                deployment.review_rule_ids.is_on = False
                self.queries_of(records)  # fills what is kept per process
                off = self.queries_of(records)
                deployment.review_rule_ids.write({"is_on": True, "amount": 10**6})
                for record in records if records._name == "crm.lead" else ():
                    self.with_opinion(record, 60)
                self.assertEqual(self.queries_of(records), off)
                self.assertFalse(self.reviews_of(records))

    def test_one_fetch_reads_all_that_scoring_one_record_needs(self):
        lead = self.make_leads()
        self.queries_of(lead)
        self.deployment.fetch(READ_TO_SCORE)
        statements = []
        execute = self.env.cr.execute

        def watch(query, *args, **kwargs):
            statements.append(query.code if hasattr(query, "code") else str(query))
            return execute(query, *args, **kwargs)

        self.patch(self.env.cr, "execute", watch)
        self.deployment._score(lead, now=NOW, again=True)
        self.assertTrue(statements)
        self.assertFalse([s for s in statements if "ai_deployment_review_rule" in s or 'FROM "ai_deployment"' in s])

    def test_what_no_reason_needs_is_not_read(self):
        bill = self.make_bill()
        statements = []
        execute = self.env.cr.execute

        def watch(query, *args, **kwargs):
            statements.append(query.code if hasattr(query, "code") else str(query))
            return execute(query, *args, **kwargs)

        self.patch(self.env.cr, "execute", watch)
        self.bills._score(bill, now=NOW)
        self.assertFalse([s for s in statements if "earlier.partner_id" in s or 'amount_total_signed")::float8' in s])
        self.rule("new_vendor", self.bills, is_on=True)
        self.bills._score(bill, now=NOW, again=True)
        self.assertEqual(len([s for s in statements if "earlier.partner_id" in s]), 1)
