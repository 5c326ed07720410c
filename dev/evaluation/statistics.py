"""Statistics: what monitors, intervals and promises keep on firms that nothing was tuned on, beside two other projects.

One run of independent generators: ordinary weeks that differ, seasons, ramp-up, churn, bursts, ties, copies and growing
vendors, with 60 to 3,000 records a week. Measured are alerts while nothing moves (at most .1 a model-year in every
setting), how soon what moves is seen, how often each interval that is shown holds the truth, and the same rows given to
Evidently and NannyML with their defaults. --limit takes that many rounds a setting. Two processes share the work.
"""

import importlib
import multiprocessing
import time

from . import _statistics_intervals, _statistics_peers, _statistics_rates
from ._judge import Figures

PLAIN = True
SMALL = 1
SEED = 1918
ROUNDS = 10  # model-years a setting
INTERVALS_A_ROUND, SMALL_INTERVALS = 60, 8
SMALL_WEEKS = 6
PEER_ROUNDS = 2
PARTS = 4  # of what is shared between processes
# figures(rounds, seed) of their own, and how many times the rounds: outcomes are cheaper to play than inputs
OTHERS = {"_statistics_drift": 1, "_statistics_performance": 6}


def run(env, options, say):
    rounds = options.limit or ROUNDS
    weeks = SMALL_WEEKS if options.small else _statistics_rates.YEAR
    tasks = [("rates", {"rounds": rounds, "weeks": weeks, "which": (part, PARTS)}) for part in range(PARTS)]
    trials = SMALL_INTERVALS if options.small else INTERVALS_A_ROUND * rounds
    tasks += [("intervals", {"rounds": trials, "which": (part, PARTS)}) for part in range(PARTS)]
    if not options.small:  # installing them takes minutes
        tasks.append(("peers", {"rounds": PEER_ROUNDS}))
    tasks += [(name, {"rounds": rounds if options.small else times * rounds}) for name, times in OTHERS.items()]
    started, figures = time.perf_counter(), Figures()
    # spawned processes would not know the addon
    with multiprocessing.get_context("fork").Pool(2, initializer=_one_thread) as pool:
        for name, found in pool.imap(_measured, tasks):
            say(f"{name}: {len(found)} figures ...")
            figures += found
    figures.note("seconds", time.perf_counter() - started, "s")
    return figures


def _one_thread():
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # as in the product


def _measured(task):
    name, arguments = task
    own = {"rates": _statistics_rates, "intervals": _statistics_intervals, "peers": _statistics_peers}
    module = own.get(name) or importlib.import_module(f"{__package__}.{name}")
    return name, module.figures(seed=SEED, **arguments)
