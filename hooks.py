"""Hooks of Odoo's installer."""

from .models.ledger import counting


def post_init_hook(env):
    """Keep when the records ended that are there already: from now on nothing rewrites that."""
    env["crm.lead"].sudo()._ai_keep_outcomes()


def uninstall_hook(env):
    """Leave no action, activity or parameter of ours behind: leads and bills stay as they were."""
    env["ir.actions.server"].search([("state", "=", "ai_deployment_score")]).unlink()
    models = [name for name in env.registry if name == "ai.deployment" or name.startswith("ai.deployment.")]
    env["mail.activity"].with_context(active_test=False).search([("res_model", "in", models)]).unlink()
    env["ir.attachment"].search([("res_model", "in", models), ("res_field", "!=", False)]).unlink()
    env["ir.config_parameter"].search([("key", "=like", "ai_deployment.%")]).unlink()
    # Odoo deletes checklist templates, which the app brought, before the deployments that refer to them.
    env["ai.deployment"].sudo().with_context(active_test=False).search([]).check_template_id = False
    env.flush_all()
    counting.forget(env.cr)
