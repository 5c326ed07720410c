"""Trainings are carried out here, or by who is told to."""

from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.ml.child import FUNCTIONS
from odoo.addons.ai_deployment.ml.errors import EmptyTable
from odoo.addons.ai_deployment.models.training import workbench


class Carrier:
    def __init__(self):
        self.calls = []

    def call(self, name, *args, **kwargs):
        self.calls.append((name, args, kwargs))
        return "done"


@tagged("post_install", "-at_install")
class TestWorkbench(BaseCase):
    def test_a_carrier_gets_what_is_called_within_its_block(self):
        carrier = Carrier()
        with workbench.carried_by(carrier):
            for name in FUNCTIONS:
                self.assertEqual(getattr(workbench, name)(1, two=2), "done")
        self.assertEqual(carrier.calls, [(name, (1,), {"two": 2}) for name in FUNCTIONS])

    def test_without_one_it_happens_here(self):
        with self.assertRaises(EmptyTable):
            workbench.train_scorecard({}, [], [])
        with self.assertRaises(ValueError), workbench.carried_by(Carrier()):
            raise ValueError
        with self.assertRaises(EmptyTable):
            workbench.train_anomaly({}, [])
