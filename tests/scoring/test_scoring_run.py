"""`_score`: known values, what is counted, what stands alone, what is left untouched."""

import subprocess
import sys
from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.scoring.scoring_run import chunk_size
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase, probability
from odoo.addons.base.tests.test_ir_cron import CronMixinCase


@tagged("post_install", "-at_install")
class TestScoring(AiDeploymentCase, CronMixinCase):
    def test_a_score_is_the_sum_of_points(self):
        lead = self.make_leads(expected_revenue=20000)
        self.deployment._score(lead, now=NOW)
        score = self.score_of(lead)
        self.assertAlmostEqual(score.predicted_value, probability(-1.0 + 1.5 + 1.0), 12)
        self.assertTrue(score.prediction)
        self.assertAlmostEqual(score.confidence, probability(1.5), 12)
        self.assertEqual(score.date, NOW)
        self.assertEqual(score.state, "scored")
        self.assertEqual(score.version_id, self.version)

    def test_a_small_deal_abroad_is_unlikely(self):
        lead = self.make_leads(expected_revenue=10, country_id=self.usa.id)
        self.deployment._score(lead, now=NOW)
        score = self.score_of(lead)
        self.assertAlmostEqual(score.predicted_value, probability(-1.0 - 1.0 - 0.5), 12)
        self.assertFalse(score.prediction)
        self.assertAlmostEqual(score.confidence, 1 - probability(-2.5), 12)

    def test_scoring_all_again_needs_no_more_room(self):
        """The rewritten rows fit where they are, or every index would grow with each night."""
        leads = self.make_leads(300)
        self.deployment._score(leads, now=NOW)
        size = "SELECT pg_relation_size('ai_deployment_score'), pg_relation_size('ai_deployment_score_record_uniq')"
        self.env.cr.execute(size)
        before = self.env.cr.fetchone()
        self.deployment._score(leads, now=NOW, again=True)
        self.env.cr.execute(size)
        self.assertEqual(self.env.cr.fetchone(), before)

    def test_every_record_asked_for_is_logged_once(self):
        leads = self.make_leads(5)
        outcome = self.deployment._score(leads, now=NOW)
        self.assertEqual(outcome["requested"], 5)
        self.assertEqual(outcome["automatic"], 5)
        lines = self.inferences_of(leads)
        self.assertEqual(lines.mapped("res_id"), leads.ids)
        self.assertEqual(set(lines.mapped("route")), {"automatic"})
        self.assertEqual(set(lines.mapped("date")), {NOW})
        self.assertEqual(lines.user_id, self.env.user)
        self.assertEqual(lines.version_id, self.version)
        self.assertTrue(all(line.latency_ms > 0 for line in lines))

    def test_asking_twice_logs_once(self):
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        outcome = self.deployment._score(lead, now=NOW + timedelta(hours=1))
        self.assertEqual(outcome["unchanged"], 1)
        self.assertEqual(outcome["automatic"], 0)
        self.assertEqual(len(self.inferences_of(lead)), 1)
        self.assertEqual(self.score_of(lead).date, NOW)

    def test_there_and_back_again_logs_three(self):
        lead = self.make_leads(expected_revenue=500)
        for revenue in (500, 5000, 500):
            lead.expected_revenue = revenue
            self.deployment._score(lead, now=NOW)
        self.assertEqual(len(self.inferences_of(lead)), 3)
        self.assertEqual(len(self.score_of(lead)), 1)

    def test_score_again_always_logs(self):
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        self.deployment._score(lead, now=NOW, again=True)
        self.assertEqual(len(self.inferences_of(lead)), 2)

    def test_a_new_version_scores_anew(self):
        lead = self.make_leads(expected_revenue=20000)
        self.deployment._score(lead, now=NOW)
        self.serve(self.deployment, self.card(high=-3.0))
        self.deployment._score(lead, now=NOW)
        self.assertAlmostEqual(self.score_of(lead).predicted_value, probability(-1.0 - 3.0 + 1.0), 12)
        self.assertEqual(len(self.inferences_of(lead)), 2)

    def test_scoring_writes_nothing_on_the_record(self):
        leads = self.make_leads(3)
        self.env.flush_all()
        query = "SELECT id, xmin::text, write_date FROM crm_lead WHERE id = ANY(%s) ORDER BY id"
        self.env.cr.execute(query, [leads.ids])
        before = self.env.cr.fetchall()
        self.deployment._score(leads, now=NOW)
        self.env.flush_all()
        self.env.cr.execute(query, [leads.ids])
        self.assertEqual(self.env.cr.fetchall(), before)

    # Routes

    def test_an_unsure_score_goes_to_a_person(self):
        self.deployment.min_confidence = 0.7
        sure = self.make_leads(expected_revenue=20000)  # probability(1.5) = 0.82
        unsure = self.make_leads()  # probability(0) = 0.5
        outcome = self.deployment._score(sure + unsure, now=NOW)
        self.assertEqual((outcome["automatic"], outcome["review"]), (1, 1))
        review = self.reviews_of(sure + unsure)
        self.assertEqual(review.res_id, unsure.id)
        self.assertEqual(review.reason, "low_confidence")
        self.assertEqual(review.inference_id, self.inferences_of(unsure))
        self.assertFalse(review.deadline, "it is due from when somebody is found for it")
        self.assertEqual(self.score_of(unsure).state, "scored")

    def test_confidence_at_the_line_is_enough(self):
        self.deployment.min_confidence = 0.5
        lead = self.make_leads()
        self.assertEqual(self.deployment._score(lead, now=NOW)["automatic"], 1)

    def test_reviews_wake_the_cron_that_assigns_them(self):
        self.deployment.min_confidence = 1.0
        with self.capture_triggers("ai_deployment.ir_cron_assign_reviews") as captured:
            with clock.at(NOW):
                self.deployment._score(self.make_leads())
        [call] = captured.records
        self.assertEqual(call.call_at, NOW + timedelta(seconds=30), "whoever saves a bill posts it next")

    def test_chunks_are_larger_where_other_records_are_read_as_well(self):
        sizes = [chunk_size({"a": {"source": source}}, 5000) for source in ("path", "age", "history", "course")]
        self.assertEqual(sizes, [5000, 5000, 20_000, 20_000])
        self.assertEqual(chunk_size({}, 7), 7)

    # Failures

    def test_a_missing_required_input_goes_to_a_person_alone(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        good, bad = self.make_leads(3), self.make_leads(country_id=False)
        outcome = self.deployment._score(good + bad, now=NOW)
        self.assertEqual((outcome["automatic"], outcome["review"]), (3, 1))
        line = self.inferences_of(bad)
        self.assertEqual((line.route, line.review_reason, line.failure_type), ("review", "failed", "missing_feature"))
        self.assertEqual(line.failure_text, "“Country” has no value.")
        self.assertFalse(line.predicted_value)
        score = self.score_of(bad)
        self.assertEqual((score.state, score.failure_type), ("failed", "missing_feature"))
        self.assertEqual(self.reviews_of(bad).reason, "failed")
        self.assertEqual(self.reviews_of(bad).failure_message, "“Country” has no value.")
        profile = self.env["ai.deployment.profile"]._sum(
            self.deployment.champion_id, NOW.date(), NOW.date() + timedelta(days=1)
        )
        self.assertEqual((profile.rows, profile.failed), (3, 1))

    def test_a_failed_record_is_scored_once_it_is_filled(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False)
        self.deployment._score(lead, now=NOW)
        lead.country_id = self.belgium
        self.deployment._score(lead, now=NOW)
        score = self.score_of(lead)
        self.assertEqual((score.state, score.failure_type), ("scored", False))
        self.assertAlmostEqual(score.predicted_value, probability(0.0), 12)

    # Cost

    def test_a_chunk_costs_a_fixed_number_of_statements(self):
        one, few, many = self.make_leads(1), self.make_leads(25), self.make_leads(80)
        self.deployment._score(self.make_leads(1), now=NOW)  # warms caches
        self.env.flush_all()
        counts = []
        for leads in (one, few, many):
            before = self.env.cr.sql_log_count
            self.deployment._score(leads, now=NOW)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
        self.assertLessEqual(counts[1], 11)
        self.assertLessEqual(counts[0], 10)  # what a person waits for who creates a lead

    def test_scoring_touches_no_row_of_the_records(self):
        leads = self.make_leads(3)
        rows = "SELECT id, xmin::text, ctid::text, write_date FROM crm_lead WHERE id = ANY(%s) ORDER BY id"
        self.env.flush_all()
        self.env.cr.execute(rows, [leads.ids])
        before = self.env.cr.fetchall()
        self.deployment._score(leads, now=NOW)
        self.env.flush_all()
        self.env.cr.execute(rows, [leads.ids])
        self.assertEqual(self.env.cr.fetchall(), before)

    def test_scoring_needs_no_scikit_learn(self):
        code = (
            "import sys, types\n"
            "import odoo.addons.ai_deployment.models.scoring.scoring_run\n"
            "import odoo.addons.ai_deployment.models.training.ai_deployment\n"
            "import odoo.addons.ai_deployment.models.monitoring.ai_deployment\n"
            "bad = [name for name in ('sklearn', 'scipy') if name in sys.modules]\n"
            "sys.exit(' '.join(bad) or 0)"
        )
        import odoo.addons

        root = [path for path in sys.path if path]
        code = (
            f"import sys; sys.path[:0] = {root!r}\n"
            f"import odoo.addons; odoo.addons.__path__ = {list(odoo.addons.__path__)!r}\n" + code
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
