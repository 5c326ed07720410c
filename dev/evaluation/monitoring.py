"""Monitoring: the bank's calls of 2008-2010 week by week through Odoo's crons, years in which nothing moves, and
performance estimated before the outcomes are known.
"""

from . import _bank_weeks, _estimated, _quiet_stream
from ._judge import Figures, Stopwatch

DATA = "bank-additional-full.csv.gz"
SMALL = 10_000


def run(env, options, say):
    watch, figures = Stopwatch(), Figures()
    _bank_weeks.evaluate(env, options, figures, watch, say)
    _quiet_stream.evaluate(options, figures, watch, say)
    _estimated.evaluate(options, figures, watch, say)
    for what, seconds in watch.items():
        figures.note(f"seconds.{what}", seconds, "s")
    return figures
