"""Made-up opportunities whose outcome depends on single inputs and on what pairs of them say only together.

The inputs are those that a sales team knows when an opportunity is opened, with the skewed levels and the wide amounts
of real ones. Per seed, all effects are drawn anew:

====================  =====================================================================================
single inputs         route, region, line, client size, revenue in the past two years, competitor, amount,
                      days to the wished date: normal effects, a bent curve for the numbers
what acts together    route with past revenue, amount with client size, competitor with line, amount with
                      route, days with amount, region with line: each pair's cells or product, normal too
====================  =====================================================================================
"""

import numpy as np

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column

LEVELS = {"route": 5, "region": 7, "line": 11, "client_size": 5, "past_revenue": 5, "competitor": 3}
WIN_RATE = 0.22
ALONE, TOGETHER = 0.5, 0.35  # standard deviations of the effects, in log odds


def make(count, seed):
    """(columns, labels, log odds) of `count` opportunities."""
    random = np.random.default_rng(seed)
    levels = {name: _levels(random, size, count) for name, size in LEVELS.items()}
    amount = random.lognormal(10, 1.3, count)
    days = random.gamma(2.0, 45, count)
    size = (np.log(amount) - 10) / 1.3
    late = (days - 90) / 64
    odds = sum(random.normal(0, ALONE, LEVELS[name])[codes] for name, codes in levels.items())
    odds = odds + random.normal(0, ALONE) * size - 0.3 * np.abs(size) + random.normal(0, ALONE) * np.tanh(late)
    for one, two in (("route", "past_revenue"), ("competitor", "line"), ("region", "line")):
        odds = odds + random.normal(0, TOGETHER, (LEVELS[one], LEVELS[two]))[levels[one], levels[two]]
    for name in ("client_size", "route"):
        odds = odds + random.normal(0, TOGETHER, LEVELS[name])[levels[name]] * size
    odds = odds + random.normal(0, TOGETHER) * size * np.tanh(late)
    odds = odds + _level_of(odds)
    columns = {
        name: make_column(name, CATEGORY, [f"{name} {code + 1}" for code in codes]) for name, codes in levels.items()
    }
    columns["amount"] = make_column("amount", NUMBER, np.round(amount, -2))
    columns["days"] = make_column("days", NUMBER, np.where(random.random(count) < 0.1, np.nan, np.round(days)))
    return columns, random.random(count) < 1 / (1 + np.exp(-odds)), odds


def _levels(random, size, count):
    shares = 1.0 / np.arange(1, size + 1)
    return random.choice(size, count, p=shares / shares.sum())


def _level_of(odds):
    """What has to be added to the log odds for the wished share of wins."""
    low, high = -20.0, 20.0
    for _step in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.mean(1 / (1 + np.exp(-odds - middle))) < WIN_RATE else (low, middle)
    return low
