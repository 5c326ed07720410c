"""Record rules hold along the whole path: from what is declared and tried to what is shown of a score."""

import datetime
import json

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.gate.held_bills import GateHeld
from odoo.addons.ai_deployment.models.review.similar_cases import look_alikes
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET, AiDeploymentCase
from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestInputsOfOthers(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own_only = new_test_user(
            cls.env,
            "own_only",
            groups="ai_deployment.group_owner,sales_team.group_sale_salesman",
            email="own_only@example.com",
            context=QUIET,
        )
        cls.partner = cls.env["res.partner"].create({"name": "Both buy from us"})
        cls.mine = cls.make_leads(1, name="Mine", user_id=cls.own_only.id, partner_id=cls.partner.id)
        cls.theirs = cls.make_leads(
            1, name="Kanarie", user_id=cls.other_seller.id, partner_id=cls.partner.id, expected_revenue=60000
        )

    def declare(self, deployment, person, **values):
        values = {
            "source": "path",
            "kind": "category",
            "leak_override": "Known.",
            **values,
            "deployment_id": deployment.id,
        }
        return self.env["ai.deployment.feature"].with_user(person).create(values)

    def own_deployment(self, person=None, **values):
        deployment = self.make_deployment(name="Mine", user_id=(person or self.own_only).id, is_primary=False, **values)
        self.env.flush_all()
        return deployment

    def test_lines_of_other_records_are_no_input(self):
        deployment = self.own_deployment(features=[])
        for path in (
            "partner_id.opportunity_ids.name",
            "partner_id.opportunity_ids",
            "partner_id.child_ids.email",
            "partner_id.user_ids.login",
            "activity_ids.summary",
            "message_ids.body",
        ):
            for person in (self.own_only, self.owner):
                deployment.user_id = person
                with (
                    self.subTest(path=path, person=person.login),
                    self.assertRaises(UserError),
                    self.env.cr.savepoint(),
                ):
                    self.declare(deployment, person, path=path)
        self.declare(deployment, self.owner, path="tag_ids")  # tags have no rules
        self.declare(deployment, self.owner, path="partner_id.category_id")

    def test_nor_are_they_a_filter_or_a_case(self):
        deployment = self.own_deployment()
        domain = "[('partner_id.opportunity_ids.name', 'ilike', 'kanarie')]"
        with self.assertRaises(UserError), self.env.cr.savepoint():
            deployment.with_user(self.own_only).domain = domain
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["ai.deployment.edge.case"].with_user(self.own_only).create(
                {"deployment_id": deployment.id, "name": "Ask", "domain": domain}
            )

    def test_what_was_declared_before_is_masked_for_who_may_not_read_it(self):
        """An input from before it was refused, and one through a record that this reader may not read."""
        features = self.env["ai.deployment.feature"]
        deployment = self.own_deployment(features=[{"path": "expected_revenue", "name": "Expected Revenue"}])
        version = self.serve(deployment, self.card(names=["expected_revenue"]))
        for path in ("partner_id.opportunity_ids.name", "partner_id.email"):
            specs = [{**features._card_spec(path, "Requested"), "source": "path", "path": path, "kind": "category"}]
            self.env.cr.execute(
                "UPDATE ai_deployment_version SET feature_specs = %s WHERE id = %s", [json.dumps(specs), version.id]
            )
            line = self.env["ai.deployment.inference"].browse(self.log(deployment, version, self.mine, ["Kanarie"]))
            self.env.invalidate_all()
            self.env.registry.clear_cache()
            with self.subTest(path=path):
                own = line.with_user(self.own_only)
                if path == "partner_id.email":
                    self.assertIn("Kanarie", own.inputs_text)
                    self.env["ir.rule"].create(
                        {
                            "name": "Not this partner",
                            "model_id": self.env["ir.model"]._get("res.partner").id,
                            "domain_force": f"[('id', '!=', {self.partner.id})]",
                        }
                    )
                    self.env.invalidate_all()
                self.assertNotIn("Kanarie", own.inputs_text)
                self.assertIn("•••", own.inputs_text)

    def log(self, deployment, version, lead, inputs):
        self.env.cr.execute(
            "INSERT INTO ai_deployment_inference (deployment_id, company_id, version_id, res_id, date, inputs,"
            " res_model, route) VALUES (%s, %s, %s, %s, %s, %s, 'crm.lead', 'automatic') RETURNING id",
            [deployment.id, deployment.company_id.id, version.id, lead.id, NOW, json.dumps(inputs)],
        )
        return self.env.cr.fetchone()[0]

    def test_a_figure_about_earlier_records_of_others_is_masked(self):
        history = {
            "source": "history",
            "measure": "ratio",
            "group_paths": "partner_id",
            "value_path": "expected_revenue",
            "name": "Times the usual",
            "leak_override": "Known.",
        }
        deployment = self.own_deployment(features=[history])
        specs = [feature._to_spec() for feature in deployment.feature_ids]
        card = self.card(names=["expected_revenue"])
        card.features[0].__dict__["name"] = specs[0]["key"]
        version = self.serve(deployment, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        line = self.env["ai.deployment.inference"].browse(self.log(deployment, version, self.mine, [0.0833]))
        self.env.invalidate_all()
        self.assertIn("•••", line.with_user(self.own_only).inputs_text)
        deployment.user_id = self.owner
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertIn("0.08", line.with_user(self.owner).inputs_text)

    def test_a_case_is_tried_on_records_of_who_tries(self):
        deployment = self.own_deployment()
        self.serve(deployment, self.card())
        deployment.state = "shadow"
        for amount in (50000, 70000):  # 60,000: yes and no
            domain = f"[('id', '=', {self.theirs.id}), ('expected_revenue', '>', {amount})]"
            case = (
                self.env["ai.deployment.edge.case"]
                .with_user(self.own_only)
                .create({"deployment_id": deployment.id, "name": "Ask", "domain": domain})
            )
            with clock.at(NOW):
                case.action_try()
            self.assertEqual((case.tested_count, case.is_proved), (0, False))
            case.instead = "outside"
            with clock.at(NOW):
                case.action_try()
            self.assertEqual((case.tested_count, case.is_proved), (0, False))

    def test_readiness_counts_nothing_for_who_may_not_read_it_all(self):
        deployment = self.own_deployment()
        told = []
        for phone in ("+44%", "+99%"):
            self.theirs.phone = "+44 20"
            self.theirs.action_set_won()
            deployment.domain = f"[('id', '=', {self.theirs.id}), ('phone', '=like', '{phone}')]"
            self.env.flush_all()
            self.env.invalidate_all()
            told.append(deployment.with_user(self.own_only).readiness)
        self.assertEqual(*told)

    def test_counts_per_bin_are_for_nobody(self):
        profiles = self.env["ai.deployment.profile"]
        self.deployment._score(self.mine)
        self.assertTrue(profiles.search([]).counts)
        for person in (self.owner, self.manager, self.auditor, self.env.ref("base.user_admin")):
            rows = profiles.with_user(person)
            with self.subTest(person=person.login):
                self.assertNotIn("counts", rows.fields_get())
                asks = {
                    "read": lambda rows=rows: rows.search([], limit=1).read(["counts"]),
                    "search": lambda rows=rows: rows.search([("counts", "like", "1")]),
                    "group": lambda rows=rows: rows._read_group([], ["counts"]),
                    "export": lambda rows=rows: rows.search([]).export_data(["counts"]),
                }
                for name, ask in asks.items():
                    with self.assertRaises(UserError, msg=name), self.env.cr.savepoint():
                        ask()


@tagged("post_install", "-at_install")
class TestShownEverywhere(AiDeploymentCase):
    """`ai.deployment.score` shows what the record shows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.high = cls.make_leads(1, name="High", expected_revenue=20000)  # 0.82
        cls.low = cls.make_leads(1, name="Low", expected_revenue=500, country_id=cls.usa.id)
        cls.middle = cls.make_leads(1, name="Middle")  # 0.5: not sure at all
        cls.deployment._score(cls.high + cls.low + cls.middle)
        cls.deployment.state = "production"
        cls.env.flush_all()

    def told(self, person=None):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["ai.deployment.score"].with_user(person or self.seller)
        found = set(rows.search([]).mapped("res_id"))
        leads = self.env["crm.lead"].with_user(person or self.seller)
        on_records = set(leads.search([("ai_score_date", "!=", False)]).ids) if leads.has_access("read") else set()
        self.assertEqual(found, on_records)
        return found

    def test_as_on_the_record(self):
        self.assertEqual(self.told(), set((self.high + self.low + self.middle).ids))

    def test_nothing_after_the_days_of_grace(self):
        row = self.score_of(self.high)
        for person in (self.seller, self.owner):
            self.deployment.review_date = datetime.date(2020, 1, 1)
            self.assertFalse(self.told(person))
            with self.assertRaises(AccessError):
                row.with_user(person).read(["predicted_value"])

    def test_nothing_below_the_line_of_the_fallback(self):
        self.deployment.write({"fallback": "constant", "fallback_value": 0.3, "fallback_below": 0.6})
        self.assertEqual(self.told(), set((self.high + self.low).ids))
        with self.assertRaises(AccessError):
            self.score_of(self.middle).with_user(self.seller).read(["predicted_value"])

    def test_nothing_while_something_else_is_shown(self):
        self.deployment.write({"fallback": "constant", "fallback_value": 0.3})
        self.deployment.write({"state": "suspended"})
        self.assertFalse(self.told())

    def test_a_question_asked_unseen_is_unseen_everywhere(self):
        other = new_test_user(
            self.env,
            "reviewer_too",
            groups="ai_deployment.group_reviewer,sales_team.group_sale_salesman_all_leads",
            email="reviewer_too@example.com",
            context=QUIET,
        )
        self.deployment.write({"reviewer_ids": [Command.link(other.id)], "blind_share": 1.0, "min_confidence": 0.7})
        self.deployment._score(self.middle, again=True)
        review = self.reviews_of(self.middle)
        self.assertTrue(review.hides_score)
        self.env.invalidate_all()
        asked = review.with_user(self.reviewer)
        self.assertFalse(
            any(
                asked.read(["predicted_value", "confidence", "prediction"])[0][name]
                for name in ("predicted_value", "confidence", "prediction")
            )
        )
        self.assertFalse(asked.search([("id", "=", review.id), ("confidence", ">", 0)]))
        lines = self.env["ai.deployment.inference"].with_user(self.reviewer)
        self.assertNotIn(self.middle.id, lines.search([]).mapped("res_id"))
        with self.assertRaises(AccessError):
            review.inference_id.with_user(self.reviewer).read(["predicted_value"])
        lead = self.middle.with_user(self.reviewer)
        self.assertFalse(lead.ai_score or lead.ai_reasons or lead.ai_score_date)
        self.assertFalse(lead.search([("id", "=", lead.id), ("ai_score", ">", 0)]))
        self.assertTrue(self.middle.with_user(self.seller).ai_score, "who is not asked goes on with it")
        self.assertEqual(look_alikes(asked), asked)
        asked.action_answer_yes()
        self.env.invalidate_all()
        self.assertTrue(self.middle.with_user(self.reviewer).ai_score)


@tagged("post_install", "-at_install")
class TestGateAsksForAccess(GateCase):
    def test_who_may_not_post_is_refused_before_the_gate_speaks(self):
        bill = self.make_bill()
        reader = new_test_user(
            self.env,
            "gate_reader",
            groups="account.group_account_readonly",
            email="gate_reader@example.com",
            context=QUIET,
        )
        rule = {
            "name": "Others only read",
            "model_id": self.env["ir.model"]._get("account.move").id,
            "domain_force": f"[('id', '!=', {bill.id})]",
            "perm_read": False,
        }
        self.env["ir.rule"].create(rule)
        self.env.flush_all()
        for person in (reader, self.ann):
            own = bill.with_user(person)
            for post in (
                lambda own=own: own.action_post(),
                lambda own=own: own.with_context(disable_abnormal_invoice_detection=False).action_post(),
                lambda own=own: own.write({"state": "posted"}),
                lambda own=own: own.action_validate_moves_with_confirmation(),
            ):
                with self.subTest(person=person.login):
                    self.env.invalidate_all()
                    self.assertTrue(own.has_access("read"))
                    with self.assertRaises(AccessError) as refused, self.env.cr.savepoint():
                        post()
                    self.assertNotIsInstance(refused.exception, GateHeld)
        self.assertFalse(self.env["ai.deployment.gate.event"].search([("res_id", "=", bill.id)]))
        with self.assertRaises(AccessError):
            self.env["ai.deployment.gate.pass"].with_user(reader).create({"move_id": bill.id, "note": "x"})
