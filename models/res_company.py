"""Companies and their branches: a company means itself and everything below it.

A branch is a company with a parent. Companies that are not branches of one another never share anything.
"""

from odoo import api, models
from odoo.tools import SQL, ormcache


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model
    @ormcache("company_id")
    def _ai_branch_ids(self, company_id):
        """Return the ids of a company and of all branches below it, archived ones included: the company first."""
        companies = self.sudo().with_context(active_test=False)
        return (company_id, *sorted(set(companies.search([("id", "child_of", company_id)]).ids) - {company_id}))

    @api.model
    @ormcache("company_id")
    def _ai_above_ids(self, company_id):
        """Return the ids of a company and of those above it, the nearest first, as a tuple."""
        path = self.sudo().browse(company_id).parent_path or f"{company_id}/"
        return tuple(int(label) for label in reversed(path.strip("/").split("/")))

    @api.model
    def _ai_branches_sql(self, company_id):
        """Return SQL of the ids that `_ai_branch_ids` gives, for statements that are not to wait for it."""
        return SQL(
            "(SELECT branch.id FROM res_company home JOIN res_company branch"
            " ON STARTS_WITH(branch.parent_path, home.parent_path) WHERE home.id = %s)",
            company_id,
        )

    def _ai_above_sql(self):
        """Return SQL of the ids of these companies and all above them: whose deployments can speak of their records."""
        return SQL(
            "(SELECT home.id FROM res_company own JOIN res_company home"
            " ON STARTS_WITH(own.parent_path, home.parent_path) WHERE own.id = ANY(%s))",
            list(self.ids),
        )

    def _ai_nearest(self, owner_ids):
        """Return which of `owner_ids` is nearest above each of these companies, itself included.

        :param owner_ids: ids of companies that have something of their own
        :return: {company id: company id}, without those that have none above
        """
        nearest = {company: company for company in self.ids if company in owner_ids}
        for company in self.ids if owner_ids else ():
            if company not in nearest:
                for above in self._ai_above_ids(company):
                    if above in owner_ids:
                        nearest[company] = above
                        break
        return nearest
