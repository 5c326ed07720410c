"""A training stores what the rule about later records and segments reads."""

import random

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.training.segment_tests import SegmentTests
from odoo.addons.ai_deployment.tests.governance.common import EvidenceCase
from odoo.addons.ai_deployment.tests.training.common import ClosedLeads


@tagged("post_install", "-at_install")
class TestSegmentsAtTraining(ClosedLeads, EvidenceCase):
    """A training keeps what the row reads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random.Random(3)
        cls.sources = cls.env["utm.source"].create([{"name": f"Source {name}"} for name in "ABC"])
        cls.past = cls.closed_leads(700)

    def test_a_training_tests_the_parts_and_leaves_each_of_the_largest_out(self):
        self.deployment.segment_field_id = self.env["ir.model.fields"]._get("crm.lead", "country_id")
        version = self.deployment.sudo()._train()
        found = version.held_out["segments"]
        self.assertEqual(found["path"], "country_id")
        self.assertEqual(found["whole"]["rows"], version.metrics["test_rows"])
        self.assertEqual(sum(part["rows"] for part in found["later"]), found["whole"]["rows"])
        countries = {str(self.belgium.id), str(self.usa.id)}
        self.assertEqual({part["part"] for part in found["later"]}, countries)
        self.assertEqual({part["part"] for part in found["left_out"]}, countries)
        self.assertEqual(sum(part["rows"] for part in found["left_out"]), 700)
        self.assertTrue(all(part["brier"] for part in found["left_out"]))
        self.assertIn("sureness", version.held_out, "what was kept before is there still")
        self.deployment._assign_champion(version, "test")
        self.assertRegex(self.look("later_and_segments").sentence, r"later records its mean squared error|worse than")

    def test_without_a_named_field_the_input_with_the_most_records_makes_the_parts(self):
        parts = self.parts()
        self.assertEqual(parts[0], "country_id")
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").sensitive = True
        self.assertEqual(self.parts()[0], "source_id", "a sensitive input makes none")

    def parts(self):
        specs = [feature._to_spec() for feature in self.deployment.feature_ids]
        ids = self.past.ids
        tests = SegmentTests(self.deployment.sudo(), specs)
        return tests.parts_of(self.deployment._columns(specs, ids), ids, list(range(600, 700)))

    def test_unusual_records_are_tried_on_later_ones(self):
        deployment = self.make_deployment(
            method="anomaly",
            is_primary=False,
            flag_rate=0.05,
            features=[{"path": "expected_revenue"}, {"path": "country_id"}],
        )
        found = deployment.sudo()._train().held_out["segments"]
        self.assertEqual((found["path"], found["whole"]["rows"], found["expected"]), ("country_id", 105, 0.05))
        self.assertEqual(len(found["flagged"]), 2)
