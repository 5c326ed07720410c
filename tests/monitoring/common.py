"""Set-ups of monitoring: weeks of records that come in, are scored, and end in an outcome."""

import json
import random
from datetime import date, timedelta

from odoo import Command

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

WEEK = timedelta(days=7)
HORIZON = timedelta(days=30)
SHORT_HORIZON = timedelta(days=14)
SHOWN = NOW + 6 * WEEK


class IntakeCase(AiDeploymentCase):
    """Weeks of new leads, drawn with the shares of the reference unless told otherwise."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(11)

    def intake(self, week, count=200, empty=0.25, large=1 / 3):
        """New leads of one week: with the shares that the reference has, unless told otherwise."""
        values = []
        for _number in range(count):
            draw = self.random.random()
            country = False if draw < empty else (self.belgium if draw < empty + (1 - empty) * 2 / 3 else self.usa).id
            draw = self.random.random()
            revenue = 20000 if draw < large else 5000 if draw < large + (1 - large) / 2 else 500
            values.append({"name": "x", "type": "opportunity", "country_id": country, "expected_revenue": revenue})
        leads = self.env["crm.lead"].create(values)
        self.deployment._score(leads, now=NOW + week * WEEK)
        return leads

    def monitor(self, week):
        """Monitor at the end of `week`; the report, if there is one."""
        with clock.at(NOW + (week + 1) * WEEK):
            self.deployment._monitor()
        return self.env["ai.deployment.report"].search(
            [("window_end", "=", (NOW + (week + 1) * WEEK).date()), ("deployment_id", "=", self.deployment.id)]
        )

    def alert(self, cause):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("cause", "=", cause)]
        )

    def drift_alerts(self):
        return self.env["ai.deployment.alert"].search([("cause", "=like", "drift:%"), ("state", "=", "firing")])


class WeeksCase(AiDeploymentCase):
    """Weeks of leads just as the version learned from, changed where a test says so."""

    def leads(self, count, **values):
        """As many leads with the shares of the reference: two thirds Belgium, a quarter without a country."""
        rows = []
        for number in range(count):
            country = False if number % 4 == 0 else (self.belgium if number % 12 % 3 else self.usa).id
            revenue = (500, 5000, 20000)[number % 3]
            rows.append({"name": "x", "type": "opportunity", "country_id": country, "expected_revenue": revenue})
        return self.env["crm.lead"].create([{**row, **values} for row in rows])

    def come_in(self, leads, week):
        """Created in the middle of `week` and scored then."""
        self.env.flush_all()
        moment = NOW + week * WEEK + timedelta(days=3)
        self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)", [moment, leads.ids])
        self.env.invalidate_all()
        self.deployment._score(leads, now=moment)
        return leads

    def look(self, week):
        """The report at the end of `week`."""
        end = NOW + (week + 1) * WEEK + timedelta(days=3)
        with clock.at(end):
            self.deployment._monitor()
        return self.env["ai.deployment.report"].search([("deployment_id", "=", self.deployment.id)], limit=1)

    def alerts(self, prefix=""):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("state", "=", "firing"), ("cause", "=like", f"{prefix}%")]
        )


class CohortCase(AiDeploymentCase):
    """Leads of one kind are won in as many cases as the card says: a half of the usual, four fifths of the large."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = 30
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE ai_deployment_version SET positive_count = 660 WHERE id = %s", [cls.version.id])
        cls.env.invalidate_all()

    def cohort(self, week, won=0.5, won_large=0.8, count=60):
        """Leads of one week, half of them large, scored as they come and closed ten days later."""
        usual, large = self.make_leads(count), self.make_leads(count, expected_revenue=20000)
        moment = NOW + week * WEEK
        self.came_in(usual + large, moment - timedelta(hours=1))
        self.deployment._score(usual + large, now=moment)
        for leads, share in ((usual, won), (large, won_large)):
            winners = leads[: round(share * count)]
            self.close(winners, "won", moment + timedelta(days=10))
            self.close(leads - winners, "lost", moment + timedelta(days=10))
        return usual, large

    def came_in(self, leads, moment):
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)", [moment, leads.ids])
        self.env.invalidate_all()

    def close(self, leads, status, moment):
        leads.flush_recordset()
        self.env.cr.execute(
            "UPDATE crm_lead SET won_status = %s, date_closed = %s WHERE id = ANY(%s)", [status, moment, leads.ids]
        )
        leads.invalidate_recordset()

    def report(self, week):
        """The monitoring run when the outcomes of `week` are due; its report on what came true."""
        with clock.at(NOW + (week + 1) * WEEK + HORIZON):
            self.deployment._monitor()
        return self.env["ai.deployment.report"].search(
            [("kind", "=", "performance"), ("window_end", "=", (NOW + (week + 1) * WEEK).date())]
        )

    def line(self, report, key):
        return report.line_ids.filtered(lambda line: line.key == key)

    def alerts(self):
        return self.env["ai.deployment.alert"].search([("cause", "=like", "performance:%"), ("state", "=", "firing")])

    def tested_on(self, usual=0.5, large=0.8, count=400):
        """The version was tested on as many usual and large leads, which ended in these shares."""
        values = [0.5] * count + [0.8] * count
        labels = [n < usual * count for n in range(count)] + [n < large * count for n in range(count)]
        version = self.version.sudo()
        kept = {
            **(version.held_out or {}),
            "outcomes": {"labels": list(map(int, labels)), "values": values},
            "weeks": [[0.0, 25.0]] * 8,
        }
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET held_out = %s::jsonb WHERE id = %s", [json.dumps(kept), version.id]
        )
        self.env.invalidate_all()


class DashboardCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = SHORT_HORIZON.days

    def week(self, number, *, count=40, country=True, won=0.5, won_large=0.8):
        """Leads of one week, half of them large: scored as they come, closed two days later, and judged."""
        country_id = self.belgium.id if country else False
        usual, large = (
            self.make_leads(count, country_id=country_id, expected_revenue=revenue) for revenue in (5000, 20000)
        )
        moment = NOW + number * WEEK
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)",
            [moment - timedelta(hours=1), (usual + large).ids],
        )
        self.env.invalidate_all()
        self.deployment._score(usual + large, now=moment)
        for leads, share in ((usual, won), (large, won_large)):
            winners = leads[: round(share * count)]
            for some, status in ((winners, "won"), (leads - winners, "lost")):
                self.env.cr.execute(
                    "UPDATE crm_lead SET won_status = %s, date_closed = %s WHERE id = ANY(%s)",
                    [status, moment + timedelta(days=2), some.ids],
                )
        self.env.invalidate_all()
        with clock.at(moment + WEEK):
            self.deployment._monitor()
        return usual + large

    def page(self, moment=SHOWN, user=None):
        """What reaches the browser."""
        self.env.flush_all()
        self.env.invalidate_all()
        with clock.at(moment):
            return json.loads(json.dumps(self.deployment.with_user(user or self.owner).monitoring_page()))

    def texts(self, page):
        return [message["text"] for message in page["messages"]]

    def series(self, chart, label):
        return next(series for series in chart["series"] if series["label"] == label)

    def listed(self, target, user=None):
        """The records that a click lists."""
        return self.env[target["model"]].with_user(user or self.owner).search(target["domain"])


class AnomalyCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.state = "poc"
        cls.bills = cls.make_deployment(
            name="Odd bills",
            method="anomaly",
            model_id=cls.env["ir.model"]._get("account.move").id,
            horizon_days=10,
            features=[{"path": "amount_untaxed", "name": "Amount"}],
        )
        card = cls.card(names=["expected_revenue"])
        card.features[0].__dict__["name"] = "amount_untaxed"
        cls.bill_version = cls.serve(
            cls.bills, type(card)(card.features, card.intercept, card.calibration, card.score_bins)
        )
        with clock.at(NOW):
            cls.bills.state = "shadow"
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})

    def make_bills(self, count, amount=100.0, post=False):
        bills = self.env["account.move"].create(
            [
                {
                    "move_type": "in_invoice",
                    "partner_id": self.vendor.id,
                    "invoice_date": date(2026, 2, 2),
                    "date": date(2026, 2, 2),
                    "ref": f"{amount}/{number}",
                    "invoice_line_ids": [Command.create({"name": "x", "price_unit": amount, "tax_ids": []})],
                }
                for number in range(count)
            ]
        )
        if post:
            bills.action_post()
        return bills

    def decide(self, bills, ground_truth, moment=NOW, reason="flagged"):
        return self.env["ai.deployment.review"].create(
            [
                {
                    "deployment_id": self.bills.id,
                    "company_id": self.env.company.id,
                    "res_model": "account.move",
                    "res_id": bill.id,
                    "version_id": self.bill_version.id,
                    "opened_date": moment,
                    "reason": reason,
                    "prediction": reason == "flagged",
                    "state": "decided",
                    "decision": "confirmed",
                    "ground_truth": ground_truth,
                    "is_label": bool(ground_truth),
                    "decided_date": moment,
                    "inference_id": self.inferences_of(bill, self.bills)[:1].id,
                }
                for bill in bills
            ]
        )

    def inferences_of(self, records, deployment=None):
        return self.env["ai.deployment.inference"].search(
            [("deployment_id", "=", (deployment or self.deployment).id), ("res_id", "in", records.ids)]
        )

    def look(self, week):
        with clock.at(NOW + (week + 1) * WEEK):
            self.bills._monitor()
        return self.bills.report_ids.filtered(lambda report: report.kind == "performance").sorted("id")[-1:]

    def line(self, report, key):
        return report.line_ids.filtered(lambda line: line.key == key)

    def alerts(self, cause):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.bills.id), ("cause", "=", cause), ("state", "=", "firing")]
        )

    def flag(self, week, right, wrong):
        bills = self.make_bills(right + wrong)
        moment = NOW + week * WEEK
        self.bills._score(bills, now=moment)
        self.decide(bills[:right], "positive", moment)
        self.decide(bills[right:], "negative", moment)
        return bills
