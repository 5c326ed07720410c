"""Companies and their branches: a company means itself and everything below it.

A branch is a company with a parent. Companies that are not branches of one another never share anything.
"""

from odoo import api, models
from odoo.tools import ormcache


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

    def _ai_with_above(self):
        """Return the ids of these companies and of all above them: whose deployments can speak of their records."""
        return sorted({above for company in self.ids for above in self._ai_above_ids(company)})

    def _ai_nearest(self, owner_ids):
        """Return which of `owner_ids` is nearest above each of these companies, itself included.

        :param owner_ids: ids of companies that have something of their own
        :return: {company id: company id}, without those that have none above
        """
        nearest = {}
        for company in self.ids:
            for above in self._ai_above_ids(company):
                if above in owner_ids:
                    nearest[company] = above
                    break
        return nearest
