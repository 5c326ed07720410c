"""The contract of a version, as it is stored and read."""

import json

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.errors import ArtifactRejected
from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase


@tagged("post_install", "-at_install")
class TestContract(RemoteCase):
    def test_inputs_stand_in_the_order_of_the_version(self):
        self.env.invalidate_all()
        self.assertEqual(list(self.version._contract().inputs), ["expected_revenue", "country_id"])
        self.assertEqual(json.loads(self.version.contract_text)["protocol"], "mlflow")

    def test_a_contract_that_was_changed_in_the_database_is_refused(self):
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET"
            " artifact = jsonb_set(artifact, '{contract,value}', '\"x\"') WHERE id = %s",
            [self.version.id],
        )
        self.env.invalidate_all()
        self.registry.clear_cache()
        with self.assertRaises(ArtifactRejected):
            self.version._contract()
