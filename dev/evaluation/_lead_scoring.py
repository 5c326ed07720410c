"""Odoo's own predictive lead scoring on the same leads: its frequency table and its opinion, by its own methods."""

from odoo.tools import SQL

# The default fields that these data fill, and those that its parameter takes besides.
FIELDS = "source_id,medium_id,function,tag_ids"
TABLE = SQL.identifier("crm_lead_scoring_frequency")


class PredictiveLeadScoring:
    def __init__(self, env, start):
        self.env = env
        self.kept = None
        parameters = env["ir.config_parameter"]
        parameters.set_param("crm.pls_fields", FIELDS)
        parameters.set_param("crm.pls_start_date", str(start))

    def learn(self):
        """Count all leads that are closed by now."""
        self.env["crm.lead"]._rebuild_pls_frequency_table()

    def keep(self):
        """Remember the frequencies as they are."""
        self.env.flush_all()
        self.kept = self.env.execute_query(SQL("SELECT variable, value, team_id, won_count, lost_count FROM %s", TABLE))

    def recall(self):
        """Go back to the frequencies that were kept."""
        self.env.flush_all()
        self.env.cr.execute(SQL("TRUNCATE %s", TABLE))
        self.env.cr.execute_values(
            "INSERT INTO crm_lead_scoring_frequency (variable, value, team_id, won_count, lost_count) VALUES %s",
            self.kept,
        )
        self.env.invalidate_all()

    def judge(self):
        """Write its probability on all open leads, as its cron does."""
        self.env["crm.lead"]._update_automated_probabilities()
