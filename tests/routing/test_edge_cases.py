"""Edge cases are reviewed whatever the score says, and that is tried on real records."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.routing.common import EdgeCaseCase


@tagged("post_install", "-at_install")
class TestEdgeCases(EdgeCaseCase):
    def test_what_it_must_not_decide_goes_to_a_person_however_sure_it_is(self):
        self.case()
        self.deployment._score(self.large + self.small, now=NOW)
        self.assertEqual(set(self.inferences_of(self.large).mapped("review_reason")), {"edge_case"})
        self.assertEqual(set(self.inferences_of(self.small).mapped("route")), {"automatic"})
        self.assertEqual(len(self.reviews_of(self.large)), 3)
        self.assertEqual(set(self.reviews_of(self.large).mapped("reason")), {"edge_case"})

    def test_words_in_the_texts_of_a_record_recognise_it(self):
        self.case(kind="words", domain="[]", words="framework agreement, tender")
        tender = self.make_leads(1, name="Public TENDER for chairs")
        frame = self.make_leads(1, description="<p>a framework agreement</p>")
        self.deployment._score(tender + frame + self.small, now=NOW)
        self.assertEqual(set(self.inferences_of(tender + frame).mapped("review_reason")), {"edge_case"})
        self.assertEqual(set(self.inferences_of(self.small).mapped("route")), {"automatic"})

    def test_other_cases_route_nothing(self):
        self.case(instead="drill")
        self.deployment._score(self.large, now=NOW)
        self.assertEqual(set(self.inferences_of(self.large).mapped("route")), {"automatic"})

    def test_a_record_that_is_held_out_as_well_stays_with_nobody(self):
        """A hold-out comes first: an edge case that is held out is scored, logged, and reviewed by nobody."""
        self.case()
        self.go_live()
        with clock.at(NOW):
            self.deployment.with_user(self.owner)._hold_out(0.5, "Finance asks what it brings.")
        leads = self.make_leads(40, name="Large", expected_revenue=900000)
        self.env.flush_all()
        came = NOW + timedelta(minutes=1)
        self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)", [came, leads.ids])
        self.env.invalidate_all()
        self.deployment._score(leads, now=came)
        held_out = self.deployment._held_out_ids(leads.ids)
        held, shown = (
            leads.filtered(lambda lead: lead.id in held_out),
            leads.filtered(lambda one: one.id not in held_out),
        )
        self.assertGreater(len(held), 8)
        self.assertGreater(len(shown), 8)
        self.assertEqual(set(self.inferences_of(held).mapped("route")), {"automatic"})
        self.assertEqual(set(self.inferences_of(held).mapped("review_reason")), {False})
        self.assertEqual(set(self.inferences_of(held).mapped("audit_chance")), {0.0})
        self.assertFalse(self.reviews_of(held))
        self.assertEqual(set(self.inferences_of(shown).mapped("review_reason")), {"edge_case"})
        self.assertEqual(len(self.reviews_of(shown)), len(shown))

    def test_an_edge_case_uses_the_quota_of_the_reason_that_it_replaces(self):
        """Thresholds are applied first: an edge case that is unsure as well counts among the unsure of a day."""
        self.case(kind="words", domain="[]", words="small")
        self.deployment.min_confidence = 1.0
        self.deployment._review_rule("low_confidence").cap = 4
        self.deployment._score(self.large + self.small, now=NOW)  # the small ones are less sure, so they come first
        self.assertEqual(set(self.inferences_of(self.small).mapped("review_reason")), {"edge_case"})
        self.assertEqual(
            sorted(self.inferences_of(self.large).mapped(lambda line: line.review_reason or "")),
            ["", "", "low_confidence"],
        )
        quotas = self.env["ai.deployment.quota"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual(quotas.mapped(lambda quota: (quota.reason, quota.used)), [("low_confidence", 4)])

    def test_trying_runs_the_real_scoring_on_real_records_and_leaves_nothing(self):
        case = self.case()
        before = [
            self.env[model].search_count([])
            for model in ("ai.deployment.inference", "ai.deployment.review", "ai.deployment.score")
        ]
        self.tried(case)
        self.assertTrue(case.is_proved)
        self.assertTrue(case.is_current)
        self.assertEqual(case.tested_count, 3)
        self.assertEqual(case.result, "All of 3 real records were sent to human review.")
        self.assertEqual((case.tested_by_id, case.tested_date), (self.owner, NOW))
        after = [
            self.env[model].search_count([])
            for model in ("ai.deployment.inference", "ai.deployment.review", "ai.deployment.score")
        ]
        self.assertEqual(before, after)

    def test_without_a_real_record_nothing_is_proved(self):
        for instead in ("person", "outside"):
            case = self.tried(self.case(domain="[('expected_revenue', '=', 123456789)]", instead=instead))
            self.assertEqual((case.is_proved, case.tested_count), (False, 0))
            self.assertIn("No real record", case.result)

    def test_outside_is_proved_where_none_is_scored(self):
        case = self.tried(self.case(instead="outside"))
        self.assertFalse(case.is_proved)
        self.assertIn(f"Record {max(self.large.ids)} matches, but is scored", case.result)
        self.deployment.domain = "[('expected_revenue', '<=', 500000)]"
        self.tried(case)
        self.assertTrue(case.is_proved)
        self.assertEqual(case.result, "None of 3 real records is scored.")

    def test_a_case_that_is_shown_by_a_drill_needs_one_that_was_passed(self):
        case = self.tried(self.case(instead="drill", drill_id=7))
        self.assertFalse(case.is_proved)
        self.assertIn("drill", case.result)

    def test_the_latest_drill_of_the_serving_version_counts_unless_one_is_named(self):
        def drill(days, is_passed, **values):
            return (
                self.env["ai.deployment.drill"]
                .sudo()
                .create(
                    {
                        "deployment_id": self.deployment.id,
                        "version_id": self.version.id,
                        "kind": "fallback",
                        "date": NOW + timedelta(days=days),
                        "user_id": self.owner.id,
                        "is_passed": is_passed,
                        **values,
                    }
                )
            )

        other = self.keep(self.deployment, self.card(low=-2.0))
        case = self.case(instead="drill")
        drill(3, True, version_id=other.id)
        drill(2, True, kind="faults")
        self.assertFalse(self.tried(case).is_proved)
        self.assertEqual((case.result, case.tested_count), ("No drill of the serving version confirms it.", 0))
        failed = drill(0, False)
        self.assertFalse(self.tried(case).is_proved)
        self.assertEqual((case.result, case.tested_count), (f"“{failed.display_name}” was not passed.", 0))
        passed = drill(1, True)
        self.assertTrue(self.tried(case).is_proved)
        self.assertEqual((case.result, case.tested_count), (f"Confirmed by “{passed.display_name}”.", 0))
        case.drill_id = failed.id
        self.assertFalse(self.tried(case).is_proved)

    def test_who_may_read_no_such_record_proves_nothing(self):
        case = self.tried(self.case(), person=self.manager)
        self.assertEqual((case.is_proved, case.tested_count), (False, 0))

    def test_twenty_records_show_it(self):
        self.make_leads(20, name="Large", expected_revenue=900000)
        case = self.tried(self.case())
        self.assertEqual((case.is_proved, case.tested_count), (True, 20))

    def test_one_that_does_not_reach_a_person_is_named(self):
        case = self.case()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '5') WHERE id = %s",
            [self.version.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        with mute_logger("odoo.addons.ai_deployment.models.scoring"):
            self.tried(case)
        self.assertFalse(case.is_proved)
        last = max(self.large.ids)
        self.assertEqual(case.result, f"Only 0 of 3 real records were sent to human review; number {last} was not.")
        self.assertEqual(case.tested_count, 3)

    def test_it_has_to_be_at_work_to_be_tried(self):
        case = self.case()
        self.deployment.state = "suspended"
        with self.assertRaisesRegex(UserError, "not live"):
            self.tried(case)
