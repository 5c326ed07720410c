"""Lines about a business record: readable by whoever may read that record, and by nobody else.

Scores, inferences and reviews point to a lead or a bill by `res_model` and `res_id`. Two conditions hold together
on each of them, in `_search` (lists, groups, exports, domains) and in `_check_access` (reading by id):

- the deployment is one whose lines the user may see (`_visible_deployments`, per model);
- the user may read the record itself, archived or not. A deleted record hides its lines.

The Auditor is the one exception: every row of the companies at hand, those of deleted records too.
"""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import OrderedSet

from ..features.readable_inputs import keys_hidden_on


class AiDeploymentDocumentMixin(models.AbstractModel):
    _name = "ai.deployment.document.mixin"
    _description = "Line About a Business Record"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    res_model = fields.Char("Document Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Document", model_field="res_model", required=True, readonly=True)
    res_name = fields.Char("Record", compute="_compute_res_name", compute_sudo=False)
    has_record = fields.Boolean("Record Exists", compute="_compute_has_record", search="_search_has_record")

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "lang")
    def _compute_res_name(self):
        for res_model, lines in self.grouped("res_model").items():
            documents = self.env[res_model].browse(lines.mapped("res_id")).exists()
            readable = documents._filtered_access("read")
            names = {document.id: document.display_name for document in readable}
            kind, there = self.env["ir.model"]._get(res_model).sudo().name, set(documents.ids)
            for line in lines:
                other = f"{kind} {line.res_id}"
                if line.res_id not in there:
                    other = self.env._("%s (deleted)", other)
                line.res_name = names.get(line.res_id) or other

    def _keys_hidden_on_records(self):
        """Inputs that the user may not read on single records: {line id: set of keys}; of the others, nothing."""
        hidden = {}
        for (res_model, version), lines in self.sudo().grouped(lambda one: (one.res_model, one.version_id)).items():
            if version and res_model in self.env:
                documents = self.env[res_model].sudo(False)
                by_record = keys_hidden_on(documents, version._specs(), lines.mapped("res_id"))
                hidden.update((line.id, by_record[line.res_id]) for line in lines if line.res_id in by_record)
        return hidden

    @api.depends("res_model", "res_id")
    def _compute_has_record(self):
        for res_model, lines in self.grouped("res_model").items():
            there = set(self.env[res_model].sudo().browse(lines.mapped("res_id")).exists().ids)
            for line in lines:
                line.has_record = line.res_id in there

    def _search_has_record(self, operator, value):
        if operator != "in":
            return NotImplemented
        there = Domain.FALSE
        for res_model in self.env["ai.deployment"]._target_models():
            documents = self.env[res_model].sudo().with_context(active_test=False)
            ids = documents._search(Domain.TRUE, bypass_access=True)
            there |= Domain("res_model", "=", res_model) & Domain("res_id", "in", ids)
        return there if set(value) == {True} else ~there if True not in value else Domain.TRUE

    @api.model
    def _counting_domain(self):
        """Rows that count: of records that exist. Who has no right to all rows sees no others anyway."""
        return Domain("has_record", "=", True) if self._reads_all_rows() else Domain.TRUE

    def _document(self):
        """The business record itself, empty where it is gone."""
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id).exists()

    def action_open_document(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    # Access

    @api.model
    def _visible_deployments(self):
        """The deployments whose lines the current user may see, as far as the deployment decides. In sudo."""
        return self._deployments_of_user()

    @api.model
    def _deployments_of_user(self):
        """The deployments that the current user has a part in, in the companies at hand. In sudo."""
        deployments = self.env["ai.deployment"].sudo().with_context(active_test=False)
        domain = Domain("company_id", "in", self.env.companies._ai_above_sql())
        if not self.env.user.has_group("ai_deployment.group_manager"):
            uid = self.env.uid
            domain &= Domain("user_id", "=", uid) | Domain("deputy_id", "=", uid) | Domain("reviewer_ids", "in", uid)
        return deployments.search(domain)

    @api.model
    def _reads_all_rows(self):
        return self.env.su or self.env.user.has_group("ai_deployment.group_auditor")

    @api.model
    def _access_domain(self):
        """The rows that the current user may read: one sub-query per document model, nothing fetched."""
        access = Domain.FALSE
        for res_model, deployments in self._visible_deployments().grouped("res_model").items():
            documents = self.env.get(res_model)
            if documents is None or not documents.has_access("read"):
                continue
            readable = documents.with_context(active_test=False)._search(Domain.TRUE)
            access |= (
                Domain("deployment_id", "in", deployments.ids)
                & Domain("res_model", "=", res_model)
                & Domain("res_id", "in", readable)
            )
        hidden = self._hidden_domain()
        return access if hidden.is_false() else access & ~hidden

    @api.model
    def _hidden_domain(self):
        """Rows that are hidden on purpose from everybody but the Auditor."""
        return Domain.FALSE

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, active_test=True, bypass_access=False):
        if not (bypass_access or self._reads_all_rows()):
            domain = Domain(domain) & self._access_domain()
        return super()._search(domain, offset, limit, order, active_test=active_test, bypass_access=bypass_access)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if not self or self._reads_all_rows():
            return result
        refused, make_error = result or (self.browse(), None)
        forbidden = self._without_document_access(operation, self - refused)
        if not forbidden:
            return result
        return refused + forbidden, make_error or (
            lambda: AccessError(
                self.env._("You may not see these lines, as you have no access to the record or its deployment.")
            )
        )

    def _without_document_access(self, operation, lines):
        """Those of `lines` whose deployment or record the user may not reach."""
        lines_by_document = defaultdict(lambda: defaultdict(list))
        visible = self._visible_deployments()
        forbidden, hidden = OrderedSet(), self._hidden_domain()
        if not hidden.is_false():
            forbidden.update(self.sudo()._search(Domain("id", "in", lines.ids) & hidden).get_result_ids())
        for line in lines.sudo():
            if line.deployment_id in visible and line.res_model in self.env:
                lines_by_document[line.res_model][line.res_id].append(line.id)
            else:
                forbidden.add(line.id)
        for res_model, line_ids in lines_by_document.items():
            # By a search, as in `_access_domain`: the rules need not fetch whole records, the activity menu asks often.
            documents = self.env[res_model].with_context(active_test=False)
            readable = set()
            if documents.has_access("read"):
                readable.update(documents._search(Domain("id", "in", list(line_ids))).get_result_ids())
            for res_id, ids in line_ids.items():
                if res_id not in readable:
                    forbidden.update(ids)
        return self.browse(forbidden)
