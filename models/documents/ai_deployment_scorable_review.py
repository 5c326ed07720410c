"""What a record tells a reviewer: that it waits for a review, and what one reads first to judge it.

The fields here cost nothing where nobody reads them, and the views show them to reviewers only: whoever only sells or
books meets no query of theirs.
"""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime, formatLang

from ..tools import clock


class AiDeploymentScorableMixin(models.AbstractModel):
    _inherit = "ai.deployment.scorable.mixin"

    ai_wants_my_review = fields.Boolean(
        "Wants My Review",
        compute="_compute_ai_wants_my_review",
        search="_search_ai_wants_my_review",
        copy=False,
        groups="ai_deployment.group_reviewer",
    )
    ai_review_text = fields.Char(
        "Waits for a Review", compute="_compute_ai_review_text", copy=False, groups="ai_deployment.group_reviewer"
    )

    # Waiting for a review

    @api.model
    def _ai_my_reviews(self):
        """SQL of the ids of records of this model about which the user is asked."""
        reviews = self.env["ai.deployment.review"]
        reviews.flush_model(["res_model", "res_id", "state", "reviewer_id", "company_id"])
        return SQL(
            "(SELECT res_id FROM ai_deployment_review WHERE reviewer_id = %s AND state = 'open' AND res_model = %s"
            " AND company_id = ANY(%s))",
            self.env.uid,
            self._name,
            self.env.companies.ids,
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "ai_wants_my_review":
            return SQL("(%s IN %s)", SQL.identifier(alias, "id"), self._ai_my_reviews())
        return super()._field_to_sql(alias, field_expr, query)

    def _search_ai_wants_my_review(self, operator, value):
        if operator != "in":
            return NotImplemented
        mine = Domain("id", "in", self._ai_my_reviews())
        if set(value) == {True}:
            return mine
        return ~mine if True not in value else Domain.TRUE

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ai_wants_my_review(self):
        reviews = self._ai_open_reviews()
        for record in self:
            record.ai_wants_my_review = self.env.user in reviews[record._origin.id].reviewer_id

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_ai_review_text(self):
        reviews = self._ai_open_reviews()
        for record in self:
            record.ai_review_text = reviews[record._origin.id][:1].why_text if reviews[record._origin.id] else False

    def _ai_open_reviews(self):
        """The open reviews of each record that the user may decide, the user's own first: {record id: reviews}."""
        reviews = self.env["ai.deployment.review"]
        ids = self._ai_stored_ids()
        deployments = reviews._desk_deployments().filtered_domain([("res_model", "=", self._name)]) if ids else ()
        found = reviews.browse()
        if deployments:
            found = reviews.sudo().search(
                Domain("deployment_id", "in", deployments.ids)
                & Domain("res_id", "in", ids)
                & Domain("state", "=", "open"),
                order="priority, id",
            )
            found = found.sorted(lambda review: review.reviewer_id != self.env.user)
        by_record = found.with_env(self.env).grouped(lambda review: review.sudo().res_id)
        return {record._origin.id: by_record.get(record._origin.id, reviews) for record in self}

    def action_ai_review(self):
        """The desk, at the card about this record."""
        self.ensure_one()
        self.check_access("read")
        return self._ai_open_reviews()[self.id][:1].action_open_desk()

    # What one reads first

    def _ai_field_texts(self, names, **labels):
        """[(label, text)] of the fields that have a value and that the user may read; `labels` replace their own."""
        texts = []
        for name in names:
            field = self._fields[name]
            if self._has_field_access(field, "read") and (text := self._ai_field_text(field)):
                texts.append((labels.get(name) or field._description_string(self.env), text))
        return texts

    def _ai_field_text(self, field):
        """One value as people read it; nothing where it is empty."""
        value = self[field.name]
        if not value:
            return ""
        if field.type == "many2one":
            return value.sudo().display_name  # as every form shows it
        if field.type == "monetary":
            return formatLang(self.env, value, currency_obj=self[field.get_currency_field(self)])
        if field.type == "date":
            return format_date(self.env, value)
        if field.name == "create_date":
            days = (clock.now() - value).days
            if days < 1:
                return self.env._("today, %s", format_datetime(self.env, value, dt_format="HH:mm"))
            return self.env._("%(days)s days ago, %(date)s", days=days, date=format_date(self.env, value))
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        return str(value)
