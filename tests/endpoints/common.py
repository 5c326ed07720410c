"""Shared set-up of the tests of remote models: a server, an endpoint, and a version bound to it that serves."""

from unittest.mock import patch

from odoo.addons.ai_deployment.models.endpoints.binding import bind
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.remote import session
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.remote.model_server import ModelServer, contract_of, score
from odoo.addons.ai_deployment.tests.scoring.common import BatchCase

INPUTS = {"expected_revenue": "amount", "country_id": "country"}
SECRET = "sk-very-secret"


class RemoteCase(BatchCase):
    """A deployment on leads that a remote model serves: 0.9 from 10,000 of expected revenue on, else 0.2."""

    protocol = "mlflow"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = ModelServer()
        cls.addClassCleanup(cls.server.close)
        cls.startClassPatcher(patch.object(session, "FIRST_PAUSE", 0.0))
        cls.env["ir.config_parameter"].set_param("ai_deployment.allowed_hosts", cls.server.host)
        # What the bins are made of: nothing that follows is unlike it.
        cls.samples = cls.make_leads(2, expected_revenue=10) | cls.make_leads(2, expected_revenue=50_000)
        cls.endpoint = cls.env["ai.deployment.endpoint"].create(
            {
                "name": "Lead service",
                "protocol": cls.protocol,
                "address": cls.server.address(cls.protocol),
                "deadline_seconds": 10,
                "read_seconds": 10,
                "rows_per_call": 4,
            }
        )
        cls.version = cls.bound()
        with clock.at(NOW):
            cls.deployment._assign_champion(cls.version, "test")
        cls.env.flush_all()

    @classmethod
    def bound(cls, endpoint=None, **more):
        endpoint = endpoint or cls.endpoint
        with clock.at(NOW):
            return bind(cls.deployment, endpoint, {**contract_of(endpoint.protocol, INPUTS), **more})

    def setUp(self):
        super().setUp()
        self.server.fault, self.server.calls, self.server.keys = "", [], {}
        self.server.before_answer, self.server.score = lambda: None, score

    def retry(self, now=NOW):
        """One run of the job that retries what waits, in the test's own transaction."""
        with self.enter_registry_test_mode(), clock.at(now):
            self.env.ref("ai_deployment.ir_cron_retry").method_direct_trigger()
        self.env.invalidate_all()

    def requests(self):
        return self.env["ai.deployment.request"].search([("deployment_id", "=", self.deployment.id)])

    def context_of(self, calls):
        """[(what was sent, what came back)] as it is stored: nobody reads it through the ORM."""
        query = "SELECT sent, received FROM ai_deployment_endpoint_call WHERE id = ANY(%s) ORDER BY id"
        self.env.cr.execute(query, [calls.ids])
        return self.env.cr.fetchall()

    def calls(self):
        return self.env["ai.deployment.endpoint.call"].search([("endpoint_id", "=", self.endpoint.id)], order="id")
