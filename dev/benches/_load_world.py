"""What the users of `dev/bench load` find: people, leads and bills, the same with the addon and without."""

import datetime
import random

from lib.sample_leads import make_leads

PASSWORD = "load-of-users"
VENDORS, BILLS_EACH, LEADS, LEADS_CLOSED = 12, 10, 1_500, 1_500
SEED = 3
GROUPS = {
    "seller": ("sales_team.group_sale_salesman_all_leads",),
    "accountant": ("account.group_account_invoice",),
}


def prepare(env, sellers, accountants):
    """Make what both databases hold; the vendors have sent bills of about the same amount for half a year."""
    env = env(user=env.ref("base.user_admin"), context={**env.context, "tracking_disable": True})
    for kind, count in (("seller", sellers), ("accountant", accountants)):
        env["res.users"].with_context(no_reset_password=True).create(
            [
                {
                    "name": f"{kind.title()} {number}",
                    "login": f"{kind}{number}",
                    "password": PASSWORD,
                    "email": f"{kind}{number}@example.com",
                    "group_ids": [
                        (4, env.ref("base.group_user").id),
                        *((4, env.ref(name).id) for name in GROUPS[kind]),
                    ],
                }
                for number in range(count)
            ]
        )
    make_leads(env, LEADS, LEADS_CLOSED)
    bills, account = make_bills(env, BILLS_EACH)
    env.cr.commit()
    return bills.partner_id.ids, account.id


def make_bills(env, each):
    """(posted bills of each vendor, every 17 days one, the account of their lines)."""
    rng, today = random.Random(SEED), datetime.date.today()
    vendors = env["res.partner"].create(
        [
            {"name": f"Vendor {number}", "is_company": True, "country_id": env.ref("base.us").id}
            for number in range(VENDORS)
        ]
    )
    account = env["account.account"].search([("account_type", "=", "expense")], limit=1)
    bills = env["account.move"].create(
        [
            {
                "move_type": "in_invoice",
                "partner_id": vendor.id,
                "invoice_date": day,
                "ref": f"{vendor.id}-{number}",
                "invoice_line_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Parts",
                            "quantity": 1,
                            "tax_ids": [(5,)],
                            "account_id": account.id,
                            "price_unit": round(200 * (place + 1) * rng.lognormvariate(0, 0.2), 2),
                        },
                    )
                ],
            }
            for place, vendor in enumerate(vendors)
            for number in range(each)
            for day in [today - datetime.timedelta(days=17 * (each - number) + rng.randrange(4))]
        ]
    )
    bills.action_post()
    return bills, account


def deploy(env):
    """Take the two deployments of the demonstration live, and let both score whatever comes."""
    from odoo.addons.ai_deployment.models.tools import clock

    from story import deployments
    from story.people import hire
    from story.workdays import Today

    env = env(user=env.ref("base.user_admin"))
    today = clock.today()
    hire(env)
    days = Today(today)
    deployments.declare(env, days)
    both = deployments.both(env)
    deployments.train(env, days, None)
    for deployment in both:
        documents = env[deployment.res_model]
        deployment._score(documents.search(deployment._record_domain() & documents._ai_open_domain(), limit=1000))
        deployment._score(documents.search(deployment._record_domain(), limit=20))
    deployments.go_live(env)
    deployments.as_owner(deployments.of_bills(env)).gate = "warn"  # a bill that is held is no fault of speed
    both.sudo().write({"score_on_create": True, "score_on_change": True})
    env.cr.commit()
