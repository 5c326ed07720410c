"""Numbers are written in the language of who reads them: the same card, page and log in German and in English."""

import math
import re
from datetime import date

import numpy as np

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import NUMBER
from odoo.addons.ai_deployment.ml.scorecard import Scorecard
from odoo.addons.ai_deployment.models.tools import clock, wording
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestWording(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        german = cls.env["res.lang"]._activate_lang("de_DE")
        german.write({"decimal_point": ",", "thousands_sep": ".", "grouping": "[3,0]"})

    def german(self, records):
        return records.with_context(lang="de_DE")

    def english(self, records):
        return records.with_context(lang="en_US")

    def test_numbers(self):
        english, german = (self.env(context={**self.env.context, "lang": lang}) for lang in ("en_US", "de_DE"))
        for written, in_english, in_german in (
            (lambda env: wording.plain(env, 5.603), "5.603", "5,603"),
            (lambda env: wording.plain(env, 5603), "5,603", "5.603"),
            (lambda env: wording.plain(env, 0.25), "0.25", "0,25"),
            (lambda env: wording.plain(env, 2.5e-9), "2.5e-09", "2,5e-09"),
            (lambda env: wording.number(env, 1234567.891, 1), "1,234,567.9", "1.234.567,9"),
            (lambda env: wording.percent(env, 0.125, 1), "12.5 %", "12,5 %"),
            (lambda env: wording.percent(env, 0.04, 1, trimmed=True), "4 %", "4 %"),
            (lambda env: wording.signed(env, -1234.5), "-1,234.50", "-1.234,50"),
            (lambda env: wording.signed(env, 0.5), "+0.50", "+0,50"),
            (lambda env: wording.signed(env, -0.0004, 3), "0.000", "0,000"),
            (lambda env: wording.signed(env, 0.0006, 3), "+0.001", "+0,001"),
        ):
            self.assertEqual((written(english), written(german)), (in_english, in_german))

    def test_days_without_a_year_and_the_colon_are_the_readers(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        english, german, french = (
            self.env(context={**self.env.context, "lang": lang}) for lang in ("en_US", "de_DE", "fr_FR")
        )
        days = [wording.short_day(env, date(2026, 10, 5)) for env in (english, german, french)]
        self.assertEqual(days, ["Oct 5", "5. Okt.", "5 oct."])
        pairs = [wording.labelled(env, "A", "b") for env in (english, german)]
        self.assertEqual(pairs, ["A: b", "A: b"])

    def test_reasons_and_card_page(self):
        lead = self.make_leads(expected_revenue=5000)
        self.deployment._score(lead, now=NOW)
        line = self.env["ai.deployment.inference"].search([("res_id", "=", lead.id)], limit=1)
        self.assertIn("1,000 to 10,000", self.card_text("en_US"))
        self.assertIn("1.000 bis 10.000", self.card_text("de_DE"))
        self.assertIn("-0,50", self.card_text("de_DE"))
        self.assertNotIn("10,000", self.card_text("de_DE"))
        self.assertIn("5.000", self.german(line).inputs_text)
        self.assertIn("5,000", self.english(line).inputs_text)
        reasons = self.german(self.version)._reasons_text("050300")
        self.assertIn("10.000 bis 100.000", reasons)

    def test_what_is_too_long_and_when_a_line_was_written(self):
        for lang, size in (("en_US", "70,000"), ("de_DE", "70.000")):
            with self.assertRaisesRegex(UserError, re.escape(size)):
                self.deployment.with_context(lang=lang).purpose = "x" * 70000
        lead = self.make_leads(expected_revenue=5000)
        self.deployment._score(lead, now=NOW)
        wizard = self.env["ai.deployment.record.evidence"].with_user(self.owner).with_context(lang="de_DE")
        found = wizard.new({"deployment_id": self.deployment.id, "res_id": lead.id, "date": clock.today()}).found
        self.assertIn(f"{NOW:%d.%m.%Y}", found)

    def card_text(self, lang):
        self.env.invalidate_all()
        return str(self.version.with_context(lang=lang).with_user(self.owner).card_html)

    def test_units_and_sensible_digits(self):
        feature = {
            "source": "history",
            "measure": "ratio",
            "value_path": "expected_revenue",
            "group_paths": "country_id",
        }
        days = {"source": "age", "start_path": "create_date", "end_path": "date_deadline", "leak_override": "A test."}
        deployment = self.make_deployment(name="Units", is_primary=False, features=[feature, days])
        ratio, age = deployment.feature_ids
        cuts = NumericBins(0.0123456, 5.60341, [1.001, 1.002, 2.1])
        features = [
            CardFeature(
                ratio.key, NUMBER, cuts, np.array([0, 0, 1, 0, 0, 0, 0.5]), False, np.array([0, 0, 0, 9, 9, 9, 9])
            ),
            CardFeature(
                age.key,
                NUMBER,
                NumericBins(0, 30, [22, 25], whole=True),
                np.array([0, 0, 0, 0, 0.9, 0]),
                False,
                np.array([0, 0, 0, 9, 9, 9]),
            ),
        ]
        version = self.keep(deployment, Scorecard(features, -1.0, Identity(), self.card().score_bins))
        codes = "0204"
        self.assertIn("over 5.6 times", self.english(version)._reasons_text(codes))
        self.assertIn("über 5,6-fach", self.german(version)._reasons_text(codes))
        self.assertIn("22 bis 24 Tage", self.german(version)._reasons_text(codes))
        self.assertNotIn("5.603", self.german(version)._reasons_text(codes))

    def test_a_multiple_says_what_was_expected(self):
        feature = {
            "source": "history",
            "measure": "ratio",
            "value_path": "expected_revenue",
            "group_paths": "country_id",
        }
        deployment = self.make_deployment(
            name="Times", is_primary=False, features=[feature, {"path": "expected_revenue"}]
        )
        key = deployment.feature_ids[0].key
        features = [
            CardFeature(key, NUMBER, NumericBins(0, 5.6, [2]), np.array([0, 0, 1, 0, 0.5]), False, np.full(5, 9)),
            CardFeature("expected_revenue", NUMBER, NumericBins(0, 9, []), np.zeros(4), False, np.full(4, 9)),
        ]
        version = self.keep(deployment, Scorecard(features, -1.0, Identity(), self.card().score_bins))

        def told(lang, **more):
            return version.with_context(lang=lang)._reasons("0203", inputs=[12.345, 2469.0], **more)[0][1]

        self.assertEqual(told("en_US"), "about 12 times")
        lead = self.make_leads()
        lead.company_id.currency_id = self.env.ref("base.USD")
        self.assertEqual(told("en_US", document=lead), "about 12 times the expected $\xa0200")
        self.assertRegex(told("de_DE", document=lead), r"200\b(?!,)")
        deployment.feature_ids[0].sensitive = True
        self.assertEqual(told("en_US", document=lead), "protected")

    def test_words_of_bins_and_tags(self):
        env = self.env(context={**self.env.context, "lang": "en_US"})
        plain, days, times = (wording.ReaderWords(env, unit=unit) for unit in ("", wording.DAYS, wording.TIMES))
        share, spreads = (wording.ReaderWords(env, unit=unit) for unit in (wording.SHARE, wording.SPREADS))
        self.assertEqual(share.span(share.number(0.54), share.number(0.6)), "54 to 60 %")
        self.assertEqual(share.under(share.number(0.0057)), "under 0.57 %")
        self.assertEqual(spreads.single("-1.5"), "-1.5 times the usual spread")
        said = [plain.missing, plain.never_seen, plain.other, plain.none, plain.none_of()]
        self.assertEqual(said, ["missing", "never seen before", "other", "none", "at first"])
        self.assertEqual([each.single("7") for each in (plain, days, times)], ["7", "7 days", "7 times"])
        self.assertEqual([each.under("7") for each in (plain, days)], ["under 7", "under 7 days"])
        self.assertEqual([each.single("1") for each in (plain, days, times)], ["1", "1 day", "1 time"])
        one = [days.under("1"), days.span("0", "1"), days.single("0.1")]
        self.assertEqual(one, ["under 1 day", "0 to 1 day", "0.1 days"])
        self.assertEqual([wording.days_text(env, count) for count in (1, 1200)], ["1 day", "1,200 days"])
        self.assertEqual([each.over("7") for each in (plain, times)], ["over 7", "over 7 times"])
        self.assertEqual([each.span("3", "7") for each in (plain, days)], ["3 to 7", "3 to 7 days"])
        self.assertEqual(plain.more(1200), "… 1,200 others")
        self.assertEqual((plain.and_other("A"), plain.without("A")), ("A and other", "not A"))
        others = [plain.others(count) for count in (None, 0, 1, 2)]
        self.assertEqual(others, ["several others", "no other", "1 other", "2 others"])

    def test_a_sentence_has_two_digits_of_a_number_or_all_before_the_point(self):
        words = wording.RoundedWords(self.env(context={**self.env.context, "lang": "en_US"}))
        found = [words.number(number) for number in (0.0, 0.012345, -1.2345, 12.345, 123.45, 98765.4)]
        self.assertEqual(found, ["0", "0.012", "-1.2", "12", "123", "98,765"])

    def test_about_has_two_digits_or_all_before_the_point(self):
        env = self.env(context={**self.env.context, "lang": "en_US"})
        found = [wording.about(env, number) for number in (0, 0.0126, 0.126, 1.26, 12.6, 1264.0, math.inf)]
        self.assertEqual(found, ["0", "0.013", "0.13", "1.3", "13", "1,264", "inf"])

    def test_rough_money_has_three_digits(self):
        env, dollar = self.env(context={**self.env.context, "lang": "en_US"}), self.env.ref("base.USD")
        found = [wording.rough_money(env, amount, dollar) for amount in (1127.4, 101.6, 54.3, 4.2, 123456.0)]
        self.assertEqual(
            [text.replace("\xa0", " ") for text in found], ["$ 1,130", "$ 102", "$ 54", "$ 4.20", "$ 123,000"]
        )

    def test_the_unit_of_an_input(self):
        for source, measure, unit in (
            ("age", "count", "days"),
            ("history", "days_since", "days"),
            ("history", "ratio", "times"),
            ("history", "ratio_max", "times"),
            ("history", "count", ""),
            ("history", "share", "share"),
            ("history", "deviation", "spreads"),
            ("course", "age", "days"),
            ("course", "stage_days", "days"),
            ("course", "waiting_days", "days"),
            ("field", "age", ""),
        ):
            self.assertEqual(wording.unit_of({"source": source, "measure": measure}), unit, (source, measure))
        self.assertEqual(wording.unit_of({}), "")

    def test_the_latest_days_are_named(self):
        days = [NOW.date().replace(day=day) for day in range(1, 7)]
        env = self.env(context={**self.env.context, "lang": "en_US"})
        self.assertEqual(wording.day_list(env, days[:2]), "03/01/2026, 03/02/2026")
        self.assertEqual(wording.day_list(env, days, most=1), "03/06/2026 (5 more before)")
