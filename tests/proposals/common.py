"""Shared set-up of the tests of proposed values: a language model that chooses the sales team of a lead."""

from odoo.addons.ai_deployment.models.endpoints.binding import bind
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.remote.model_server import ModelServer
from odoo.addons.ai_deployment.tests.scoring.common import BatchCase

INPUTS = {"name": "subject", "country_id": "country"}
WORDS = {"pump": "Pumps", "valve": "Valves", "abroad": "Abroad", "other": "Retail"}


def team_of(inputs):
    """What the model says of a lead: the team that its subject names, 0.9 sure, 0.6 where it says "perhaps"."""
    subject = (inputs.get("subject") or "").lower()
    team = next((team for word, team in WORDS.items() if word in subject), "")
    return {
        "team_id": team,
        "team_id_confidence": 0.6 if "perhaps" in subject else 0.9,
        "unfamiliar": "language" if "bonjour" in subject else "",
    }


class TaskCase(BatchCase):
    """A deployment in shadow whose version answers with the sales team of a lead."""

    protocol = "chat"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = ModelServer(values=team_of)
        cls.addClassCleanup(cls.server.close)
        cls.env["ir.config_parameter"].set_param("ai_deployment.allowed_hosts", cls.server.host)
        other = cls.env["res.company"].create({"name": "Another Company"})
        teams = cls.env["crm.team"]
        cls.pumps, cls.valves = teams.create([{"name": "Pumps"}, {"name": "Valves"}])
        cls.abroad = teams.create({"name": "Abroad", "company_id": other.id})
        cls.samples = cls.make_leads(2, name="A pump") | cls.make_leads(2, name="A valve")
        cls.endpoint = cls.env["ai.deployment.endpoint"].create(
            {"name": "Language model", "protocol": cls.protocol, "address": cls.server.address(cls.protocol)}
        )
        cls.task = cls.make_task()
        cls.task_version = cls.bind_task(cls.task)
        cls.deployment = cls.task
        cls.task.batch_above = 5
        cls.env.flush_all()

    @classmethod
    def make_task(cls, **values):
        return cls.make_deployment(
            **{
                "name": "Which team a lead is for",
                "method": "classify",
                "min_confidence": 0.8,
                "reviewer_ids": [(6, 0, cls.reviewer.ids)],
                "features": [{"path": "name", "name": "Subject"}, {"path": "country_id", "name": "Country"}],
                "answer_field_ids": [(0, 0, {"key": "team_id", "domain": cls.own_teams()})],
                **values,
            }
        )

    @classmethod
    def own_teams(cls):
        return f"[('id', 'in', {(cls.pumps | cls.valves | cls.abroad).ids})]"

    @classmethod
    def bind_task(cls, task, **more):
        contract = {"protocol": cls.protocol, "inputs": INPUTS, "model": "tiny", "prompt": "Which team is it for?"}
        if cls.protocol == "json":
            contract = {"protocol": "json", "inputs": INPUTS, "value": "answers"}
        with clock.at(NOW):
            version = bind(task.sudo(), cls.endpoint, {**contract, **more})
            task._assign_champion(version, "test")
        if task.state == "poc":
            task.state = "shadow"
        return version

    def setUp(self):
        super().setUp()
        self.server.fault, self.server.calls, self.server.values = "", [], team_of

    def scored(self, *subjects, **values):
        """New leads with these subjects, scored; in their order."""
        leads = self.env["crm.lead"].union(*(self.make_leads(1, name=subject, **values) for subject in subjects))
        self.ask(leads)
        self.work()
        return leads

    def proposals_of(self, leads):
        return self.env["ai.deployment.proposal"].search(
            [("deployment_id", "=", self.task.id), ("res_id", "in", leads.ids)], order="id"
        )

    @classmethod
    def produce(cls):
        """Take the task to production, as if a record had been scored in shadow."""
        cls.env["ai.deployment.inference"].create(
            {
                "date": NOW,
                "deployment_id": cls.task.id,
                "version_id": cls.task_version.id,
                "company_id": cls.task.company_id.id,
                "res_model": "crm.lead",
                "res_id": cls.samples[0].id,
                "route": "automatic",
            }
        )
        with clock.at(NOW):
            cls.task.state = "production"
