"""Answers that are kept: one per record, used once where they are failures."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.errors import AnswerRefusal, EndpointBusy
from odoo.addons.ai_deployment.remote.protocols.base import Result
from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase


@tagged("post_install", "-at_install")
class TestAnswers(RemoteCase):
    def test_an_answer_and_a_failure_come_back_and_are_replaced(self):
        model = self.env["ai.deployment.endpoint.answer"]
        model._keep(self.version, {1: ("k1", Result(0.25, 0.75, "{}")), 2: ("k2", AnswerRefusal("It says no."))})
        kept = model._kept(self.version, [1, 2, 3])
        self.assertEqual((kept[1].key, kept[1].answer, kept[1].counts), ("k1", (0.25, 0.75), True))
        self.assertEqual((type(kept[2].answer), kept[2].answer.reason), (AnswerRefusal, "It says no."))
        self.assertTrue(kept[2].counts)
        self.assertNotIn(3, kept)
        model._use(self.version, [1, 2])
        kept = model._kept(self.version, [1, 2])
        self.assertEqual((kept[1].counts, kept[2].counts), (True, False))  # a failure is asked about again
        model._keep(self.version, {2: ("k3", EndpointBusy("x" * 900))})
        kept = model._kept(self.version, [2])
        self.assertEqual((kept[2].key, kept[2].is_used, len(kept[2].answer.reason)), ("k3", False, 400))

    def test_nobody_writes_or_reads_what_was_said(self):
        model = self.env["ai.deployment.endpoint.answer"]
        model._keep(self.version, {1: ("k1", Result(0.25, 0.75, "{}"))})
        answer = model.search([("version_id", "=", self.version.id)])
        for user in (self.owner, self.manager, self.auditor):
            with self.assertRaises(AccessError):
                answer.with_user(user).value = 1.0
            with self.assertRaises(AccessError):
                answer.with_user(user).read(["value"])
