"""A part of the business that is served badly is named."""

from datetime import timedelta
from math import log
from types import SimpleNamespace
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.segments import SegmentResult
from odoo.addons.ai_deployment.models.monitoring.segment_performance import MORE_THAN_ALL, REST, SegmentPerformance
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, CohortCase


@tagged("post_install", "-at_install")
class TestSegmentPerformance(CohortCase):
    def test_a_part_of_the_business_that_is_served_badly_is_named(self):
        self.deployment.segment_field_id = self.env["ir.model.fields"]._get("crm.lead", "team_id")
        north, south = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        for week in (0, 1):
            usual, large = self.cohort(week, won=0.5)
            self.env.flush_all()
            self.env.cr.execute("UPDATE crm_lead SET team_id = %s WHERE id = ANY(%s)", [south.id, (usual + large).ids])
            self.env.invalidate_all()
            unlucky = self.make_leads(80, team_id=north.id)
            moment = NOW + week * WEEK
            self.came_in(unlucky, moment - timedelta(hours=1))
            self.deployment._score(unlucky, now=moment)
            self.close(unlucky[:10], "won", moment + timedelta(days=10))
            self.close(unlucky[10:], "lost", moment + timedelta(days=10))
            report = self.report(week)
        line = self.line(report, f"segment:{north.id}")
        self.assertTrue(line.exceeded)
        self.assertEqual(line.text, "Sales Team “North”: the scores predicted 50 % wins on average, 12 % occurred")
        self.assertFalse(self.line(report, f"segment:{south.id}").exceeded)
        alert = self.alerts().filtered(lambda alert: alert.cause == f"performance:segment:{north.id}")
        self.assertIn("“North”", alert.name)

    def test_a_part_in_words_and_how_far_it_must_be_off_where_all_are(self):
        field = self.env["ir.model.fields"]._get("crm.lead", "team_id")
        segments = SegmentPerformance(self.deployment.sudo(), None)
        north = self.env["crm.team"].create({"name": "North"})

        def line(segment=north.id, off=0.0, **values):
            return segments._line(SegmentResult(segment, segment is None, 40, **values), field, north, off)

        found = line()
        self.assertEqual(
            (found["key"], found["label"], found["text"], found["exceeded"]),
            (f"segment:{north.id}", "Sales Team: North", "Not enough data yet: 40 records", False),
        )
        self.assertEqual((line(None)["key"], line(None)["label"]), (REST, "Sales Team: The others"))
        self.assertEqual((line(False)["key"], line(False)["label"]), ("segment:0", "Sales Team: none"))
        told = {"said": 0.5, "came_true": 0.25, "low": 0.2, "high": 0.3}
        self.assertEqual(
            line(**told)["text"], "Sales Team “North”: the scores predicted 50 % wins on average, 25 % occurred"
        )
        near, far = 0.25 - MORE_THAN_ALL * 1.01, 0.25 - MORE_THAN_ALL * 0.99
        for off, exceeded in ((0.0, True), (near, True), (far, False)):
            found = line(off=off, exceeded=True, **told)
            self.assertEqual((found["exceeded"], found["verdict"]), (exceeded, "drifted" if exceeded else "quiet"))
        self.assertFalse(line(exceeded=False, **told)["exceeded"])

    def test_where_all_are_off_no_part_is_blamed(self):
        self.deployment.segment_field_id = self.env["ir.model.fields"]._get("crm.lead", "team_id")
        for week in (0, 1):
            self.cohort(week, won=0.1, won_large=0.3)
            report = self.report(week)
        self.assertTrue(self.line(report, "in_the_large").exceeded)
        self.assertFalse(report.line_ids.filtered(lambda line: line.test == "segment" and line.exceeded))

    def test_a_field_that_is_gone_gives_no_parts_and_no_fault(self):
        field = self.env["ir.model.fields"].create(
            {"name": "x_region_id", "model_id": self.lead_model.id, "ttype": "many2one", "relation": "res.country"}
        )
        self.deployment.segment_field_id = field
        field.unlink()
        self.cohort(0)
        self.assertFalse(self.report(0).line_ids.filtered(lambda line: line.test == "segment"))

    def test_records_of_a_segment_that_is_off_are_moved_by_as_much(self):
        def line(key, came_true, said, exceeded=True, test="segment"):
            return SimpleNamespace(key=key, statistic=came_true, threshold=said, exceeded=exceeded, test=test)

        def offsets(*lines):
            series = SimpleNamespace(latest_judged=lambda: SimpleNamespace(line_ids=list(lines)))
            segments = SegmentPerformance(self.deployment.sudo(), series)
            parts = {1: 7, 2: 8, 3: None, 4: 9}
            with patch.object(segments, "_segments_of", lambda ids: (None, parts)):
                found = segments.offsets([1, 2, 3, 4])
            return None if found is None else found.round(6).tolist()

        up, least = round(log(0.8 / 0.2), 6), round(log(0.01 / 0.99) - log(0.99 / 0.01), 6)
        self.assertIsNone(offsets())
        self.assertIsNone(offsets(line("segment:7", 0.8, 0.5, exceeded=False), line("auc", 0.8, 0.5, test="floor")))
        good = line("segment:8", 0.5, 0.5, exceeded=False)
        self.assertEqual(offsets(line("segment:7", 0.8, 0.5), good), [up, 0.0, 0.0, 0.0])
        self.assertEqual(offsets(line("segment:0", 0.5, 0.8), good), [0.0, 0.0, -up, 0.0])
        self.assertEqual(offsets(line(REST, 0.8, 0.5), good), [up, 0.0, up, up], "those without a line of their own")
        self.assertEqual(offsets(line("segment:7", 0.0, 1.0), good)[0], least)
