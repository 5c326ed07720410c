"""The client in docs/examples against a real server: an API key of the technical user, over JSON-2 and JSON-RPC."""

import importlib.util
import json
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.tests.pushing.common import PushCase

CLIENT = Path(__file__).parents[2] / "docs" / "examples" / "push_results.py"


@tagged("post_install", "-at_install")
class TestPushClient(PushCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys = cls.env["res.users.apikeys"].with_user(cls.robot).sudo()
        cls.key = keys._generate("rpc", "client", datetime.now() + timedelta(days=1))
        spec = importlib.util.spec_from_file_location("push_results", CLIENT)
        cls.client = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.client)

    def odoo(self, key=None):
        self.env.flush_all()
        odoo = self.client.Odoo(self.base_url(), self.env.cr.dbname, self.deployment.id, key or self.key)
        self.opener.headers.update(odoo.session.headers)
        odoo.session = self.opener  # known to the server of the tests
        return odoo

    def test_the_client_fits_on_a_page(self):
        lines = CLIENT.read_text().splitlines()
        self.assertLessEqual(sum(1 for line in lines if line.strip() and not line.startswith('"""')), 50)

    @mute_logger("odoo.http")
    def test_it_pushes_repeats_and_says_what_is_wrong(self):
        leads = self.make_leads(2)
        rows = [{"res_id": lead.id, "score": 0.9} for lead in leads]
        odoo = self.odoo()
        ids = odoo.push(rows)
        self.assertEqual(odoo.push(rows), ids)
        self.env.invalidate_all()
        self.assertEqual(self.inferences_of(leads).ids, sorted(ids))
        self.assertEqual(odoo.call("heartbeat")["number"], self.version.number)
        with self.assertRaises(SystemExit) as caught:
            odoo.push([{"res_id": leads[0].id, "score": 1.7}])
        self.assertIn("Row 1, score", str(caught.exception))
        with self.assertRaises(SystemExit):
            self.odoo("wrong" * 8).push(rows)

    def test_it_tries_again_where_the_network_is_at_fault_and_nothing_is_doubled(self):
        lead = self.make_leads(1)
        pauses, calls, odoo = [], [], self.odoo()
        post = odoo.session.post

        def broken(*arguments, **options):
            answer = post(*arguments, **options)
            calls.append(answer.status_code)
            if len(calls) < 3:  # it came through, and the answer was lost
                raise self.client.requests.ConnectionError
            return answer

        with patch.object(odoo.session, "post", broken), patch.object(self.client.time, "sleep", pauses.append):
            odoo.push([{"res_id": lead.id, "score": 0.9}])
        self.assertEqual((calls, pauses), ([200] * 3, [1, 2]))
        self.assertEqual(len(self.inferences_of(lead)), 1)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc")
    def test_json_rpc_does_the_same(self):
        lead = self.make_leads(1)
        arguments = [self.env.cr.dbname, self.robot.id, self.key, "ai.deployment", "record_inferences"]
        rows = [{"res_id": lead.id, "score": 0.9}]
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {
                "service": "object",
                "method": "execute_kw",
                "args": [*arguments, [[self.deployment.id], rows, "k"]],
            },
        }
        answer = self.url_open("/jsonrpc", data=json.dumps(body), headers={"Content-Type": "application/json"}).json()
        self.assertEqual(answer["result"], self.inferences_of(lead).ids)
        arguments[3:] = ["crm.lead", "search"]
        body["params"]["args"] = [*arguments, [[]]]
        answer = self.url_open("/jsonrpc", data=json.dumps(body), headers={"Content-Type": "application/json"}).json()
        self.assertIn("AccessError", answer["error"]["data"]["name"])
