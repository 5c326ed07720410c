"""Sentences that are stored once, and read by everybody in their own language."""

from datetime import timedelta
from types import SimpleNamespace

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.approval import Approval
from odoo.addons.ai_deployment.models.governance.business_value import BusinessValue
from odoo.addons.ai_deployment.models.governance.checklist import Checklist
from odoo.addons.ai_deployment.models.health.monitor import HealthMonitor
from odoo.addons.ai_deployment.models.monitoring.ai_deployment import MONITOR_TURN
from odoo.addons.ai_deployment.models.monitoring.report_series import ReportSeries
from odoo.addons.ai_deployment.models.scoring import scoring_alerts
from odoo.addons.ai_deployment.models.scoring.ai_deployment_batch_chunk import MOST_ATTEMPTS
from odoo.addons.ai_deployment.models.tools import clock, faults, turns
from odoo.addons.ai_deployment.models.tools.told import in_language, keep, said_in, told
from odoo.addons.ai_deployment.models.tools.wording import number, percent
from odoo.addons.ai_deployment.models.training.challenger import Challenger
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


class LanguagesCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("de_DE", "fr_FR"):
            cls.env["res.lang"]._activate_lang(code)
            cls.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations(code)
        cls.german = in_language(cls.env, "de_DE")
        cls.french = in_language(cls.env, "fr_FR")


@tagged("post_install", "-at_install")
class TestTold(LanguagesCase):
    def test_a_sentence_has_its_words_in_every_installed_language(self):
        text = told(self.env, lambda env: f"{env._('missing')} {number(env, 1234.5, 1)}")
        self.assertEqual(text, "missing 1,234.5")
        self.assertEqual(said_in(self.german, text), "fehlt 1.234,5")
        self.assertEqual(told(self.german, lambda env: env._("missing")), "fehlt")
        self.assertEqual(said_in(self.german, "typed"), "typed")
        self.assertFalse(told(self.env, lambda _env: ""))

    def test_a_sentence_may_be_part_of_another(self):
        part = told(self.env, lambda env: percent(env, 0.5, 1))
        whole = told(self.env, lambda env: f"{env._('missing')} {said_in(env, part)}")
        self.assertEqual((whole, said_in(self.german, whole)), ("missing 50.0 %", "fehlt 50,0 %"))

    def test_kept_in_a_field_with_translations_and_replaced_as_a_whole(self):
        alert = self.env["ai.deployment.alert"]._raise(self.deployment, "training:failed", name="x")
        keep(alert, {"name": told(self.env, lambda env: env._("missing")), "cause": "not a sentence"})
        self.assertEqual([alert.with_env(env).name for env in (self.env, self.german)], ["missing", "fehlt"])
        self.env["ai.deployment.alert"]._raise(self.deployment, "training:failed", name="plain")
        self.assertEqual([alert.with_env(env).name for env in (self.env, self.german)], ["plain", "plain"])


@tagged("post_install", "-at_install")
class TestStoredSentences(LanguagesCase):
    def assertSaid(self, record, name, english, german):
        self.assertIn(english, record.with_env(self.env)[name])
        self.assertIn(german, record.with_env(self.german)[name])
        self.assertNotIn(english, record.with_env(self.french)[name])

    def alert(self, cause):
        return self.deployment.alert_ids.filtered(lambda alert: alert.cause == cause)

    def test_an_alert_is_read_in_the_language_of_the_reader_whoever_caused_it(self):
        for lang in ("en_US", "de_DE"):
            self.owner.lang = lang
            with self.subTest(owner=lang):
                turns._raise_alert(MONITOR_TURN, self.deployment.sudo(), ValueError("no such column"))
                alert = self.alert("broken:monitor")
                self.assertSaid(alert, "name", "could not be monitored", "konnte nicht überwacht werden")
                self.assertSaid(alert, "suggestion", "Ask an administrator", "Administrator")

    def test_alerts_of_scoring_and_of_the_ledger(self):
        deployment = self.deployment.sudo()
        batch = deployment.env["ai.deployment.batch"]._ask(deployment, self.make_leads(2).ids)
        chunk = batch.chunk_ids[:1]
        chunk.attempts = MOST_ATTEMPTS
        said = (
            (lambda: scoring_alerts.alert_too_slow(deployment), "time limit", "Zeit"),
            (lambda: scoring_alerts.alert_version_fails(deployment, "why"), "fails on every", "jedem"),
            (lambda: scoring_alerts.alert_filter_broken(deployment, "why"), "record filter", "Datensatzfilter"),
            (lambda: scoring_alerts.alert_version_broken(deployment, "why"), "serving version", "Version"),
            (lambda: chunk._failed(faults.DISK_FULL), "disk is full", "Datenträger"),
            (chunk._failed, "Scoring of", "Bewertung"),
        )
        for raise_it, english, german in said:
            deployment.alert_ids.unlink()
            with self.subTest(english=english):
                raise_it()
                self.assertSaid(deployment.alert_ids, "name", english, german)

    def test_whoever_is_notified_reads_it_in_their_language(self):
        self.owner.lang = "de_DE"
        turns._raise_alert(MONITOR_TURN, self.deployment.sudo(), ValueError("no such column"))
        activity = self.alert("broken:monitor").activity_ids
        self.assertEqual(activity.user_id, self.owner)
        self.assertIn("konnte nicht überwacht werden", activity.summary)

    def test_findings_of_health_are_read_in_the_language_of_the_reader(self):
        self.deployment.sudo().live_since = NOW - timedelta(days=60)
        monitor = HealthMonitor(self.deployment.sudo())
        with clock.at(NOW + timedelta(days=400)):
            monitor.watch()
        alerts = self.deployment.alert_ids.filtered(lambda alert: alert.cause.startswith("health:"))
        self.assertTrue(alerts)
        before = {alert: alert.with_env(self.german).name for alert in alerts}
        for alert in alerts:
            self.assertNotEqual(alert.name, before[alert], alert.cause)
        with clock.at(NOW + timedelta(days=400)):
            monitor.watch()  # what is said already stays said
        self.assertEqual({alert: alert.with_env(self.german).name for alert in alerts}, before)

    def test_lines_and_summary_of_a_report(self):
        series = ReportSeries(self.deployment.sudo(), self.version, "drift")
        text = told(self.german, lambda env: env._("missing"))
        report = series.create(
            NOW.date() - timedelta(days=7),
            NOW.date(),
            [
                {"key": "win_rate", "label": "plain", "test": "shape", "verdict": "quiet", "text": "plain"},
                {"key": "auc", "label": text, "test": "shape", "verdict": "quiet", "text": text, "exceeded": True},
            ],
            summary=text,
            verdict="quiet",
        )
        line = report.line_ids.filtered(lambda one: one.key == "auc")
        self.assertSaid(report, "summary", "missing", "fehlt")
        for name in ("text", "label_text"):
            self.assertSaid(line, name, "missing", "fehlt")
        self.assertEqual((report.line_ids - line).with_env(self.german).text, "plain")

    def test_what_a_new_version_did_against_the_serving_one(self):
        gate = SimpleNamespace(verdict="better", comparison=SimpleNamespace(rows=1200, more_needed=0))
        for env in (self.env, self.german):
            challenger = Challenger(self.deployment.with_env(env).sudo())
            keep(self.version.sudo(), {"verdict_text": challenger._told(lambda there: there._text(gate))})
            with self.subTest(trained=env.lang):
                self.assertSaid(self.version, "verdict_text", "Better on the latest 1,200", "1.200")

    def test_what_a_measure_rests_on(self):
        business = BusinessValue(self.deployment.with_env(self.german).sudo())
        self.deployment.value_running_cost = 40
        [row] = business._create(business.cost_rows("after", NOW.date(), NOW.date(), 1.0, [], False))
        self.assertSaid(row, "assumption", "entered values", "eingegebene")

    def test_rows_of_a_checklist_as_they_stood_are_read_in_the_language_of_the_reader(self):
        self.deployment.sudo().check_ids.unlink()
        Checklist(self.deployment.sudo()).start()  # now that there are more languages
        for env in (self.env, self.german):
            self.deployment.with_env(env).sudo().check_ids._refresh()
            found = self.deployment.sudo().check_ids.filtered(lambda row: row.code == "approver")[:1]
            found = found or self.deployment.sudo().check_ids.filtered("evidence")[:1]
            with self.subTest(looked=env.lang):
                self.assertNotEqual(found.with_env(self.env).evidence, found.with_env(self.german).evidence)
        self.deployment.approver_id = self.manager
        decision = Approval(self.deployment.with_user(self.manager).with_context(lang="de_DE"))
        signed = decision.sign("no_go", "Not yet.")
        name, evidence = found.with_env(self.env).name, found.with_env(self.env).evidence
        self.assertIn(evidence, str(signed.with_env(self.env).evidence_html))
        self.assertIn(name, str(signed.with_env(self.env).evidence_html))
        self.assertIn(found.with_env(self.german).name, str(signed.with_env(self.german).evidence_html))
        self.assertNotIn(name, str(signed.with_env(self.german).evidence_html))

    def test_rows_that_were_kept_without_words_stay_what_they_are(self):
        row = {"dimension": "business", "state": "met", "name": "Old row", "evidence": "As it stood."}
        [(_label, [shown], _done)] = self.env["ai.deployment.approval"].with_env(self.german)._by_dimension([row])
        self.assertEqual((shown["name"], shown["evidence"]), ("Old row", "As it stood."))
