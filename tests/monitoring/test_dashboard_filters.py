"""Time range, version and segment of the dashboard: what can be chosen, and what a wrong choice is told."""

from types import SimpleNamespace
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring import dashboard_filters
from odoo.addons.ai_deployment.models.monitoring.dashboard_filters import DashboardFilters
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import SHOWN, DashboardCase


@tagged("post_install", "-at_install")
class TestDashboardFilters(DashboardCase):
    def shown(self, **filters):
        self.env.flush_all()
        self.env.invalidate_all()
        with clock.at(SHOWN):
            return self.deployment.with_user(self.owner).monitoring_page(filters)

    def test_a_time_range_shows_as_many_weeks(self):
        for number in range(6):
            self.week(number)
        for weeks in (4, 26):
            page = self.shown(weeks=weeks)
            self.assertEqual(len(page["volumes"]["labels"]), weeks)
            self.assertEqual(len(page["heat"]["columns"]), min(weeks, 6))
            self.assertEqual(page["filters"]["chosen"]["weeks"], weeks)

    def test_a_version_shows_its_reports_only(self):
        self.week(0)
        second = self.serve(self.deployment, self.card(high=2.0))
        self.week(1)
        page = self.shown(version=self.version.id)
        self.assertEqual(len(page["heat"]["columns"]), 1)
        self.assertEqual(
            [row["label"] for row in page["filters"]["versions"]], ["All versions", "Version 2", "Version 1"]
        )
        self.assertEqual(len(self.shown()["heat"]["columns"]), 2)
        self.assertEqual(len(self.shown(version=second.id)["heat"]["columns"]), 1)

    def test_a_segment_shows_what_it_was_said_and_what_came_true(self):
        self.deployment.segment_field_id = self.env["ir.model.fields"]._get("crm.lead", "country_id")
        for number in range(4):
            self.week(number)
        choices = self.shown()["filters"]["segments"]
        chosen = next(row for row in choices if row["label"] == "Country: Belgium")
        outcomes = self.shown(segment=chosen["value"])["outcomes"]
        self.assertIn("Country: Belgium", outcomes["title"])
        self.assertEqual(self.series(outcomes, "Actual")["values"][-1], 52 / 80)
        self.assertTrue(self.shown(segment="segment:0")["outcomes"]["empty"])

    def test_a_wrong_choice_is_told_in_one_sentence(self):
        other = self.serve(self.make_deployment(name="Other"), self.card())
        with clock.at(NOW):
            for wrong in ({"weeks": 5}, {"weeks": "12"}, {"version": other.id}, {"version": "1"}, {"segment": 7}):
                with self.assertRaises(UserError):
                    self.deployment.monitoring_page(wrong)

    def test_nothing_chosen_is_the_usual_range_of_all_versions_and_segments(self):
        for chosen in (None, {}, {"version": 0, "segment": None}):
            filters = DashboardFilters.read(self.deployment, chosen)
            self.assertEqual((filters.weeks, filters.version.ids, filters.segment), (12, [], ""))
        filters = DashboardFilters.read(self.deployment, {"weeks": 52, "version": self.version.id, "segment": "x"})
        self.assertEqual((filters.weeks, filters.version, filters.segment), (52, self.version, "x"))

    def test_segments_that_were_judged_can_be_chosen_by_name(self):
        lines = [
            SimpleNamespace(key=key, label=label, test=test, verdict=verdict)
            for key, label, test, verdict in (
                ("b", "Beta", "segment", "quiet"),
                ("a", "Alpha", "segment", "drifted"),
                ("c", "Gamma", "segment", "cannot_judge"),
                ("d", "Delta", "figure", "quiet"),
            )
        ]
        filters = DashboardFilters.read(self.deployment, {"version": self.version.id})
        found = filters.choices(self.deployment, lines)
        self.assertEqual([row["value"] for row in found["segments"]], ["", "a", "b"])
        self.assertEqual([row["value"] for row in found["weeks"]], [4, 12, 26, 52])
        self.assertEqual(found["chosen"], {"weeks": 12, "version": self.version.id, "segment": ""})
        found = DashboardFilters.read(self.deployment, None).choices(self.deployment, [])
        self.assertEqual(found["chosen"]["version"], 0)

    def test_only_the_newest_versions_can_be_chosen(self):
        second, third = (self.keep(self.deployment, self.card()) for _number in range(2))
        with patch.object(dashboard_filters, "MOST_VERSIONS", 2):
            found = DashboardFilters.read(self.deployment, None).choices(self.deployment, [])
        self.assertEqual([row["value"] for row in found["versions"]], [0, third.id, second.id])
