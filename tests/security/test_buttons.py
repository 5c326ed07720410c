"""Every form and list of the addon, as each role opens it: no button is shown that this role may not press.

Generated from the views: what is visible is worked out as the web client does, and each visible button is pressed and
undone. A button that needs something else than a right says so in a sentence; that is no fault.
"""

import ast
from contextlib import contextmanager, nullcontext

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.security.test_access import AccessCase

TYPES = ("form", "list")
HIDES = ("invisible", "column_invisible")
ROWS = 2  # of each model
READ_ONLY_FORM = "ai_deployment_form"  # a form that cannot be edited where `may_decide` says so
# What starts trainings, drills or printing: long, and judged by `may_decide` like the others.
LONG = {"action_train", "action_drill_faults", "action_compare_again"}


@tagged("post_install", "-at_install")
class TestButtons(AccessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.reviewer_ids += cls.other_owner  # an owner elsewhere, a reviewer here
        cls.other_owner.group_ids -= cls.env.ref("ai_deployment.group_manager")
        cls.roles = {
            "reviewer": cls.reviewer,
            "owner elsewhere": cls.other_owner,
            "owner": cls.owner,
            "deputy": cls.deputy,
            "administrator": cls.manager,
            "auditor": cls.auditor,
        }

    @contextmanager
    def undone(self):
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            self.env.registry.clear_cache()

    def models(self):
        """The models of the addon that have a form or list of their own."""
        views = self.env["ir.ui.view"].search([("type", "in", TYPES), ("model", "=like", "ai.deployment%")])
        for name in sorted(set(views.mapped("model"))):
            if not self.env[name]._transient and not self.env[name]._abstract:
                yield name

    def opened(self, model, kind):
        """The arch as this user gets it, None where the model cannot be read."""
        if not model.has_access("read"):
            return None
        return etree.fromstring(model.get_views([(False, kind)])["views"][kind]["arch"])

    def is_visible(self, node, record):
        """Whether the web client shows `node`, which stands in no inner list, on `record`."""
        return not any(
            one.get(name) and _holds(one.get(name), record) for one in (node, *node.iterancestors()) for name in HIDES
        )

    def buttons(self, arch, record):
        """(button, record) of those that are visible, rows of inner lists included."""
        for node in arch.xpath(".//button[@name][not(ancestor::field)]"):
            if self.is_visible(node, record):
                yield node, record
        for field in arch.xpath(".//field[.//button][not(ancestor::field)]"):
            rows = record[field.get("name")][:ROWS]
            for node in field.xpath(".//button[@name][not(ancestor::kanban)]"):
                for row in rows:
                    if self.is_visible(field, record) and not _hidden_inside(node, field, row, record):
                        yield node, row

    def refused(self, node, record):
        """Why this user may not press a button, after pressing it; empty where the user may."""
        name = node.get("name")
        if node.get("type") == "action":
            action = self.env["ir.actions.actions"]._for_xml_id(name) if not name.isdigit() else None
            found = self.env["ir.actions.act_window"].sudo().browse(int(name)) if name.isdigit() else None
            target = found.res_model if found and found.exists() else (action or {}).get("res_model")
            if target and not record.env[target].has_access("create" if found and found.target == "new" else "read"):
                return f"{target} cannot be opened"
            return ""
        if name in LONG:
            return ""
        with self.undone(), clock.at(NOW), mute_logger("odoo.sql_db", "odoo.addons.ai_deployment"):
            try:
                getattr(record, name)()
            except AccessError as error:
                return str(error)
            except UserError:  # something else is missing than a right
                return ""
        return ""

    def test_no_role_is_shown_a_button_that_it_may_not_press(self):
        pressed, refused = 0, []
        for role, user in self.roles.items():
            for name in self.models():
                model = self.env[name].with_user(user)
                for kind in TYPES:
                    arch = self.opened(model, kind)
                    if arch is None or not arch.xpath(".//button"):
                        continue
                    for record in model.search([], limit=ROWS):
                        for node, row in list(self.buttons(arch, record)):
                            pressed += 1
                            if why := self.refused(node, row):
                                refused.append(f"{role}: {kind} of {name}: {node.get('name')}: {why}")
        self.assertFalse(refused, "\n".join(refused))
        self.assertGreater(pressed, 150)

    def test_nobody_edits_a_form_that_cannot_be_saved(self):
        for role, user in self.roles.items():
            for name in self.models():
                model = self.env[name].with_user(user)
                arch = self.opened(model, "form")
                if arch is None or arch.get("edit") in ("0", "False", "false"):
                    continue
                for record in model.search([], limit=ROWS):
                    with self.subTest(role=role, model=name) if not record.has_access("write") else nullcontext():
                        if not record.has_access("write"):
                            self.assertEqual(arch.get("js_class"), READ_ONLY_FORM)

    def test_nothing_is_created_from_monitoring(self):
        action = self.env.ref("ai_deployment.ai_deployment_monitoring_action")
        for view in action.view_ids:
            arch = etree.fromstring(self.env["ai.deployment"].get_view(view.view_id.id, view.view_mode)["arch"])
            self.assertIn(arch.get("create"), ("0", "False", "false"), view.view_mode)

    def test_no_button_asks_before_something_that_can_be_undone(self):
        """Confirmation is for what cannot be taken back; each such button stands here with why."""
        asks = set()
        for view in self.env["ir.ui.view"].search([("model", "=like", "ai.deployment%")]):
            asks |= {node.get("name") for node in etree.fromstring(view.arch).xpath("//button[@confirm]")}
        self.assertLessEqual(asks, ASKS.keys())


ASKS = {
    "action_accept": "responsibility is taken on in person and signed",
    "action_adopt_reference": "the former reference is gone",
    "action_cancel": "what was not done yet is dropped",
    "action_drill_faults": "faults are made on purpose",
    "action_finish": "what was entered is dropped",
    "action_go_live": "people see scores at once",
    "action_promote": "another model decides from now on",
    "action_promote_challenger": "another model decides from now on",
    "action_reopen": "the label is withdrawn",
    "action_roll_back": "another model decides from now on",
}


def _holds(expression, record, parent=None):
    """Whether an expression of a view holds on `record`, as the web client works it out."""
    known = {"uid": record.env.uid, "id": record.id, "context": {}, "parent": parent}
    names = {node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)}
    return bool(safe_eval(expression, {name: known[name] if name in known else _shown(record, name) for name in names}))


def _shown(record, name):
    field, value = record._fields[name], record[name]
    if field.type == "many2one":
        return value.id
    return value.ids if field.relational else value


class _Parent:
    def __init__(self, record):
        self._record = record

    def __getattr__(self, name):
        return _shown(self._record, name)


def _hidden_inside(node, field, row, record):
    """Whether a node of an inner list is hidden on `row`."""
    for one in (node, *node.iterancestors()):
        if one is field:
            return False
        if any(one.get(name) and _holds(one.get(name), row, _Parent(record)) for name in HIDES):
            return True
    return False
