"""What the system keeps is not chosen by who calls: covers every model and field of the addon."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools.ai_deployment_guarded_mixin import AiDeploymentGuardedMixin
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

GUARD = "ai.deployment.guarded.mixin"


@tagged("post_install", "-at_install")
class TestGuardedMixin(AiDeploymentCase):
    def _own_models(self):
        return [
            model
            for model in self.env.values()
            if model._module == "ai_deployment" or model._original_module == "ai_deployment"
        ]

    def test_every_model_is_guarded_before_anything_else(self):
        """The guard comes first among what a model inherits, so that mail and the rest get the context it leaves."""
        for model in self._own_models():
            if model._abstract:
                continue
            with self.subTest(model=model._name):
                order = [cls.__name__ for cls in type(model).mro()]
                self.assertIn(AiDeploymentGuardedMixin.__name__, order)
