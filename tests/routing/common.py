"""Shared set-ups of the tests of routing: reasons for reviews, and a hold-out."""

from datetime import date, timedelta

from odoo import Command

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

PERFECT = [(0.9, 100, 0), (0.7, 300, 0)]  # (line, cases, errors), the strictest first
POOR = [(0.9, 100, 30), (0.6, 400, 150)]
# (value, of so many won, of so many lost): a "no" at .4 is wrong in 2 of 5, at .1 in 1 of 50
NEGATIVES = [(0.4, 20, 30), (0.1, 2, 98)]
POSITIVES = [(0.6, 30, 20), (0.9, 49, 1)]


class RuleCase(AiDeploymentCase):
    """The deployment on leads of every test, and one on bills whose card flags amounts of 10,000 and more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        journals = cls.env["account.journal"].search(cls.env["account.journal"]._check_company_domain(cls.env.company))
        if "purchase" not in journals.mapped("type"):
            cls.env["account.chart.template"].try_loading("generic_coa", cls.env.company, install_demo=False)
        cls.vendor = cls.env["res.partner"].create({"name": "Azure Interior", "is_company": True})
        cls.bills = cls.make_deployment(
            name="Unusual bills",
            model_id=cls.env["ir.model"]._get("account.move").id,
            method="anomaly",
            min_confidence=0.0,
            features=[{"path": "amount_untaxed", "name": "Amount"}],
            reviewer_ids=[(6, 0, cls.reviewer.ids)],
        )
        card = cls.card(names=["expected_revenue"])
        card.features[0].__dict__["name"] = "amount_untaxed"
        cls.serve(cls.bills, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        cls.bills.state = "shadow"
        cls.unsure = {"expected_revenue": 50000, "country_id": False}  # 1.5 - 1.0: a chance of .62
        cls.sure = {"expected_revenue": 50000}  # 1.5 + 1.0 - 1.0: .82

    @classmethod
    def rule(cls, reason, deployment=None, **values):
        rule = (deployment or cls.deployment)._review_rule(reason)
        rule.write(values)
        return rule

    @classmethod
    def make_bill(cls, amount=100.0, day=date(2026, 2, 2), post=False, **values):
        bill = cls.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": cls.vendor.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [
                    Command.create({"name": "Log Line", "quantity": 1, "price_unit": amount, "tax_ids": []})
                ],
                **values,
            }
        )
        if post:
            bill.action_post()
        return bill

    def why(self, records, now=NOW, deployment=None, **options):
        """By which reason, else which route, each record goes."""
        (deployment or (self.deployment if records._name == "crm.lead" else self.bills))._score(
            records, now=now, **options
        )
        latest = {line.res_id: line.review_reason or line.route for line in self.lines_of(records)}
        return [latest[res_id] for res_id in records.ids]

    def lines_of(self, records):
        return self.env["ai.deployment.inference"].search(
            [("res_model", "=", records._name), ("res_id", "in", records.ids)], order="id"
        )

    def with_opinion(self, lead, percent):
        """What predictive lead scoring says of the lead."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET automated_probability = %s, probability = %s WHERE id = %s",
            [percent, percent, lead.id],
        )
        lead.invalidate_recordset()
        return lead

    def assertBalanced(self, deployment=None):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["ai.deployment.ledger"].search([("deployment_id", "=", (deployment or self.deployment).id)])
        self.assertTrue(rows)
        self.assertEqual(set(rows.mapped("difference")), {0})


class HoldoutCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.go_live()
        cls.env.ref("base.group_allow_export").user_ids += cls.seller

    @classmethod
    def hold_out(cls, share=0.5):
        with clock.at(NOW):
            cls.deployment.with_user(cls.owner)._hold_out(share, "Finance asks what it brings.")

    @classmethod
    def new_leads(cls, count, **values):
        """Leads that came a minute later, scored: (held out, shown)."""
        leads = cls.make_leads(count, **values)
        cls.env.flush_all()
        came = NOW + timedelta(minutes=1)
        cls.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)", [came, leads.ids])
        cls.env.invalidate_all()
        with clock.at(came):
            cls.deployment._score(leads)
        held = cls.deployment._held_out_ids(leads.ids)
        return leads.filtered(lambda lead: lead.id in held), leads.filtered(lambda lead: lead.id not in held)


class EdgeCaseCase(AiDeploymentCase):
    """Leads with much money at stake, which a deployment must not decide, and small ones."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # else they go to a person as nobody has seen so much money
        cls.deployment._review_rule("out_of_support").is_on = False
        cls.large = cls.make_leads(3, name="Large", expected_revenue=900000)
        cls.small = cls.make_leads(3, name="Small")

    def case(self, person=None, **values):
        cases = self.env["ai.deployment.edge.case"].with_user(person or self.owner)
        return cases.create(
            {
                "deployment_id": self.deployment.id,
                "name": "Very large ones",
                "domain": "[('expected_revenue', '>', 500000)]",
                **values,
            }
        )

    def tried(self, case, person=None):
        with clock.at(NOW):
            case.with_user(person or self.owner).action_try()
        return case


class TestedCase(AiDeploymentCase):
    def serve_tested(self, positive=(), negative=(), **held_out):
        """The deployment serves a version whose test went so."""
        curves = {"positive": list(positive), "negative": list(negative)}
        version = self.keep(self.deployment, self.card(), held_out={"curves": curves, **held_out})
        with clock.at(NOW):
            self.deployment._assign_champion(version, "test")


def stakes(*parts, amount=1000.0):
    """What a version knows of the records that tested it, all of one amount."""
    values, labels = [], []
    for value, won, lost in parts:
        values += [value] * (won + lost)
        labels += [1] * won + [0] * lost
    return {"values": values, "labels": labels, "amounts": [amount] * len(values), "threshold": 0.5}


class CostCase(TestedCase):
    def serve_stakes(self, found=None, **values):
        version = self.keep(
            self.deployment, self.card(), held_out={"per_day": 10.0}, stakes=found or stakes(*NEGATIVES, *POSITIVES)
        )
        with clock.at(NOW):
            self.deployment._assign_champion(version, "test")
        self.deployment.write(
            {
                "routing": "cost",
                "min_confidence": 0.55,
                "value_margin": 0.1,
                "loss_false": 50.0,
                "review_minutes": 6.0,
                "value_hourly_cost": 60.0,
                **values,
            }
        )
