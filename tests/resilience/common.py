"""What tests of drills and fallbacks share."""

from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

# Everything that a drill could leave behind.
TRACES = (
    "ai_deployment_alert",
    "ai_deployment_requested",
    "ai_deployment_channel",
    "ai_deployment_inference",
    "ai_deployment_message",
    "ai_deployment_profile",
    "ai_deployment_report",
    "ai_deployment_report_line",
    "ai_deployment_request",
    "ai_deployment_review",
    "ai_deployment_quota",
    "ai_deployment_score",
    "ai_deployment_request_closed",
    "ai_deployment_version",
    "mail_activity",
    "mail_mail",
    "mail_message",
    "mail_notification",
    "ir_cron_trigger",
    "bus_bus",
)
FIELDS = ["ai_score", "ai_confidence", "ai_score_date", "ai_reasons", "ai_is_fallback"]


class DrillCase(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.lead = self.make_leads()

    def traces(self):
        self.env.flush_all()
        counts = {}
        for table in TRACES:
            self.env.cr.execute(f"SELECT COUNT(*), COALESCE(MAX(id), 0) FROM {table}")  # pylint: disable=sql-injection
            counts[table] = self.env.cr.fetchone()
        return counts

    @mute_logger("odoo.sql_db", "odoo.addons.ai_deployment.models.scoring")
    def drill(self, kind="faults", user=None):
        deployment = self.deployment.with_user(user or self.owner)
        action = getattr(deployment, f"action_drill_{kind}")()
        return self.env["ai.deployment.drill"].browse(action["res_id"])

    def step(self, drill, code):
        return next(step for step in drill.details if step["code"] == code)


class FallbackCase(AiDeploymentCase):
    """Three leads of a deployment in production, two of them scored; Odoo estimates 10, 20 and 30 % for them."""

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.leads = self.make_leads(2) + self.make_leads(1, expected_revenue=20000)
        self.deployment._score(self.leads[:2])
        self.deployment.state = "production"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET automated_probability = 10 * (id - %s + 1) WHERE id = ANY(%s)",
            [self.leads[0].id, self.leads.ids],
        )
        self.env.invalidate_all()

    def seen(self, user=None):
        """[{field: value}] of the leads, as a seller reads them."""
        self.env.flush_all()
        self.env.invalidate_all()
        return self.leads.with_user(user or self.seller).read(FIELDS)

    def found(self, *domain, **options):
        self.env.flush_all()
        leads = self.env["crm.lead"].with_user(self.seller)
        return leads.search([("id", "in", self.leads.ids), *domain], **options).with_user(self.env.user)

    def assertShown(self, values, sentence):
        rows = self.seen()
        self.assertEqual([round(row["ai_score"], 4) for row in rows], values)
        self.assertTrue(all(row["ai_is_fallback"] for row in rows))
        self.assertFalse(any(row["ai_score_date"] or row["ai_confidence"] for row in rows), "it is no score")
        self.assertEqual({row["ai_reasons"] for row in rows}, {sentence})

    def damage(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.registry.clear_cache()
        self.env.invalidate_all()
