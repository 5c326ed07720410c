"""Scores that come by themselves: on creation, on change, once per transaction, in nobody's way."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.noting import note_changes
from odoo.addons.ai_deployment.models.scoring.scoring_rule import course_read, names_read
from odoo.addons.ai_deployment.models.tools import clock, noted
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.features.common import spec
from odoo.addons.ai_deployment.tests.scoring.common import ScoringRuleCase

IS_OPEN = {"active", "won_status"}  # fields that say whether a lead is open


@tagged("post_install", "-at_install")
class TestOnChange(ScoringRuleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.score_on_change = True
        cls.lead = cls.make_leads()
        with clock.at(NOW):
            cls.deployment._score(cls.lead)
        cls.env.cr.flush()

    def lines(self):
        self.commit()
        return len(self.inferences_of(self.lead))

    def test_a_changed_input_scores_again(self):
        self.lead.expected_revenue = 50_000
        self.assertEqual(self.lines(), 2)
        self.lead.country_id = self.usa
        self.assertEqual(self.lines(), 3)
        self.assertEqual(self.asked(), (3, 0))

    def test_anything_else_does_not(self):
        self.lead.write({"name": "Other", "phone": "+32 1", "priority": "2", "description": "x"})
        self.assertFalse(self.noted())
        self.assertEqual(self.lines(), 1)
        self.assertEqual(self.asked(), (1, 0))

    def test_a_new_lead_is_no_change(self):
        lead = self.make_leads()
        self.commit()
        self.assertFalse(self.inferences_of(lead))

    def test_several_changes_are_scored_once(self):
        self.lead.expected_revenue = 50_000
        self.env.flush_all()
        self.lead.expected_revenue = 500
        self.lead.country_id = self.usa
        self.assertEqual(self.lines(), 2)
        self.assertEqual(self.asked(), (2, 0))

    def test_an_input_that_is_reached_through_others(self):
        specs = {
            path: {
                "source": "path",
                "path": path,
                "start_path": "",
                "end_path": "",
                "group_paths": [],
                "value_path": "",
            }
            for path in ("team_id.company_id", "tag_ids", "lead_properties.color", "company_currency", "gone.name")
        }
        with patch.object(type(self.version), "_specs", lambda version: specs):
            names = names_read(self.deployment)
        self.assertEqual(names, {"team_id", "tag_ids", "lead_properties", "company_currency", "company_id", *IS_OPEN})

    def test_what_is_read_of_the_course_and_the_stage_that_some_of_it_needs(self):
        specs = {name: spec(key=name, source="course", measure=name) for name in ("meetings", "stage_days")}
        with patch.object(type(self.version), "_specs", lambda version: specs):
            self.assertEqual(course_read(self.deployment), specs.keys())
            self.assertEqual(names_read(self.deployment), {"stage_id", *IS_OPEN})
            specs.pop("stage_days")
            self.assertEqual(names_read(self.deployment), IS_OPEN)

    def test_an_input_that_is_computed_and_stored(self):
        """What is written is not what changes: the amount of a bill follows from its lines."""
        lead = self.lead
        field = self.env["crm.lead"]._fields["expected_revenue"]
        self.env.cache.update(lead, field, [77_777.0], dirty=True)  # as a recomputation leaves it
        self.assertEqual(self.lines(), 2)

    def test_a_field_of_the_filter_scores_what_enters_it(self):
        self.deployment.domain = "[('type', '=', 'opportunity')]"
        lead = self.make_leads(type="lead")
        self.commit()
        lead.type = "opportunity"
        self.commit()
        self.assertEqual(len(self.inferences_of(lead)), 1)

    def test_closed_leads_are_left_alone(self):
        self.lead.action_set_lost()
        self.commit()
        self.lead.expected_revenue = 50_000
        self.assertEqual(self.lines(), 1)

    def test_what_scoring_writes_asks_for_nothing(self):
        self.lead.expected_revenue = 50_000
        self.commit()
        self.assertIsNone(noted.notes(self.env.cr))
        self.assertFalse(self.env.cr.precommit)

    def test_another_version_reads_other_inputs(self):
        self.assertIn("country_id", self.rules()[self.deployment.id].names)
        self.serve(self.deployment, self.card(names=["expected_revenue"]))
        self.assertEqual(self.rules()[self.deployment.id].names, {"expected_revenue", *IS_OPEN})


@tagged("post_install", "-at_install")
class TestRuleLookup(ScoringRuleCase):
    def test_without_a_rule_it_costs_one_cached_look_up(self):
        lead = self.make_leads()
        self.commit()
        self.deployment.state = "suspended"
        self.assertFalse(self.rules())
        before = self.env.cr.sql_log_count
        with patch.object(noted, "begin") as begin:
            self.assertFalse(self.rules())
            note_changes(lead, [{"expected_revenue": 1}])
        begin.assert_not_called()
        self.assertEqual(self.env.cr.sql_log_count, before)

    def test_a_change_of_a_deployment_is_known_at_once_and_to_all_workers(self):
        for values, is_on in (
            ({"score_on_create": True}, True),
            ({"score_on_create": False}, False),
            ({"score_on_change": True}, True),
            ({"state": "suspended"}, False),
            ({"state": "shadow"}, True),
        ):
            self.rules()
            self.env.registry.cache_invalidated.clear()
            self.deployment.write(values)
            with self.subTest(values=values):
                rule = self.rules().get(self.deployment.id)
                self.assertEqual(bool(rule and (rule.on_create or rule.on_change)), is_on)
                self.assertTrue(self.env.registry.cache_invalidated)
        self.env.registry.cache_invalidated.clear()

    def test_other_changes_of_a_deployment_empty_no_cache(self):
        self.env.registry.cache_invalidated.clear()
        self.deployment.write({"purpose": "Another one.", "idle_days": 9})
        self.assertFalse(self.env.registry.cache_invalidated)

    def test_a_new_deployment_scores_on_creation_and_every_night(self):
        names = ["score_on_create", "score_on_change", "score_nightly"]
        new = self.env["ai.deployment"].new(self.env["ai.deployment"].default_get(names))
        self.assertEqual([new[name] for name in names], [True, False, True])


@tagged("post_install", "-at_install")
class TestRuleOnBills(ScoringRuleCase):
    """Bills: their amounts follow from their lines, and the gate scores them as well."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        journals = cls.env["account.journal"].search(cls.env["account.journal"]._check_company_domain(cls.env.company))
        if "purchase" not in journals.mapped("type"):
            cls.env["account.chart.template"].try_loading("generic_coa", cls.env.company, install_demo=False)
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.bills = cls.make_deployment(
            name="Unusual bills",
            model_id=cls.env["ir.model"]._get("account.move").id,
            method="anomaly",
            features=[{"path": "amount_untaxed", "name": "Amount"}],
            score_on_create=True,
            score_on_change=True,
        )
        card = cls.card(names=["expected_revenue"])
        card.features[0].__dict__["name"] = "amount_untaxed"
        card = type(card)(card.features, card.intercept, card.calibration, card.score_bins)
        cls.serve(cls.bills, card)
        cls.bills.state = "shadow"

    def make_bill(self, amount=100.0, move_type="in_invoice"):
        return self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.vendor.id,
                "invoice_date": "2026-02-02",
                "invoice_line_ids": [
                    Command.create({"name": "Log Line", "quantity": 1, "price_unit": amount, "tax_ids": []})
                ],
            }
        )

    def codes(self, bill):
        self.commit()
        return self.inferences_of(bill, self.bills).mapped("codes")

    def test_a_bill_is_scored_with_the_amount_of_its_lines(self):
        small, large = self.codes(self.make_bill(10)), self.codes(self.make_bill(50_000))
        self.assertEqual((len(small), len(large)), (1, 1))
        self.assertNotEqual(small, large)

    def test_a_line_that_changes_changes_its_bill(self):
        bill = self.make_bill(10)
        self.assertEqual(len(self.codes(bill)), 1)
        bill.invoice_line_ids.price_unit = 50_000
        self.assertEqual(len(self.codes(bill)), 2)
        bill.write({"invoice_line_ids": [Command.update(bill.invoice_line_ids.id, {"price_unit": 20})]})
        self.assertEqual(len(self.codes(bill)), 3)
        bill.write({"narration": "Only words"})
        self.assertEqual(len(self.codes(bill)), 3)
        self.assertEqual(self.asked(self.bills), (3, 0))

    def test_posting_changes_no_input(self):
        bill = self.make_bill(10)
        self.codes(bill)
        bill.action_post()
        self.assertEqual(len(self.codes(bill)), 1)
        self.assertEqual(self.asked(self.bills), (1, 0))

    def test_other_entries_are_not_asked_for(self):
        self.make_bill(move_type="out_invoice")
        self.commit()
        self.assertEqual(self.asked(self.bills), (0, 0))

    def test_the_gate_scores_a_bill_that_is_posted_at_once_and_the_end_does_not_again(self):
        self.codes(self.make_bill(10))
        self.bills.with_user(self.owner).gate = "warn"
        self.bills.state = "production"
        asked = self.asked(self.bills)[0]
        bill = self.make_bill(10)
        bill.action_post()
        self.assertEqual(bill.state, "posted")
        self.assertEqual(len(self.codes(bill)), 1)
        self.assertEqual(self.asked(self.bills), (asked + 1, 0))
