"""Monitoring: the bank's calls of 2008-2010 week by week through Odoo's crons, and years in which nothing moves."""

from . import _bank_weeks, _quiet_stream
from ._judge import Figures, Stopwatch


def run(env, options, say):
    watch, figures = Stopwatch(), Figures()
    _bank_weeks.evaluate(env, options, figures, watch, say)
    _quiet_stream.evaluate(options, figures, watch, say)
    for what, seconds in watch.items():
        figures.note(f"seconds.{what}", seconds, "s")
    return figures
