"""Charts of counts: every number opens the records that it counts."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.binning import NumericBins
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
        self.assertEqual(chart["labels"][8:10], ["23 Mar", "30 Mar"])

    def test_what_waits_opens_the_sum_of_its_week(self):
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.registry.clear_cache()
        self.deployment._score(self.make_leads(3), now=NOW + 5 * WEEK)
        waiting = self.series(self.page()["volumes"], "Waiting")
        self.assertEqual(waiting["values"][10], 3)
        self.assertEqual(self.listed(waiting["open"][10]).mapped("waiting"), [3])
