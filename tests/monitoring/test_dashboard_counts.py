"""Charts of counts: every number opens the records that it counts."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.models.monitoring.dashboard_counts import CountCharts, _between
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, DashboardCase


@tagged("post_install", "-at_install")
class TestCountCharts(DashboardCase):
    def test_scores_now_stand_beside_the_reference_in_the_same_bins(self):
        self.week(4)
        chart = self.page()["distribution"]
        # Belgium is worth 1: log odds 0 for the usual, 1.5 for the large (.82); ten bins of a tenth.
        self.assertEqual(chart["labels"][5], "50 to 60 %")
        now, before, standing = chart["series"]
        self.assertEqual((now["texts"][5], now["texts"][8]), ("50.0 % (40)", "50.0 % (40)"))
        self.assertEqual(sum(now["values"]), 1.0)
        self.assertEqual(before["texts"], ["10.0 % (100)"] * 10)
        self.assertEqual(self.listed(before["open"][0]), self.version)
        self.assertEqual(standing["texts"], now["texts"], "all were scored for the first time just now")

    def test_where_all_records_stand_counts_each_once(self):
        leads = self.week(5)
        self.deployment._score(leads, now=NOW + 5 * WEEK + timedelta(days=1), again=True)
        standing = self.page()["distribution"]["series"][2]
        counts = [len(self.listed(target)) for target in standing["open"]]
        self.assertEqual(standing["texts"], [f"{100 * count / 80:.1f} % ({count})" for count in counts])
        self.assertEqual(sum(counts), 80)

    def test_scores_of_more_than_four_weeks_ago_are_not_now(self):
        self.week(0)
        self.assertIn(
            "No record was scored for the first time in the last 28 days", self.page()["distribution"]["empty"]
        )

    def test_every_bar_of_the_scores_opens_as_many_records_as_it_says(self):
        leads = self.week(5)
        self.deployment._score(leads, now=NOW + 5 * WEEK + timedelta(days=1), again=True)
        now = self.page()["distribution"]["series"][0]
        counts = [len(self.listed(target)) for target in now["open"]]
        self.assertEqual(now["texts"], [f"{100 * count / 80:.1f} % ({count})" for count in counts])
        self.assertEqual(sum(counts), 80)

    def test_a_bar_begins_only_where_its_list_can_tell(self):
        """Odoo compares scores to four digits: a bar that began at .50004 would list what the one before counts."""
        card = self.card()
        card.score_bins = NumericBins(0, 1, [0.1, 0.2, 0.3, 0.50004, 0.8])
        self.serve(self.deployment, card)
        self.week(5)
        now = self.page()["distribution"]["series"][0]
        self.assertEqual(self.page()["distribution"]["labels"][3], "30 to 80 %")
        self.assertEqual([len(self.listed(target)) for target in now["open"]], [0, 0, 0, 40, 40])

    def test_every_bar_of_the_volumes_opens_as_many_records_as_it_says(self):
        self.deployment.min_confidence = 0.7
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").required = True
        version = self.serve(self.deployment, self.card(required=("country_id",)))
        self.assertEqual(self.deployment.champion_id, version)
        self.week(3)
        self.week(4, country=False, count=5)
        chart = self.page()["volumes"]
        for label, expected in (
            ("Automatic", {8: 40}),
            ("Human review", {8: 40, 9: 10}),
            ("Of these, could not be scored", {9: 10}),
        ):
            series = self.series(chart, label)
            self.assertEqual({n: value for n, value in enumerate(series["values"]) if value}, expected, label)
            self.assertEqual([len(self.listed(target)) for target in series["open"]], series["values"], label)
        self.assertEqual(chart["labels"][8:10], ["Mar 23", "Mar 30"])

    def test_what_waits_opens_the_sum_of_its_week(self):
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.registry.clear_cache()
        self.deployment._score(self.make_leads(3), now=NOW + 5 * WEEK)
        waiting = self.series(self.page()["volumes"], "Waiting")
        self.assertEqual(waiting["values"][10], 3)
        self.assertEqual(self.listed(waiting["open"][10]).mapped("waiting"), [3])

    def test_the_ends_of_the_scores_hold_what_lies_beyond(self):
        cuts = [0.0, 0.5, 0.8, 1.0]
        self.assertEqual(list(_between("x", cuts, 0)), [("x", "<", 0.5)])
        self.assertEqual(list(_between("x", cuts, 1)), ["&", ("x", ">=", 0.5), ("x", "<", 0.8)])
        self.assertEqual(list(_between("x", cuts, 2)), [("x", ">=", 0.8)])

    def test_current_scores_are_counted_between_cuts(self):
        self.week(4)  # a half of the 80 at .5, the other at .82
        charts = CountCharts(self.deployment)
        for cuts, counts in (
            ([0.0, 0.5, 0.8, 1.0], [0, 40, 40]),
            ([0.0, 0.51, 1.0], [40, 40]),
            ([0.0, 0.1, 0.2, 1.0], [0, 0, 80]),
        ):
            self.assertEqual(charts.standing_counts(cuts), counts)

    def test_without_a_version_or_a_reference_there_is_nothing_to_compare(self):
        charts = CountCharts(self.deployment)
        self.assertIn("No version can be read", charts.distribution(None)["empty"])
        self.env.flush_all()
        self.env.cr.execute('UPDATE ai_deployment_version SET reference = \'{"rows": 0, "counts": {}}\'')
        self.env.invalidate_all()
        self.assertIn("no counts to compare with", charts.distribution(self.card())["empty"])

    def test_few_scores_are_not_drawn_as_many_bars(self):
        card = self.card()
        card.score_bins = NumericBins(0, 1, [number / 20 for number in range(1, 20)])
        self.serve(self.deployment, card)
        self.week(5)
        chart = self.page()["distribution"]
        self.assertEqual(
            (len(chart["labels"]), chart["labels"][0], chart["labels"][-1]), (10, "0 to 10 %", "90 to 100 %")
        )
        self.assertTrue(chart["percents"])
        self.assertIn("80 first scores, compared with a reference of ", chart["note"])

    def test_a_week_begins_on_monday(self):
        self.week(0)
        charts = CountCharts(self.deployment)
        for moment, labels, values in (
            (NOW, ["Feb 23", "Mar 2"], [0, 80]),
            (NOW + timedelta(days=6), ["Feb 23", "Mar 2"], [0, 80]),
            (NOW + timedelta(days=7), ["Mar 2", "Mar 9"], [80, 0]),
        ):
            with clock.at(moment):
                chart = charts.volumes(2)
            self.assertEqual((chart["labels"], chart["series"][0]["values"]), (labels, values))
            self.assertEqual([series["label"] for series in chart["series"]][2:], ["Of these, could not be scored"])
        with clock.at(NOW + timedelta(days=14)):
            self.assertIn("No record was requested in the last 2 weeks", charts.volumes(2)["empty"])
