"""The made-up record that an endpoint is tested with has values that the model knows."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.endpoints.sample import sample_inputs
from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase


@tagged("post_install", "-at_install")
class TestSample(RemoteCase):
    def test_each_input_has_a_value_that_the_version_knows(self):
        version = self.version.sudo()
        self.assertEqual(sample_inputs(version, version._contract()), {"amount": 1.0, "country": "Belgium"})

    def test_the_test_sends_it_and_a_document_where_one_is_sent(self):
        message = self.endpoint.with_user(self.manager).action_test()["params"]
        self.assertEqual(message["type"], "success")
        [(_path, _headers, payload)] = self.server.calls
        self.assertEqual(payload["dataframe_split"]["data"], [[1.0, "Belgium"]])
        version = self.bound(document="text").sudo()
        self.assertEqual(sample_inputs(version, version._contract())["document"], "Test")
