"""The demo story: fourteen months of leads and vendor bills of a firm that makes pumps, and four deployments at work.

The firm has a branch, whose bills stand in the firm's own journal; its teams keep properties of their leads; the leads
of the system before were imported in one go; some bills were entered twice; and one of its people reads German. From
the third of ten weeks on a competitor is cheaper, so that fewer leads are won than before, which nobody sees of a lead.

`tell(env, say)` makes the firm in an empty database with crm, account and this addon, lets its people train and use
the product, replays the last ten weeks day by day, and returns the figures that the database then holds.

- The generator is seeded and knows no dates, only working days counted back from yesterday: the same story at each
  run, and it never ages.
- Everything about scores, reviews, reports and alerts comes out of the product's own doors, with its clock set to the
  day that is replayed. The story writes none of it.
- Each step commits and leaves a marker; a second call goes on where the first one stopped.
"""

from odoo.addons.ai_deployment.models.tools import clock

from . import deployments, documents, figures, governance, replay, teams
from .bill_plan import plan_bills
from .bills import Bills
from .lead_plan import plan_leads, plan_old_leads
from .leads import Leads
from .people import hire, user
from .progress import Progress
from .vendors import plan_vendors
from .workdays import Workdays

SEED = 20


def tell(env, say):
    """Tell the story in the database of `env`, or what is still missing of it; the figures, by name."""
    progress = Progress(env, say)
    days = Workdays(progress.end_date())
    vendors = plan_vendors(SEED, days)
    leads = Leads(env, days, plan_leads(SEED, days), SEED)
    bills = Bills(env, days, vendors, plan_bills(SEED, days, vendors))

    progress.step("people", "Hiring the people of the firm", lambda: hire(env))
    progress.step("vendors", "Meeting its vendors", bills.create_vendors)
    progress.step("leads", "A year of leads", leads.create_history)
    progress.step("import", "The leads of the system before", lambda: leads.import_old(plan_old_leads(SEED, days)))
    progress.step("bills", "A year of vendor bills", bills.create_history)
    progress.step("deployments", "Declaring two deployments", lambda: _declare(env, days))
    progress.step("training", "Training them", lambda: deployments.train(env, days, leads))
    replay.run(env, days, leads, bills, progress)
    progress.step("comparison", "Comparing the challenger", lambda: deployments.compare(env, days))
    progress.step("value", "Measuring what it has brought", lambda: _close(env, days))
    progress.step("teams", "A language model sorts the leads of three weeks", lambda: teams.tell(env, days, leads))
    progress.step("documents", "The language model reads bills", lambda: documents.tell(env, days))
    progress.step("automation", "Scoring new leads from now on", lambda: deployments.score_by_itself(env))
    progress.step("gate", "Holding suspicious bills from now on", lambda: deployments.guard(env))
    progress.step("copies", "Trying to post what was entered twice", lambda: bills.try_copies(user(env, "luis")))
    return figures.read(env, days, leads, bills, progress)


def _declare(env, days):
    deployments.declare(env, days, deployments.LATER)
    with clock.at(days.at(days.training, 480)):
        governance.plan(env)


def _close(env, days):
    with clock.at(days.at(days.count - 1, 23 * 60)):
        governance.measure_value(env)
        governance.monitor(env)
        governance.run_jobs(env)
    governance.restore_jobs(env)
