"""Every page, in a real browser, as the people who use it."""

from datetime import timedelta

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.ai_deployment.models.health.token import has_token
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase, approve


@tagged("post_install", "-at_install", "ai_tour")
class TestTours(HttpCase, AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = clock.now()
        cls.jobs_ran(cls.now)
        cls.deployment.review_date = cls.now.date() + timedelta(days=90)
        cls.deployment._score(cls.make_leads(1, user_id=False), now=cls.now)
        cls.deployment.write({"floor_auc": 0.6, "fallback": "incumbent", "score_on_change": True})
        cls.deployment.state = "production"
        cls.good = cls.make_leads(name="Good lead", expected_revenue=20000)
        cls.poor = cls.make_leads(name="Poor lead", expected_revenue=10, country_id=cls.usa.id)
        cls.unscored = cls.make_leads(name="Unscored lead")

    def score(self, records):
        self.deployment._score(records, now=self.now)
        self.env["ai.deployment.review"].search([])._assign()

    def test_owner(self):
        self.score(self.good)
        with clock.at(self.now - timedelta(days=20)):
            self.deployment._score(self.make_leads(60, user_id=False, active=False))
        report = self.env["ai.deployment.report"].create(
            {
                "deployment_id": self.deployment.id,
                "version_id": self.version.id,
                "date": self.now,
                "window_start": self.now.date() - timedelta(days=7),
                "window_end": self.now.date(),
                "row_count": 60,
                "verdict": "quiet",
                "summary": "Unchanged.",
                "line_ids": [
                    (
                        0,
                        0,
                        {"key": "expected_revenue", "label": "Expected Revenue", "test": "shape", "verdict": "quiet"},
                    )
                ],
            }
        )
        alert = self.env["ai.deployment.alert"]._raise(
            self.deployment, "drift:country_id:missing", name="Country is empty on 31 % of leads", report=report
        )
        self.start_tour("/odoo/ai-deployments", "ai_deployment_owner", login="ai_owner")
        alert.invalidate_recordset()
        self.assertEqual((alert.state, alert.acknowledged_by_id), ("acknowledged", self.owner))

    def test_overview(self):
        self.score(self.good)
        self.env["ir.config_parameter"].sudo().set_param(
            "ai_deployment.documentation_url", "https://docs.example.com/ai"
        )
        self.start_tour("/odoo/ai-overview", "ai_deployment_overview", login="ai_owner")

    @mute_logger("odoo.http")
    def test_overview_by_its_address_without_the_right_to_see_it(self):
        self.start_tour("/odoo/ai-overview", "ai_deployment_overview_refused", login="ai_reviewer")

    def test_monitoring(self):
        """Real weeks, monitored when they were over."""
        self.deployment.horizon_days = 7
        for weeks in range(6, 0, -1):
            moment = self.now - timedelta(weeks=weeks)
            leads = self.make_leads(60, expected_revenue=20000, country_id=self.belgium.id if weeks > 1 else False)
            leads[::2].expected_revenue = 5000
            self.env.flush_all()
            self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)", [moment, leads.ids])
            self.env.invalidate_all()
            self.deployment._score(leads, now=moment)
            self.env.cr.execute(
                "UPDATE crm_lead SET date_closed = %s, won_status = CASE WHEN id %% 3 = 0 THEN 'lost' ELSE 'won' END"
                " WHERE id = ANY(%s)",
                [moment + timedelta(days=2), leads.ids],
            )
            self.env.invalidate_all()
            with clock.at(moment + timedelta(weeks=1)):
                self.deployment._monitor()
        self.start_tour("/odoo/ai-monitoring", "ai_deployment_monitoring", login="ai_owner")

    def test_health(self):
        self.env.ref("ai_deployment.ir_cron_monitor").active = False
        self.start_tour("/odoo/ai-deployments", "ai_deployment_health", login="ai_owner")

    def test_health_address(self):
        self.start_tour("/odoo/ai-deployments", "ai_deployment_health_address", login="ai_manager")
        self.assertTrue(has_token(self.env))

    def test_alerts(self):
        alert = self.env["ai.deployment.alert"]._raise(
            self.deployment, "drift:country_id:missing", name="Country is empty on 31 % of leads"
        )
        self.start_tour("/odoo/ai-deployments", "ai_deployment_alerts", login="ai_deputy")
        self.env.invalidate_all()
        self.assertEqual((alert.is_muted, alert.read_by_id), (True, self.deputy))
        channel = self.deployment.channel_ids.filtered(lambda channel: channel.kind == "email")
        self.assertEqual(channel.partner_ids, self.owner.partner_id)
        self.assertEqual(self.env["ai.deployment.message"].search([]).channel_id, channel)

    def test_kill_switch(self):
        self.start_tour("/odoo/ai-deployments", "ai_deployment_kill_switch", login="ai_deputy")
        self.deployment.invalidate_recordset()
        self.assertEqual(self.deployment.state, "suspended")

    def test_from_proof_of_concept_to_go(self):
        """Every person does their own part; what other pieces prove is waived by the administrator."""
        name = "Who pays late"
        start = "/odoo/ai-deployments"
        self.start_tour(start, "ai_deployment_proof", login="ai_owner")
        deployment = self.env["ai.deployment"].search([("name", "=", name)])
        self.assertEqual((deployment.user_id, deployment.approver_id), (self.owner, self.reviewer))
        deployment.write({"feature_ids": [(0, 0, {"path": "expected_revenue"})], "is_primary": False})
        version = self.keep(deployment, self.card(names=["expected_revenue"]))
        deployment._assign_champion(version, "Trained")
        self.start_tour(start, "ai_deployment_owner_accepts", login="ai_owner")
        self.env.invalidate_all()
        self.assertEqual((deployment.state, deployment.has_accepted), ("shadow", True))
        self.assertEqual(deployment.signature_ids.user_id, self.accountant)
        deployment._score(self.good)
        self.start_tour("/odoo/ai-signatures", "ai_deployment_signer", login="ai_accountant")
        self.start_tour(start, "ai_deployment_owner_signs", login="ai_owner")
        self.env.invalidate_all()
        rows = {row.code: row for row in deployment.check_ids}
        for code in ("own", "owner_accepted", "explained", "budget"):
            self.assertEqual(rows[code].state, "met", rows[code].evidence)
        for row in deployment.check_ids.filtered(lambda row: row.state == "missing" and row.rule == "by_hand"):
            row.with_user(self.owner)._sign("Looked at it.")
        deployment.check_ids[0].sudo().signed_date = False  # one is left for the administrator
        deployment.check_ids._refresh()
        self.start_tour(start, "ai_deployment_administrator_waives", login="ai_manager")
        self.env.invalidate_all()
        self.assertIn("waived", deployment.check_ids.mapped("state"))
        deployment.check_ids.filtered(lambda row: row.state in ("missing", "broken")).with_user(self.manager)._waive(
            "A test.", clock.today() + timedelta(days=9)
        )
        self.start_tour(start, "ai_deployment_approver", login="ai_reviewer")
        self.env.invalidate_all()
        self.assertEqual(deployment.state, "production")
        self.assertEqual(deployment.approval_ids.user_id, self.reviewer)
        self.assertEqual(deployment.approval_ids.outcome, "conditions")

    def test_seller(self):
        self.score(self.good + self.poor)
        self.start_tour("/odoo", "ai_deployment_seller", login="ai_seller")
        self.assertEqual(self.inferences_of(self.unscored).user_id, self.seller)

    def test_not_a_viewer(self):
        self.score(self.good + self.poor)
        self.deployment.viewer_group_ids = self.env.ref("account.group_account_user")
        self.start_tour("/odoo", "ai_deployment_not_a_viewer", login="ai_seller")

    def test_reviewer(self):
        self.deployment.min_confidence = 1.0
        self.score(self.good + self.poor)
        self.start_tour("/odoo/ai-reviews", "ai_deployment_reviewer", login="ai_reviewer")
        good, poor = self.reviews_of(self.good), self.reviews_of(self.poor)
        (good + poor).invalidate_recordset()
        self.assertEqual((good.decision, good.ground_truth), ("confirmed", "positive"))
        self.assertEqual((poor.decision, poor.ground_truth), ("overridden", "positive"))
        self.assertEqual(poor.note, "They called me back")


class DeskTourCase(HttpCase, AiDeploymentCase):
    """Cards that wait for the reviewer, "Card 0" first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.write({"min_confidence": 1.0, "blind_share": 0.0, "double_share": 0.0})

    def ask(self, count, person=None, **values):
        leads = self.env["crm.lead"].browse()
        for number in range(count):
            leads += self.make_leads(name=f"Card {number}", **{"expected_revenue": 20000, **values})
        self.deployment._score(leads, now=clock.now())
        reviews = self.reviews_of(leads)
        reviews.write({"reviewer_id": (person or self.reviewer).id, "is_assigned": True})
        return reviews.sorted(lambda review: leads.ids.index(review.res_id))


@tagged("post_install", "-at_install", "ai_tour")
class TestDeskTours(DeskTourCase):
    def test_desk_keyboard(self):
        reviews = self.ask(12)
        self.start_tour("/odoo/ai-desk", "ai_deployment_desk_keyboard", login="ai_reviewer")
        reviews.invalidate_recordset()
        decided = reviews.filtered(lambda review: review.state == "decided")
        self.assertEqual(len(decided), 10)
        self.assertEqual(
            reviews.mapped("decision"),
            [
                "confirmed",
                "overridden",
                "unsure",
                "confirmed",
                "overridden",
                False,
                "confirmed",
                "confirmed",
                "overridden",
                "unsure",
                "confirmed",
                False,
            ],
        )
        self.assertTrue(reviews[4].answer_id)
        self.assertTrue(all(review.seconds_spent > 0 for review in decided))
        self.assertEqual(decided.decided_by_id, self.reviewer)

    def test_desk_values(self):
        """A reviewer corrects a choice and a record that is found by its name."""
        pumps, valves = self.env["crm.team"].create([{"name": "Pumps"}, {"name": "Valves"}])
        task = self.make_deployment(
            name="What a lead asks for",
            method="extract",
            min_confidence=1.0,
            reviewer_ids=[(6, 0, self.reviewer.ids)],
            features=[{"path": "name", "name": "Subject"}],
            answer_field_ids=[
                (0, 0, {"key": "team_id", "domain": f"[('id', 'in', {(pumps | valves).ids})]"}),
                (0, 0, {"key": "country_id"}),
                (0, 0, {"key": "date_deadline", "required": False}),
            ],
        )
        made = task.register_version("rules")
        task._assign_champion(self.env["ai.deployment.version"].browse(made["id"]), "test")
        task.state = "shadow"
        lead = self.make_leads(1, name="A valve for Belgium")
        about = {"res_model": "crm.lead", "res_id": lead.id}
        self.env["ir.attachment"].create({"name": "mail.txt", "raw": b"We need a valve", **about})
        said = {"team_id": "Pumps", "country_id": "France", "date_deadline": "2026-03-02"}
        sure = {f"{key}_confidence": 0.7 for key in said}
        task.record_inferences([{"res_id": lead.id, "answers": {**said, **sure}}], "tour")
        self.env["ai.deployment.review"].search([])._assign()
        with mute_logger("odoo.http"):  # a country that was typed and not chosen is refused, and told so
            self.start_tour("/odoo/ai-desk", "ai_deployment_desk_values", login="ai_reviewer")
        proposals = self.env["ai.deployment.proposal"].search([("res_id", "=", lead.id)])
        self.assertEqual(
            {one.key: (one.verdict, one.answer_text) for one in proposals if one.key != "date_deadline"},
            {"team_id": ("wrong", "Valves"), "country_id": ("wrong", "Belgium")},
        )
        deadline = proposals.filtered(lambda one: one.key == "date_deadline")
        self.assertEqual(deadline.verdict, "right")

    def test_desk_undo(self):
        first, _second = self.ask(2)
        self.start_tour("/odoo/ai-desk", "ai_deployment_desk_undo", login="ai_reviewer")
        first.invalidate_recordset()
        self.assertEqual(first._chain().mapped("decision"), ["confirmed", "overridden"])
        self.assertEqual(first._chain().mapped("is_label"), [False, True])

    def test_desk_bulk(self):
        alike = self.ask(4)
        other = self.ask(1, expected_revenue=10, country_id=self.usa.id)
        other._document().name = "Other"
        self.start_tour("/odoo/ai-desk", "ai_deployment_desk_bulk", login="ai_reviewer")
        (alike + other).invalidate_recordset()
        self.assertEqual(set(alike.mapped("decision")), {"confirmed"})
        self.assertEqual(other.state, "open")

    def test_desk_from_lead(self):
        _first, second = self.ask(2)
        self.start_tour(f"/odoo/crm.lead/{second.res_id}", "ai_deployment_desk_from_lead", login="ai_reviewer")


@tagged("post_install", "-at_install", "ai_tour")
class TestDeskOnPhone(DeskTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_desk_phone(self):
        reviews = self.ask(3)
        self.start_tour("/odoo/ai-desk", "ai_deployment_desk_phone", login="ai_reviewer")
        reviews.invalidate_recordset()
        self.assertEqual(reviews.mapped("decision"), ["confirmed", False, "unsure"])


@tagged("post_install", "-at_install", "ai_tour")
class TestBillTours(HttpCase, AccountTestInvoicingCommon):
    def test_accountant(self):
        bills = self.env["account.move"].create(
            [
                {
                    "move_type": "in_invoice",
                    "partner_id": self.partner_a.id,
                    "invoice_date": clock.today() - timedelta(days=200 - number),
                    "ref": f"Usual {number}",
                    "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 100 + number % 7, "tax_ids": [(5,)]})],
                }
                for number in range(150)
            ]
        )
        bills._post()
        odd = bills[0].copy({"invoice_date": clock.today(), "ref": "Much too much"})
        odd.invoice_line_ids.price_unit = 90000
        deployment = (
            self.env["ai.deployment"]
            .sudo()
            .create(
                {
                    "name": "Unusual bills",
                    "purpose": "Finds bills that are worth a second look.",
                    "user_id": self.env.ref("base.user_admin").id,
                    "model_id": self.env["ir.model"]._get("account.move").id,
                    "method": "anomaly",
                    "viewer_group_ids": [(6, 0, self.env.ref("account.group_account_user").ids)],
                    "feature_ids": [
                        (
                            0,
                            0,
                            {
                                "source": "history",
                                "measure": "ratio",
                                "group_paths": "partner_id",
                                "tail": "high",
                                "value_path": "amount_total",
                            },
                        ),
                        (0, 0, {"path": "partner_id"}),
                    ],
                }
            )
        )
        approve(deployment)
        deployment._train()
        deployment.state = "shadow"
        deployment._score(odd + bills[-1])
        deployment.state = "production"
        self.assertEqual(self.env["ai.deployment.review"].sudo().search([("res_id", "=", odd.id)]).reason, "flagged")
        self.env.user.group_ids += self.env.ref("account.group_account_user")
        accountant = self.env["res.users"].search([("login", "=", "ai_accountant")]) or self.env["res.users"].create(
            {
                "name": "Accountant",
                "login": "ai_accountant",
                "password": "ai_accountant",
                "company_id": self.env.company.id,
                "company_ids": [(6, 0, self.env.company.ids)],
                "group_ids": [(6, 0, self.env.ref("account.group_account_user").ids)],
            }
        )
        self.start_tour("/odoo", "ai_deployment_accountant", login=accountant.login)
