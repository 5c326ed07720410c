"""What the tests of inputs share: a declaration as a version keeps it, and what happened to leads."""

from datetime import timedelta

from odoo.addons.ai_deployment.models.features import past
from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.tests.common import NOW

CAME = NOW - timedelta(days=60)


def spec(**values):
    """A declaration as a version keeps it."""
    return {
        "key": "x",
        "name": "X",
        "kind": "number",
        "source": "path",
        "path": "",
        "start_path": "",
        "end_path": "",
        "measure": "",
        "group_paths": [],
        "value_path": "",
        "window_days": 0,
        "required": False,
        "sensitive": False,
        "tail": "two",
        **values,
    }


class CourseOfLeads:
    """What happened to leads, dated; for a test case on leads that came at `CAME`."""

    def came(self, leads, moment=CAME, *, apart=True):
        """Make `leads` as old as that, in their stage ever since; by a second apart, as no import makes them."""
        self.env.flush_all()
        for number, lead in enumerate(leads):
            came = moment + timedelta(seconds=number if apart else 0)
            self.env.cr.execute(
                "UPDATE crm_lead SET create_date = %s, date_last_stage_update = %s WHERE id = %s", [came, came, lead.id]
            )
        leads.invalidate_recordset()
        return leads

    def message(self, lead, day, **values):
        return self.env["mail.message"].create(
            {"model": "crm.lead", "res_id": lead.id, "date": CAME + timedelta(days=day), **values}
        )

    def track(self, lead, name, day, old, new):
        """Track a change of the field `name`; `old` and `new` are what the column of the field holds."""
        field, column = (
            self.env["ir.model.fields"]._get("crm.lead", name),
            past.COLUMNS.get(lead._fields[name].type, "value_char"),
        )
        message = self.message(lead, day, message_type="notification")
        self.env["mail.tracking.value"].create(
            {"mail_message_id": message.id, "field_id": field.id, f"old_{column}": old, f"new_{column}": new}
        )

    def read_past(self, leads, day, *specs):
        reader = FeatureReader(self.env["crm.lead"], specs, self.env.company)
        columns, known = reader.past(leads.ids, [CAME + timedelta(days=day)] * len(leads))
        return (
            {key: column.values.tolist() for key, column in columns.items()},
            {key: told.tolist() for key, told in known.items()},
        )


class GermanLabels:
    """Two labels of leads in German, and a seller who reads German."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations("de_DE")
        for name, label in (("country_id", "Land"), ("expected_revenue", "Erwarteter Umsatz"), ("source_id", "Quelle")):
            field = cls.env["ir.model.fields"]._get("crm.lead", name)
            field.with_context(lang="de_DE").field_description = label
        cls.seller.lang = "de_DE"

    def german(self, records):
        return records.with_context(lang="de_DE")
