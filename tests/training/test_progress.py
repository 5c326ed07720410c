"""Steps are told in their order; a training in the caller's transaction tells nobody."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.progress import CALIBRATE, STEPS, Progress
from odoo.addons.ai_deployment.models.training.trainer import Trainer
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.training.common import RunCase


class Told(Progress):
    def __init__(self):
        self.steps, self.seen = [], {}

    def begin(self, step):
        self.steps.append(step)

    def collected(self, ids, columns, moments, labels):
        self.seen["rows"] = {len(ids), len(moments), len(labels), *map(len, columns.values())}

    def cleaned(self, find):
        self.seen["dropped"] = find()

    def compared(self, values):
        self.seen["verdict"] = values.get("verdict")


@tagged("post_install", "-at_install")
class TestProgress(RunCase):
    def test_each_step_is_told_once_in_order(self):
        told = Told()
        with clock.at(NOW):
            Trainer(self.subject, told).train()
        self.assertEqual(
            told.steps, [step for step in STEPS if step != CALIBRATE], "calibrating is told by the carrier"
        )
        self.assertEqual(told.seen, {"rows": {self.ROWS}, "dropped": [], "verdict": None})
