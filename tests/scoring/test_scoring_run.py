"""`_score`: known values, what is counted, what stands alone, what is left untouched."""

import subprocess
import sys
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase, probability
from odoo.addons.base.tests.test_ir_cron import CronMixinCase

SCORING_LOG = "odoo.addons.ai_deployment.models.scoring"


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
        self.assertEqual(outcome["asked"], 5)
        self.assertEqual(outcome["automatic"], 5)
        lines = self.inferences_of(leads)
        self.assertEqual(lines.mapped("res_id"), leads.ids)
        self.assertEqual(set(lines.mapped("route")), {"automatic"})
        self.assertEqual(set(lines.mapped("date")), {NOW})
        self.assertEqual(lines.user_id, self.env.user)
        self.assertEqual(lines.version_id, self.version)
        self.assertTrue(all(line.latency_ms > 0 for line in lines))

    def test_the_log_keeps_what_was_read(self):
        lead = self.make_leads(expected_revenue=123.5, country_id=False)
        self.deployment._score(lead, now=NOW)
        line = self.inferences_of(lead).sudo()
        self.assertEqual(line.inputs, [123.5, None, None])
        self.assertEqual(line.codes, "030000")

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

    def test_only_the_first_score_of_a_version_is_intake(self):
        lead = self.make_leads(expected_revenue=500)
        self.deployment._score(lead, now=NOW)
        lead.expected_revenue = 50000
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.inferences_of(lead).mapped("is_intake"), [True, False])
        second = self.serve(self.deployment, self.card(high=0.5))
        self.deployment._score(lead, now=NOW)
        self.deployment._assign_champion(self.version, "back")
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.inferences_of(lead).mapped("is_intake"), [True, False, True, False])
        self.assertEqual(self.inferences_of(lead)[2].version_id, second)

    def test_an_intake_is_counted_exactly_once(self):
        leads = self.make_leads(4, expected_revenue=500) + self.make_leads(3, country_id=False)
        self.deployment._score(leads, now=NOW)
        leads[0].expected_revenue = 50000
        self.deployment._score(leads, now=NOW + timedelta(days=1))
        profile = self.env["ai.deployment.profile"]._sum(self.version, NOW.date(), NOW.date() + timedelta(days=30))
        self.assertEqual(profile.rows, 7)
        self.assertEqual(profile.counts["expected_revenue"].tolist(), [0, 0, 0, 4, 3, 0])
        self.assertEqual(profile.counts["country_id"].tolist(), [3, 0, 0, 4, 0])
        self.assertEqual(profile.rows, self.env["ai.deployment.inference"].search_count([("is_intake", "=", True)]))

    def test_a_rolled_back_call_takes_its_counts_along(self):
        lead = self.make_leads()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.deployment._score(lead, now=NOW)
            raise ZeroDivisionError
        self.assertFalse(self.inferences_of(lead))
        self.assertFalse(self.env["ai.deployment.profile"].search([]))
        self.assertFalse(self.score_of(lead))

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

    def test_odoos_own_opinion_is_logged_with_it(self):
        lead = self.make_leads()
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET automated_probability = 37 WHERE id = %s", [lead.id])
        lead.invalidate_recordset()
        self.deployment._score(lead, now=NOW)
        self.assertAlmostEqual(self.inferences_of(lead).incumbent_value, 0.37, 12)

    # Which records

    def test_records_outside_the_filter_are_not_scored(self):
        self.deployment.domain = "[('expected_revenue', '>', 1000)]"
        small, large = self.make_leads(expected_revenue=10), self.make_leads(expected_revenue=2000)
        outcome = self.deployment._score(small + large, now=NOW)
        self.assertEqual((outcome["asked"], outcome["outside"], outcome["automatic"]), (2, 1, 1))
        self.assertFalse(self.score_of(small))

    def test_records_that_the_asker_cannot_read_are_not_scored(self):
        mine, others = self.make_leads(), self.make_leads(user_id=self.other_seller.id)
        outcome = self.deployment._score((mine + others).with_user(self.seller), now=NOW)
        self.assertEqual((outcome["automatic"], outcome["outside"]), (1, 1))
        self.assertFalse(self.inferences_of(others))
        self.assertEqual(self.inferences_of(mine).user_id, self.seller)

    def test_records_of_another_company_are_not_scored(self):
        other = self.env["res.company"].create({"name": "Other company"})
        lead = self.make_leads(company_id=other.id, user_id=False, team_id=False)
        self.assertEqual(self.deployment._score(lead, now=NOW)["outside"], 1)
        shared = self.make_leads(company_id=False)
        self.assertEqual(self.deployment._score(shared, now=NOW)["automatic"], 1)

    def test_archived_records_are_scored_when_asked_for(self):
        lead = self.make_leads(active=False)
        self.assertEqual(self.deployment._score(lead, now=NOW)["automatic"], 1)

    def test_deleted_records_are_left_out(self):
        lead = self.make_leads()
        gone = self.make_leads()
        ids = (lead + gone).ids
        gone.unlink()
        outcome = self.deployment._score(self.env["crm.lead"].browse(ids), now=NOW)
        self.assertEqual((outcome["automatic"], outcome["outside"]), (1, 1))

    def test_another_kind_of_record_is_refused(self):
        with self.assertRaisesRegex(UserError, "scores other records"):
            self.deployment._score(self.env.user.partner_id, now=NOW)

    def test_nothing_is_scored_where_the_deployment_is_not_at_work(self):
        for state in ("suspended", "retired"):
            self.deployment.state = state
            with self.assertRaisesRegex(UserError, "not at work"):
                self.deployment._score(self.make_leads(), now=NOW)

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

    def test_a_random_share_is_checked_and_its_chance_is_logged(self):
        self.deployment.audit_share = 0.3
        leads = self.make_leads(200)
        outcome = self.deployment._score(leads, now=NOW)
        self.assertGreater(outcome["review"], 30)
        self.assertLess(outcome["review"], 90)
        lines = self.inferences_of(leads)
        self.assertEqual(set(lines.mapped("audit_chance")), {0.3})
        self.assertEqual(set(lines.filtered("review_reason").mapped("review_reason")), {"audit"})
        checked = set(self.reviews_of(leads).mapped("res_id"))
        self.deployment._score(leads, now=NOW, again=True)
        again = self.inferences_of(leads)[200:].filtered("review_reason")
        self.assertEqual(set(again.mapped("res_id")), checked, "asking twice changes nothing")

    def test_a_record_waits_for_one_review_at_a_time(self):
        self.deployment.min_confidence = 1.0
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        self.deployment._score(lead, now=NOW, again=True)
        self.assertEqual(len(self.reviews_of(lead)), 1)
        self.reviews_of(lead)._decide("unsure")
        self.deployment._score(lead, now=NOW, again=True)
        self.assertEqual(self.reviews_of(lead).mapped("state"), ["decided", "open"])

    def test_reviews_wake_the_cron_that_assigns_them(self):
        self.deployment.min_confidence = 1.0
        with self.capture_triggers("ai_deployment.ir_cron_assign_reviews") as captured:
            self.deployment._score(self.make_leads(), now=NOW)
        self.assertEqual(len(captured.records), 1)

    # Failures

    def test_a_missing_required_input_goes_to_a_person_alone(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        good, bad = self.make_leads(3), self.make_leads(country_id=False)
        outcome = self.deployment._score(good + bad, now=NOW)
        self.assertEqual((outcome["automatic"], outcome["review"]), (3, 1))
        line = self.inferences_of(bad)
        self.assertEqual((line.route, line.review_reason, line.failure_type), ("review", "failed", "missing_feature"))
        self.assertEqual(line.failure_message, "“Country” has no value.")
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

    def test_one_bad_record_does_not_fail_the_others(self):
        leads = self.make_leads(7)
        bad = leads[4]
        read = FeatureReader.read

        def break_on_bad(reader, ids):
            if bad.id in ids:
                raise RuntimeError("cannot be read")
            return read(reader, ids)

        with patch.object(FeatureReader, "read", break_on_bad), self.assertLogs(SCORING_LOG, "ERROR") as logs:
            outcome = self.deployment._score(leads, now=NOW)
        self.assertEqual((outcome["automatic"], outcome["review"]), (6, 1))
        self.assertEqual(len(logs.records), 1)
        line = self.inferences_of(bad)
        self.assertEqual((line.route, line.failure_type), ("review", "unexpected"))
        self.assertEqual(len(self.inferences_of(leads)), 7)
        profiles = self.env["ai.deployment.profile"]  # a delta for each part of the chunk that was scored together
        self.assertEqual(profiles._sum(self.version, NOW.date(), NOW.date() + timedelta(days=1)).rows, 6)

    def test_a_failed_statement_does_not_break_the_callers_transaction(self):
        leads = self.make_leads(2)
        read = FeatureReader.read

        def break_the_statement(reader, ids):
            if leads[0].id in ids:
                reader.documents.env.cr.execute("SELECT 1 / 0")
            return read(reader, ids)

        with (
            patch.object(FeatureReader, "read", break_the_statement),
            mute_logger(SCORING_LOG, "odoo.sql_db"),
        ):
            outcome = self.deployment._score(leads, now=NOW)
        self.assertEqual((outcome["automatic"], outcome["review"]), (1, 1))
        leads[1].name = "The transaction goes on"
        self.env.flush_all()

    def test_a_serialization_failure_is_left_to_the_caller(self):
        lead = self.make_leads()
        error = psycopg2.errors.SerializationFailure("could not serialize access")
        with patch.object(FeatureReader, "read", side_effect=error):
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                self.deployment._score(lead, now=NOW)
        self.assertFalse(self.inferences_of(lead))

    def _damage(self, version):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '5') WHERE id = %s",
            [version.id],
        )
        version.invalidate_recordset()
        self.env.registry.clear_cache()

    def test_records_wait_while_the_version_is_damaged_and_one_alert_tells(self):
        leads = self.make_leads(3)
        self._damage(self.version)
        outcome = self.deployment._score(leads, now=NOW)
        self.assertEqual(outcome["waiting"], 3)
        self.assertFalse(self.reviews_of(leads))
        self.assertEqual(set(self.inferences_of(leads).mapped("failure_type")), {"artifact_rejected"})
        self.assertEqual([self.score_of(lead).state for lead in leads], ["waiting"] * 3)
        alert = self.env["ai.deployment.alert"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual((alert.cause, alert.state), ("version", "firing"))

    def test_what_waits_is_scored_when_a_version_can_be_used_again(self):
        leads = self.make_leads(3)
        self._damage(self.version)
        self.deployment._score(leads, now=NOW)
        cron = self.env.ref("ai_deployment.ir_cron_retry")
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.assertEqual({self.score_of(lead).state for lead in leads}, {"waiting"})
        self.assertEqual(len(self.inferences_of(leads)), 3, "as long as nothing changed, nothing is logged again")
        self.serve(self.deployment, self.card())
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertEqual({self.score_of(lead).state for lead in leads}, {"scored"})
        self.assertEqual(self.env["ai.deployment.alert"].search([("cause", "=", "version")]).state, "resolved")

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
            "import odoo.addons.ai_deployment.models.training.ai_deployment_training\n"
            "import odoo.addons.ai_deployment.models.monitoring.ai_deployment_monitoring\n"
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

    def test_times_come_from_the_clock(self):
        lead = self.make_leads()
        with clock.at(NOW - timedelta(days=400)):
            self.deployment._score(lead)
        self.assertEqual(self.inferences_of(lead).date, NOW - timedelta(days=400))
        self.assertEqual(self.env["ai.deployment.profile"].search([]).day, NOW.date() - timedelta(days=400))
