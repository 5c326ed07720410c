"""Real model servers behind an endpoint: answers become logged scores, refusals reach a person and one alert."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase

try:
    from lib import model_servers
except ImportError:  # outside of dev/test
    model_servers = None


class ServedCase(RemoteCase):
    served = None  # name of the function of `model_servers`
    contract = {}
    renamed = {}  # of the contract: what the server does not know

    def start(self):
        """Serve the model and bind the deployment to it."""
        if model_servers is None:
            self.skipTest("the model servers are started by dev/test")
        serving = getattr(model_servers, self.served)()
        address, self.known = serving.__enter__()
        self.addCleanup(serving.__exit__, None, None, None)
        self.assertTrue(address, self.known)
        self.env["ir.config_parameter"].set_param("ai_deployment.allowed_hosts", address.removeprefix("http://"))
        self.real = self.endpoint.copy({"address": address, "deadline_seconds": 30, "read_seconds": 30})
        self.let_serve(**self.contract)

    def let_serve(self, **contract):
        version = self.bound(self.real, **contract)
        self.deployment._assign_champion(version, "test")
        self.env.flush_all()
        return version

    def assertServes(self):
        leads = self.make_leads(6, expected_revenue=0.0) | self.make_leads(1, expected_revenue=500.0)
        self.start()
        self.ask(leads)
        self.work()
        lines = self.inferences_of(leads)
        expected = [self.known[0]] * 6 + [self.known[2]]  # of its first and third row: no revenue, and 500, in Belgium
        for line, value in zip(lines, expected, strict=True):
            self.assertAlmostEqual(line.predicted_value, value, 6)
        self.assertEqual((set(lines.mapped("failure_type")), lines.version_id.kind), ({False}, "remote"))
        self.assertBalanced(requested=7)
        calls = self.env["ai.deployment.endpoint.call"].search([("endpoint_id", "=", self.real.id)])
        self.assertEqual((sum(calls.mapped("record_count")), set(calls.mapped("failure_type"))), (7, {False}))

    def assertRefuses(self):
        """What the server refuses scores nothing: records wait or are with a person, and one alert says why."""
        leads = self.make_leads(6, expected_revenue=700.0)
        self.start()
        self.let_serve(**{**self.contract, **self.renamed})
        self.ask(leads)
        self.work()
        lines = self.inferences_of(leads)
        self.assertLessEqual(set(lines.mapped("failure_type")), {"endpoint_refused"})
        reviews = self.env["ai.deployment.review"].search([("res_id", "in", leads.ids), ("state", "=", "open")])
        self.assertEqual(len(reviews), len(lines))
        calls = self.env["ai.deployment.endpoint.call"].search([("endpoint_id", "=", self.real.id)])
        self.assertEqual(set(calls.mapped("failure_type")), {"endpoint_refused"})
        self.assertTrue(all(received for _sent, received in self.context_of(calls)))
        alert = self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("state", "=", "firing")]
        )
        self.assertEqual(len(alert), 1)
        self.assertIn("cannot be used", alert.name)


@tagged("post_install", "-at_install", "ai_nightly")
class TestMlflow(ServedCase):
    served = "mlflow"
    contract = {"value": "1"}
    renamed = {"inputs": {"expected_revenue": "money", "country_id": "land"}}

    def test_mlflow_serves_a_version(self):
        self.assertServes()

    def test_mlflow_refuses_inputs_that_its_model_does_not_know(self):
        self.assertRefuses()


@tagged("post_install", "-at_install", "ai_nightly")
class TestMlserver(ServedCase):
    protocol = "inference_v2"
    served = "mlserver"
    contract = {"model": "leads", "rows_out": "predict_proba"}
    renamed = {"model": "bills"}

    def test_mlserver_serves_a_version(self):
        self.assertServes()

    def test_mlserver_refuses_a_model_that_it_does_not_have(self):
        self.assertRefuses()
