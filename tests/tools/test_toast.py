"""Messages after a button: one link, and the page loaded again."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools.toast import toast
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestToast(AiDeploymentCase):
    def test_the_message_holds_one_link_to_the_record(self):
        params = toast(self.deployment, "%s is done", self.deployment.name)["params"]
        link = {"label": self.deployment.name, "url": f"/odoo/ai.deployment/{self.deployment.id}"}
        self.assertEqual(params["links"], [link])
        self.assertEqual(params["next"]["tag"], "soft_reload")

    def test_every_button_that_answers_so_has_room_for_its_link(self):
        second = self.keep(self.deployment, self.card(high=2.0))
        promoted = second.with_user(self.owner).action_promote()["params"]
        adopted = self.deployment.with_user(self.owner).action_send_test_alert()["params"]
        for params in (promoted, adopted):
            self.assertEqual(params["message"].count("%s"), len(params["links"]))
