"""Records that a remote model is asked about: before they are scored, once, and with nothing lost where it fails."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.errors import AnswerSchema, EndpointBusy
from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.scoring.remote_asking import ask_before, exhausted
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase


@tagged("post_install", "-at_install")
class TestRemoteAsking(RemoteCase):
    def test_a_batch_is_scored_with_several_records_per_call(self):
        leads = self.make_leads(10, expected_revenue=50_000) | self.make_leads(2, expected_revenue=10)
        self.ask(leads)
        self.work()
        lines = self.inferences_of(leads)
        self.assertEqual([round(line.predicted_value, 2) for line in lines], [0.9] * 10 + [0.2] * 2)
        self.assertEqual(set(lines.mapped("route")), {"automatic"})
        self.assertBalanced(requested=12, automatic=12)
        self.assertEqual(len(self.server.calls), 4)  # chunks of 10 and 2, 4 records per call
        sent = self.server.calls[0][2]["dataframe_split"]
        self.assertEqual(sent["columns"], ["amount", "country"])
        self.assertEqual(sent["data"][0], [50_000.0, "Belgium"])
        self.assertEqual(sorted(self.calls().mapped("record_count")), [2, 2, 4, 4])

    def test_asked_again_nothing_is_sent_and_what_changed_is_sent_alone(self):
        leads = self.make_leads(3, expected_revenue=50_000)
        self.ask(leads | self.samples)
        self.work()
        self.server.calls = []
        self.ask(leads | self.samples)
        self.work()
        self.assertFalse(self.server.calls)
        leads[0].expected_revenue = 49_999  # in the same bin
        self.ask(leads | self.samples)
        self.work()
        self.assertEqual([call[2]["dataframe_split"]["data"] for call in self.server.calls], [[[49_999.0, "Belgium"]]])
        self.assertEqual(len(self.inferences_of(leads)), 4)

    def test_a_bad_record_fails_alone_and_its_parts_are_halved(self):
        leads = self.make_leads(8, expected_revenue=50_000)
        self.server.score = lambda inputs: "high" if inputs["amount"] == 7 else 0.9
        leads[5].expected_revenue = 7
        self.ask(leads)
        self.work()
        failed = self.inferences_of(leads).filtered("failure_type")
        self.assertEqual((failed.res_id, failed.failure_type, failed.route), (leads[5].id, "answer_schema", "review"))
        self.assertEqual(self.reviews_of(leads).reason, "failed")
        self.assertBalanced(requested=8, automatic=7, in_review=1)
        call = self.calls().filtered("failure_type")
        self.assertEqual(call.failure_type, "answer_schema")
        self.assertIn('"high"', self.context_of(call)[0][1])

    def test_a_transient_failure_waits_and_is_scored_later(self):
        self.server.fault = "status_503"
        leads = self.make_leads(3, expected_revenue=50_000) | self.samples
        self.ask(leads)
        self.work()
        self.assertEqual(set(self.requests().mapped("failure_type")), {"endpoint_busy"})
        self.assertFalse(self.reviews_of(leads))
        self.assertBalanced(requested=7, waiting=7)
        self.assertEqual(set(self.calls().mapped("attempts")), {3})
        self.server.fault = ""
        self.retry(NOW + timedelta(minutes=16))
        self.assertFalse(self.requests())
        self.assertBalanced(requested=7, automatic=7)

    def test_a_transient_failure_that_stays_goes_to_a_person_after_the_last_attempt(self):
        lead = self.make_leads(1, expected_revenue=50_000)
        self.server.fault = "status_503"
        self.ask(lead | self.samples | self.make_leads(1))
        self.work()
        for attempt in range(8):
            self.requests().attempts = 7 + attempt
            self.retry(NOW + timedelta(days=1 + attempt))
            if not self.requests():
                break
        line = self.inferences_of(lead)[-1]
        self.assertEqual((line.failure_type, line.route), ("retries_exhausted", "review"))
        self.assertIn("busy", line.failure_message)

    def test_an_answer_that_cannot_be_read_is_asked_for_again_in_halves_until_one_record_stands_alone(self):
        leads = self.make_leads(8, expected_revenue=50_000)
        bad = patch.object(
            self.server,
            "fault_of",
            lambda sent: "html" if any(7 in row for row in sent["dataframe_split"]["data"]) else "",
        )
        leads[5].expected_revenue = 7
        self.ask(leads)
        with bad:
            self.work()
        failed = self.inferences_of(leads).filtered("failure_type")
        self.assertEqual((failed.res_id, failed.failure_type), (leads[5].id, "answer_not_json"))
        self.assertEqual(sorted(self.calls().mapped("record_count")), [1, 1, 2, 2, 4, 4])
        self.assertBalanced(requested=8, automatic=7, in_review=1)

    def test_only_what_may_pass_is_exhausted_and_at_the_eighth_attempt(self):
        busy, wrong = EndpointBusy("It is full. "), AnswerSchema("It is wrong.")
        self.assertIs(exhausted(busy, 7), busy)
        last = exhausted(busy, 8)
        self.assertEqual((last.failure_type, last.reason), ("retries_exhausted", "The endpoint is busy. It is full."))
        self.assertIs(exhausted(wrong, 8), wrong)

    def test_calls_are_kept_in_the_order_in_which_they_ended(self):
        self.ask(self.make_leads(10, expected_revenue=50_000))
        self.work()
        moments = self.calls().mapped("date")
        self.assertEqual((moments, len(set(moments))), (sorted(moments), len(moments)))

    def test_the_breaker_opens_lets_the_rest_of_the_batch_wait_and_alerts_once(self):
        self.server.fault = "status_503"
        self.endpoint.write({"rows_per_call": 1, "concurrency": 1})
        leads = self.make_leads(10, expected_revenue=50_000)
        self.ask(leads)
        self.work()
        self.assertEqual(len({call[1]["Idempotency-Key"] for call in self.server.calls}), 5)
        self.assertEqual(self.endpoint.status, "open")
        batch = self.env["ai.deployment.batch"].search([], limit=1)
        self.assertEqual((batch.state, batch.chunk_ids.state, batch.chunk_ids.interruptions), ("running", "open", 0))
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "endpoint")])
        self.assertEqual((alert.state, alert.deployment_id), ("firing", self.deployment))
        self.assertFalse(self.inferences_of(leads))  # nothing of the piece is logged before it is complete
        self.server.fault, self.server.calls = "", []
        self.work(NOW + timedelta(seconds=30))
        self.assertFalse(self.server.calls)
        self.work(NOW + timedelta(seconds=61))
        self.assertEqual((self.endpoint.status, alert.state), ("ready", "resolved"))
        self.assertEqual(len(self.server.calls), 5)  # those that failed wait for their own next attempt
        self.assertBalanced(requested=10, automatic=5, waiting=5)

    def test_a_failing_probe_keeps_it_open_for_longer(self):
        self.server.fault = "status_503"
        self.endpoint.write({"rows_per_call": 1, "concurrency": 1})
        self.ask(self.make_leads(10, expected_revenue=50_000))
        self.work()
        self.server.calls = []
        self.work(NOW + timedelta(seconds=61))
        self.assertEqual(len({call[1]["Idempotency-Key"] for call in self.server.calls}), 1)
        self.server.calls = []
        self.work(NOW + timedelta(seconds=61 + 100))
        self.assertFalse(self.server.calls)

    def test_a_paused_endpoint_lets_batches_wait_and_they_go_on_when_it_resumes(self):
        self.endpoint.with_user(self.manager).action_pause()
        leads = self.make_leads(7, expected_revenue=50_000)
        self.ask(leads)
        self.work()
        self.assertFalse(self.server.calls)
        self.assertBalanced(requested=7, waiting=7)
        self.endpoint.with_user(self.manager).action_resume()
        self.work()
        self.assertBalanced(requested=7, automatic=7)

    def test_what_is_saved_is_asked_about_after_the_commit(self):
        self.deployment.score_on_create = True
        lead = self.make_leads(1, expected_revenue=50_000)
        self.commit()
        self.assertFalse(self.server.calls)
        self.assertEqual((self.requests().res_id, self.requests().failure_type), (lead.id, False))
        self.retry(clock.now())
        self.assertEqual(len(self.server.calls), 1)
        self.assertEqual(round(self.score_of(lead).predicted_value, 1), 0.9)

    def test_a_worker_that_is_killed_after_the_answers_came_asks_no_second_time(self):
        leads = self.make_leads(7, expected_revenue=50_000)
        self.ask(leads)
        chunk = self.env["ai.deployment.batch.chunk"].search([], order="id desc", limit=1)
        with self.enter_registry_test_mode(), clock.at(NOW), self.registry.cursor() as cr:
            env = self.env(cr=cr)
            run = self.deployment.with_env(env)._scoring_run(leads.with_env(env))
            self.assertFalse(ask_before(run, chunk.with_env(env)._hold))
        asked = len(self.server.calls)
        self.work(NOW + timedelta(minutes=1))
        self.assertEqual((len(self.server.calls), asked), (2, 2))
        self.assertBalanced(requested=7, automatic=7)

    def test_an_input_that_gives_instructions_or_is_missing_is_not_sent(self):
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "expected_revenue").required = True
        version = self.bound()
        with clock.at(NOW):
            self.deployment._assign_champion(version, "test")
        leads = self.make_leads(6, expected_revenue=50_000)
        leads[0].expected_revenue = 0
        self.ask(leads)
        self.work()
        self.assertEqual(self.inferences_of(leads[0]).failure_type, "missing_feature")
        self.assertEqual(sum(len(call[2]["dataframe_split"]["data"]) for call in self.server.calls), 5)

    def test_inputs_that_cannot_be_read_are_left_to_the_run_which_finds_the_record(self):
        leads, read = self.make_leads(6, expected_revenue=50_000), FeatureReader.columns
        self.ask(leads)

        def damaged(reader, ids):
            if leads[2].id in ids:
                raise ValueError("damaged")
            return read(reader, ids)

        self.env.cr.flush()
        with (
            patch.object(FeatureReader, "columns", damaged),
            self.assertLogs("odoo.addons.ai_deployment.models.scoring", "ERROR"),
        ):
            self.work()
        self.assertFalse(self.server.calls)
        self.assertEqual(self.inferences_of(leads[2]).failure_type, "unexpected")
        self.assertEqual(set(self.requests().mapped("failure_type")), {"endpoint_not_ready"})
        self.retry(NOW + timedelta(minutes=20))
        self.assertBalanced(requested=6, automatic=5, in_review=1)
