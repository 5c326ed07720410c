"""The score in words: a chance with its band on leads, a verdict on bills, what it means and rests on."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.score_words import (
    help_text,
    score_text,
    similar_text,
    stale_text,
)
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.tools.wording import RoundedWords
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestScoreWords(AiDeploymentCase):
    def test_a_lead_has_a_chance_and_a_word(self):
        leads = self.env["crm.lead"]
        told = [
            score_text(leads, value, "fresh", band)
            for value, band in ((0.634, "high"), (0.3, "middle"), (0.004, "low"))
        ]
        self.assertEqual(told, ["63 % · Hot", "30 % · Warm", "0 % · Cold"])
        self.assertEqual(score_text(leads, 0.94, "expired", "high"), "94 % · expired")

    def test_a_bill_has_a_verdict_and_no_percentage(self):
        bills = self.env["account.move"]
        told = [score_text(bills, 0.991, "fresh", band) for band in ("high", "middle", "low")]
        self.assertEqual(told, ["Very unusual", "Unusual", "Normal"])
        self.assertEqual(score_text(bills, 0.991, "changed", "middle"), "Unusual · changed since this score")

    def test_help_tells_on_how_many_similar_cases_it_rests(self):
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        score = self.score_of(lead).sudo()
        self.assertEqual(
            help_text(lead, score),
            "50 % of leads like this one are won within 60 days of their creation. Odoo's own probability also follows "
            "the stage. It rests on 333 similar cases. Scored on 03/02/2026.",
        )
        self.assertIn("first 60 days, which are over", stale_text(score, score.deployment_id, "expired"))
        score.deployment_id.horizon_days = 1
        self.assertIn("won within a day of their creation", help_text(lead, score))
        self.env.cr.cache.clear()
        self.assertIn("the first day, which is over", stale_text(score, score.deployment_id, "expired"))
        self.assertIn("days that count have passed", stale_text(score, score.deployment_id, "changed"))
        score.is_changed = True
        self.assertIn("An input has been changed since", stale_text(score, score.deployment_id, "changed"))

    def test_help_says_nothing_of_cases_where_there_are_none(self):
        """The desk shows the most similar ones beside it; which input is without an equal is among the limits."""
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        score = self.score_of(lead).sudo()
        self.patch(type(score.version_id), "_similar_count", lambda _self, _codes: 0)
        self.assertTrue(help_text(lead, score).endswith("follows the stage. Scored on 03/02/2026."))
        self.assertEqual(
            [similar_text(self.env, count) for count in (0, 1, 1200)],
            ["", "It rests on 1 similar case.", "It rests on 1,200 similar cases."],
        )

    def test_people_are_no_reasons_on_records(self):
        deployment = self.make_deployment(name="By person", features=[{"path": "user_id", "name": "Salesperson"}])
        self.assertTrue(deployment.feature_ids.sensitive)
        spec = deployment.feature_ids._to_spec()
        version = self.version
        self.patch(type(version), "_specs", lambda _self: {"country_id": {**spec, "name": "Country"}})
        version.env.registry.clear_cache()
        self.assertEqual(version._people_keys(), {"country_id"})

    def test_numbers_in_sentences_have_two_digits_or_all_before_the_point(self):
        words = RoundedWords(self.env)
        told = [words.number(number) for number in (1127.43, 4.2371, 0.12345, 100000.0, -12.345, 0.0)]
        self.assertEqual(told, ["1,127", "4.2", "0.12", "100,000", "-12", "0"])
        self.assertEqual(RoundedWords(self.env(context={**self.env.context, "lang": "en_US"})).span("1", "2"), "1 to 2")

    def test_sentences_name_the_input_its_value_and_what_it_does(self):
        lead = self.make_leads(expected_revenue=20000, country_id=self.usa.id)
        self.deployment._score(lead, now=NOW)
        with clock.at(NOW):
            self.deployment.state = "production"
        self.assertEqual(
            lead.with_user(self.seller).ai_reasons.splitlines()[:2],
            [
                "▲ Expected Revenue is 10,000 to 100,000: raises the chance",
                "▼ Country is United States: lowers the chance",
            ],
        )

    def test_the_first_reason_goes_the_way_of_the_score(self):
        """A list shows the first one alone, beside the word of the score."""
        lead = self.make_leads(expected_revenue=20000, country_id=self.usa.id)
        self.deployment._score(lead, now=NOW)
        score = self.score_of(lead).sudo()
        value = score.predicted_value
        for low, high, first in ((0.0, 1.0, "▲"), (0.0, value, "▲"), (value + 0.01, 1.0, "▼"), (value, 1.0, "▲")):
            with self.subTest(low=low, high=high):
                self.deployment.write({"band_low": low, "band_high": high})
                lines = score._told_on_records()[score.id].splitlines()
                self.assertEqual((lines[0][0], sorted(line[0] for line in lines[:2])), (first, ["▲", "▼"]))
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment SET method = 'anomaly' WHERE id = %s", self.deployment.ids)
        self.env.invalidate_all()
        for flagged, points in ((True, 1), (False, -1)):
            score.prediction = flagged
            self.assertEqual(score._points(), points)
