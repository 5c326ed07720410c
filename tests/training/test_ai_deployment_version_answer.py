"""Who reads an explanation."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.training.questions import answer
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestVersionAnswer(AiDeploymentCase):
    def test_people_named_read_it_and_sellers_do_not(self):
        card = {"code": "card", "auc": 0.97, "key": "country_id", "share": 0.95}
        version = self.keep(self.deployment, self.card(), questions=[card])
        kept = answer(version.with_user(self.owner), "It is on the form.")
        self.deployment.reviewer_ids = self.reviewer
        self.assertIn("95", kept.with_user(self.reviewer).questions_text)
        with self.assertRaises(AccessError):
            kept.with_user(self.seller).read(["reason"])
