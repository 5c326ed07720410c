"""What the system keeps is not chosen by who calls: covers every model and field of the addon."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

GUARD = "ai.deployment.guarded.mixin"


@tagged("post_install", "-at_install")
class TestGuardedMixin(AiDeploymentCase):
    def _own_models(self):
        return [
            model for model in self.env.values() if model._original_module == "ai_deployment" and not model._abstract
        ]

    def test_every_model_is_guarded_before_anything_else(self):
        """The guard comes first among what a model inherits, so that mail and the rest get the context it leaves."""
        models = self._own_models()
        self.assertGreater(len(models), 50)
        for model in models:
            with self.subTest(model=model._name):
                order = [cls._name for cls in type(model).mro() if getattr(cls, "_name", None)]
                self.assertIn(GUARD, order)
                after = order[order.index(GUARD) :]
                inherited = {"mail.thread", "mail.activity.mixin", "ai.deployment.document.mixin"} & set(order)
                self.assertLessEqual(inherited, set(after))
