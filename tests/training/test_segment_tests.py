"""The parts of the business that a version is tested in; see also the rows of the checklist that read them."""

import numpy as np

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.models.training.segment_tests import SegmentTests, part_names
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestSegmentTests(AiDeploymentCase):
    def test_the_named_field_makes_the_parts(self):
        leads = self.make_leads(2, country_id=self.belgium.id) + self.make_leads(country_id=False)
        self.deployment.segment_field_id = self.env["ir.model.fields"]._get("crm.lead", "country_id")
        path, parts = SegmentTests(self.deployment.sudo(), []).parts_of({}, leads.ids, np.arange(0))
        self.assertEqual((path, parts), ("country_id", [str(self.belgium.id)] * 2 + [None]))

    def test_parts_are_named_for_people(self):
        names = part_names(self.deployment, "country_id", [str(self.belgium.id), None])
        self.assertEqual(names, {str(self.belgium.id): "Belgium", None: "none"})
        self.assertEqual(part_names(self.deployment, None, [None]), {None: "none"})

    def test_else_the_input_with_the_most_records_in_each_level_makes_them(self):
        columns = {
            "source_id": make_column("source_id", CATEGORY, list("abcdabcd")),
            "country_id": make_column("country_id", CATEGORY, list("xyxyxyxy")),
            "color": make_column("color", NUMBER, range(8)),
        }

        def parted(**changed):
            specs = [
                {"key": key, "path": f"{key}.path", "source": "path", "sensitive": False, **changed.get(key, {})}
                for key in columns
            ]
            path, parts = SegmentTests(self.deployment.sudo(), specs).parts_of(columns, list(range(8)), np.arange(4, 8))
            return path, parts and parts[:2]

        self.assertEqual(parted(), ("country_id.path", ["x", "y"]))
        for kept in ({"sensitive": True}, {"source": "history"}):
            self.assertEqual(parted(country_id=kept), ("source_id.path", ["a", "b"]))
            self.assertEqual(parted(country_id=kept, source_id=kept), (None, None))
