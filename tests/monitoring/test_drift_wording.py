"""What a report cannot see is said, and since when."""

from datetime import date, timedelta
from types import SimpleNamespace

from odoo.tests import tagged
from odoo.tools import format_date

from odoo.addons.ai_deployment.ml import joint, ordinary, quality
from odoo.addons.ai_deployment.ml.binning import ABOVE, FIRST, MISSING, OTHER, CategoryBins
from odoo.addons.ai_deployment.ml.drift import SHAPE, DriftResult
from odoo.addons.ai_deployment.ml.noise import LARGE_FLOOR
from odoo.addons.ai_deployment.ml.profile import CONFIDENCE, CONFIDENCE_BINS, PREDICTION, PREDICTION_BINS, SCORE
from odoo.addons.ai_deployment.ml.tags import NO, YES, TagBins
from odoo.addons.ai_deployment.models.monitoring.drift_wording import DriftWording
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, IntakeCase


@tagged("post_install", "-at_install")
class TestDriftWording(IntakeCase):
    def test_three_records_a_week_say_since_when_and_until_when_nothing_is_judged(self):
        for week in range(3):
            self.intake(week, count=3)
            report = self.monitor(week)
        self.assertEqual((report.verdict, report.row_count), ("cannot_judge", 9))
        since = format_date(self.env, NOW.date())
        sentence = f"Since {since}, 9 leads have been created; inputs and score are tested from 50 on."
        self.assertIn(sentence, report.blind_spot)
        due = NOW.date() + timedelta(days=117)  # 50 of 3 a week
        self.assertIn(format_date(self.env, due), report.blind_spot)
        texts = [message["text"] for message in self.deployment.monitoring_page()["messages"]]
        self.assertIn(report.blind_spot, texts)

    def test_two_weeks_after_a_failed_job_are_judged_together_and_say_so(self):
        for week in range(3):
            self.intake(week)
        self.monitor(0)
        report = self.monitor(2)
        self.assertEqual((report.row_count, report.window_start), (400, (NOW + WEEK).date()))
        since = format_date(self.env, (NOW + WEEK).date())
        self.assertIn(f"The 2 weeks from {since} on are judged together", report.blind_spot)

    def test_a_reference_of_a_day_says_that_ordinary_weeks_may_ring(self):
        self.intake(0)
        self.assertIn("The variation between ordinary weeks is unknown", self.monitor(0).blind_spot)


@tagged("post_install", "-at_install")
class TestSentences(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wording = DriftWording(cls.deployment.sudo(), cls.version.sudo())
        card = cls.card()
        cls.bins = {feature.name: feature.bins for feature in card.features}
        cls.bins |= {SCORE: card.score_bins, PREDICTION: PREDICTION_BINS, CONFIDENCE: CONFIDENCE_BINS}

    def said(self, name, test, **values):
        return self.wording.movement(DriftResult(name, test, **values), self.bins)

    def test_what_moved_is_named_with_its_shares_and_weeks(self):
        moved = ((FIRST, 0.5, 0.3), (FIRST + 1, 0.25, 0.4))
        text = "Country: “Belgium” 30 %, 50 % before; “United States” 40 %, 25 % before"
        self.assertEqual(self.said("country_id", SHAPE, moved=moved), text)
        self.assertEqual(self.said("country_id", SHAPE, moved=moved, weeks=3), f"{text}, over the last 3 weeks")
        self.assertEqual(self.said("country_id", SHAPE), "Country")
        self.assertEqual(
            self.said("country_id", quality.CONSTANT, moved=moved[:1]),
            "Country is “Belgium” on all leads, on 50 % before",
        )
        self.assertEqual(self.said("country_id", quality.CONSTANT), "Country")
        self.assertIn("1,000 to 10,000", self.said("expected_revenue", SHAPE, moved=((FIRST + 1, 0.1, 0.2),)))

    def test_scores_are_shares_and_predictions_are_named_as_everywhere(self):
        self.assertEqual(
            self.said(SCORE, SHAPE, moved=((FIRST, 0.1, 0.2), (FIRST + 9, 0.1, 0.0))),
            "The score: “0 to 10 %” 20 %, 10 % before; “90 to 100 %” 0 %, 10 % before",
        )
        self.assertIn("“missing” 20 %", self.said(SCORE, SHAPE, moved=((MISSING, 0.1, 0.2),)))
        self.assertIn("“50 to 55 %”", self.said(CONFIDENCE, SHAPE, moved=((FIRST + 10, 0.1, 0.2),)))
        self.assertNotIn("to", self.said(SCORE, SHAPE, moved=((ABOVE, 0.1, 0.2),)).partition("%")[0])
        words = self.wording.words
        text = self.said(PREDICTION, SHAPE, moved=((FIRST, 0.7, 0.6), (FIRST + 1, 0.3, 0.4)))
        one, two = words["negative"], words["positive"]
        self.assertEqual(text, f"The prediction: “{one}” 60 %, 70 % before; “{two}” 40 %, 30 % before")

    def test_shares_of_records_are_told_as_such(self):
        for test, text in (
            ("missing", "Country is empty on 31 % of leads, 2 % before"),
            ("unseen", "Country has a value never seen before on 31 % of leads, 2 % before"),
            (quality.RANGE, "Country is outside its former range on 31 % of leads, 2 % before"),
        ):
            self.assertEqual(self.said("country_id", test, window_share=0.31, reference_share=0.02), text)
        self.assertEqual(self.said("country_id", "missing"), "Country is empty on 0 % of leads, 0 % before")
        for test, statistic, before, text in (
            (quality.VOLUME, 1200.0, 800.0, "1,200 leads were created last week, about 800 in earlier weeks"),
            (quality.REVIEW, 0.4, 0.1, "40 % of leads were sent to human review, 10 % in earlier weeks"),
            (quality.FAILED, 0.4, 0.1, "40 % of leads could not be scored, 10 % before"),
            (quality.LATE, 0.4, 0.1, "40 % of leads were first scored more than a week after creation, 10 % before"),
        ):
            self.assertEqual(self.said(quality.ROWS, test, statistic=statistic, reference_share=before), text)

    def test_a_relation_names_both_inputs_with_their_values(self):
        found = joint.JointResult(
            ("expected_revenue", "country_id"),
            codes=((FIRST + 1, FIRST + 2), (FIRST, FIRST + 1)),
            expected=0.1,
            found=0.25,
        )
        self.assertEqual(
            self.wording.pairs(found, self.bins),
            "The relation of Expected Revenue and Country has changed: “1,000 to 100,000” with “Belgium” on 25 % of "
            "leads, 10 % expected",
        )
        found = joint.JointResult(("expected_revenue", "country_id"), codes=((MISSING,), (MISSING, FIRST + 1)))
        self.assertIn("“missing” with “United States” on 0 %", self.wording.pairs(found, self.bins))
        self.assertIn("once eight weeks", self.wording.pairs(joint.JointResult(), self.bins))

    def tags_said(self, *parts):
        """Return what is said of an input with the tags a, called Alpha, and b, which has no name."""
        names = {"source_id=a": ("source_id", "a"), "source_id=b": ("source_id", "b")}
        version = SimpleNamespace(
            _card=lambda: SimpleNamespace(tags=names),
            _level_names_cached=lambda: {"source_id": {"a": "Alpha"}},
            _specs=self.version._specs,
            with_env=lambda env: self.version.with_env(env),
        )
        bins = {name: CategoryBins([NO, YES], {NO: 6, YES: 3}) for name in names}
        bins["source_id"] = TagBins(["0", "1"], {"0": 5, "1": 5}, members=["a", "b"])
        wording = DriftWording(self.deployment.sudo(), version)
        return wording.movement(DriftResult("source_id", SHAPE, parts=parts), bins)

    def test_a_tag_is_told_by_the_share_that_has_it(self):
        no, yes = FIRST, FIRST + 1
        moved = ((no, 0.7, 0.4), (yes, 0.3, 0.6))
        for part, text in (
            (DriftResult("source_id=a", SHAPE, moved=moved), "“Alpha” on 60 %, 30 % before"),
            (DriftResult("source_id=b", SHAPE, moved=moved), "“b” on 60 %, 30 % before"),
            (DriftResult("source_id=a", SHAPE, reference_share=0.2, window_share=0.5), "“Alpha” on 50 %, 20 % before"),
            (DriftResult("source_id=a", SHAPE), "“Alpha” on 0 %, 0 % before"),
        ):
            self.assertEqual(self.tags_said(part), f"Source: {text}")
        both = self.tags_said(DriftResult("source_id=a", SHAPE, moved=moved), DriftResult("source_id=b", SHAPE))
        self.assertEqual(both, "Source: “Alpha” on 60 %, 30 % before; “b” on 0 %, 0 % before")

    def test_a_tag_that_is_constant_is_on_all_records_or_on_none(self):
        no, yes = FIRST, FIRST + 1
        shares = {"reference_share": 0.9, "window_share": 1.0}
        for part, text in (
            (DriftResult("source_id=a", quality.CONSTANT, codes=(yes,), **shares), "“Alpha” on 100 %, 90 % before"),
            (DriftResult("source_id=a", quality.CONSTANT, codes=(no,), **shares), "“Alpha” on 0 %, 10 % before"),
        ):
            self.assertEqual(self.tags_said(part), f"Source: {text}")

    def test_the_number_of_other_tags_is_told_beside_them(self):
        part = DriftResult("source_id", SHAPE, moved=((OTHER + 2, 0.1, 0.2),))
        self.assertRegex(self.tags_said(part), "^Source: “[^”]*1[^”]*” 20 %, 10 % before$")

    def test_a_report_in_one_sentence(self):
        lines = [
            {"label": label, "exceeded": exceeded}
            for label, exceeded in (("A", True), ("B", False), ("C", True), ("A", 1))
        ]
        for rows, said, text in (
            (50, lines, "Drifted: A, C"),
            (50, lines[1:2], "Unchanged."),
            (49, lines, "Not enough data yet: 49 of 50 records. A, C"),
            (49, [], "Not enough data yet: 49 of 50 records."),
        ):
            self.assertEqual(self.wording.summary(SimpleNamespace(rows=rows), said, 50), text)

    def blind(self, *results, rows=ordinary.MIN_PART_ROWS, weeks=1, days=7, is_known=True, is_like=True):
        windows = SimpleNamespace(weeks=weeks, start=date(2026, 3, 2), end=date(2026, 3, 2) + timedelta(days=days))
        results = [DriftResult(name, SHAPE, **values) for name, values in results]
        noise = SimpleNamespace(is_known=is_known)
        return self.wording.blind_spot(windows, SimpleNamespace(rows=rows), results, noise, is_like)

    def test_what_a_report_cannot_see(self):
        blind, noisy = ("country_id", {"cannot_ring": True}), ("expected_revenue", {"floor": LARGE_FLOOR * 1.01})
        monthly, unknown = "Monthly patterns are recognised", "The variation between ordinary weeks is unknown"
        self.assertEqual(self.blind(("country_id", {"floor": LARGE_FLOOR})), "")
        self.assertEqual(
            self.blind(blind),
            "Country: the reference weeks differ so much from each other that no change can raise an alert.",
        )
        self.assertEqual(
            self.blind(noisy),
            "Expected Revenue: the reference weeks differ much from each other, so only large changes raise an alert.",
        )
        self.assertIn(monthly, self.blind(noisy, is_like=False))
        self.assertIn(monthly, self.blind(blind, is_like=False))
        self.assertEqual(self.blind(is_like=False), "")
        self.assertIn(unknown, self.blind(is_known=False))
        self.assertEqual(
            self.blind(weeks=2),
            "The 2 weeks from 03/02/2026 on are judged together, the number of records by the last one.",
        )

    def test_too_few_records_say_until_when(self):
        needed = ordinary.MIN_PART_ROWS
        self.assertIn(f"tested from {needed} on", self.blind(rows=needed - 1))
        self.assertNotIn("At the current rate", self.blind(rows=0))
        self.assertIn("enough by 03/16/2026", self.blind(rows=needed // 2))  # 7 days brought half of them
        self.assertIn("enough by 03/04/2026", self.blind(rows=needed // 2, days=0))
