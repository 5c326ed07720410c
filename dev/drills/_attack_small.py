"""A small database for the attacks, where no demonstration was built: the same people, two deployments at work."""

import datetime
import random

from odoo import Command

from odoo.addons.ai_deployment.models.tools import clock

from lib.sample_leads import make_leads
from story import deployments
from story.people import hire
from story.workdays import Today

VENDORS, BILLS_EACH, LEADS_OPEN, LEADS_CLOSED = 6, 20, 60, 400
SEED = 7


def prepare(env):
    """Make the people of the demonstration, leads and bills by the hundred, and take both deployments live."""
    rng, today = random.Random(SEED), clock.today()
    env = env(user=env.ref("base.user_admin"))
    hire(env)
    make_leads(env, LEADS_OPEN, LEADS_CLOSED)
    env.cr.execute(
        "UPDATE crm_lead SET user_id = %s WHERE user_id IS NULL OR active",
        [deployments.user(env, "maya").id],
    )
    env["crm.lead"].invalidate_model()
    _make_bills(env, rng, today)
    days = Today(today)
    deployments.declare(env, days)
    deployments.train(env, days, None)
    for deployment in deployments.both(env):
        deployment._score(env[deployment.res_model].search(deployment._record_domain(), limit=20))
    deployments.go_live(env)
    deployments.guard(env)
    env.cr.commit()


def _make_bills(env, rng, today):
    """Posted bills of a year: each vendor sends about the same amount, every two or three weeks."""
    vendors = env["res.partner"].create(
        [
            {"name": f"Vendor {number}", "is_company": True, "country_id": env.ref("base.us").id}
            for number in range(VENDORS)
        ]
    )
    banks = env["res.partner.bank"].create(
        [
            {"partner_id": vendor.id, "acc_number": f"US00 {vendor.id:08d}", "allow_out_payment": True}
            for vendor in vendors
        ]
    )
    expenses = env["account.account"].search([("account_type", "=", "expense")], limit=VENDORS)
    moves = env["account.move"].create(
        [
            {
                "move_type": "in_invoice",
                "partner_id": vendor.id,
                "partner_bank_id": bank.id,
                "invoice_date": day,
                "date": day,
                "ref": f"{vendor.id}-{number}",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Parts",
                            "quantity": 1,
                            "tax_ids": [Command.clear()],
                            "account_id": expenses[place % len(expenses)].id,
                            "price_unit": round(200 * (place + 1) * rng.lognormvariate(0, 0.2), 2),
                        }
                    )
                ],
            }
            for place, (vendor, bank) in enumerate(zip(vendors, banks, strict=True))
            for number in range(BILLS_EACH)
            for day in [today - datetime.timedelta(days=17 * (BILLS_EACH - number) + rng.randrange(4))]
        ]
    )
    moves.action_post()
    env.cr.commit()
