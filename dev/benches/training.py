"""Training a scorecard as the product does: tested on the latest rows, made again from all of them, and made without
each of its largest parts.

40,000 rows of seven numbers and seven categories, some of them with many levels; one thread, in a process of its own,
with the libraries still to be loaded. The memory is what that process needs above what it held with the table made.

``--beside`` measures instead what people wait for meanwhile: reads of a lead's form (`_training_beside`).
"""

import json
import os
import resource
import sys
import time

import numpy as np

from lib.figures import Figure
from lib.talk import Failure

PLAIN = True
SMALL = 800
ROWS = 40_000
SECONDS, MEGABYTES = 10, 400


def run(env, options, say):
    if options.beside:
        from . import _training_beside

        return _training_beside.run(env, options, say)
    rows = options.limit or ROWS
    say(f"Training on {rows:,} rows of 14 inputs, twice ...")
    found = _in_a_child(lambda: _train(rows))
    whole = rows == ROWS
    return [
        Figure("rows", rows, "rows"),
        Figure(
            "seconds",
            round(found["seconds"], 2),
            "s",
            f"≤ {SECONDS}" if whole else None,
            found["seconds"] <= SECONDS if whole else None,
        ),
        Figure("processor_seconds", round(found["processor_seconds"], 2), "s"),
        Figure("first_training", round(found["first"], 2), "s"),
        Figure("without_each_part", round(found["without_parts"], 2), "s"),
        Figure("processor_without_each_part", round(found["processor_without_parts"], 2), "s"),
        Figure("parts_left_out", found["parts"]),
        Figure(
            "memory_above_the_process",
            round(found["megabytes"]),
            "MB",
            f"≤ {MEGABYTES}" if whole else None,
            found["megabytes"] <= MEGABYTES if whole else None,
        ),
        Figure("auc", round(found["auc"], 4)),
        Figure("auc_of_the_truth", round(found["truth"], 4)),
        Figure("pairs", found["pairs"]),
    ]


def _train(rows):
    from odoo.addons.ai_deployment.ml.performance import auc
    from odoo.addons.ai_deployment.ml.segment_test import judge_left_out
    from odoo.addons.ai_deployment.ml.threads import one_thread
    from odoo.addons.ai_deployment.ml.training import learn_briefly, train_scorecard

    columns, labels, odds = _table(rows)
    moments = np.linspace(0, 700, rows)
    before = _peak()
    started, processor = time.perf_counter(), time.process_time()
    with one_thread():
        tested = train_scorecard(columns, labels, moments)
        first = time.perf_counter() - started
        shares = (0.85, 0.15, 0.0)
        train_scorecard(columns, labels, moments, shares=shares, recipe=tested.recipe)
        again, before_parts = time.perf_counter() - started, time.process_time()
        parts = columns["category_1"].values.tolist()
        left_out = judge_left_out(
            lambda *rows: learn_briefly(*rows, tested.recipe),
            columns,
            labels,
            moments,
            parts,
        )
    later = slice(-tested.metrics["test_rows"], None)
    return {
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - processor,
        "first": first,
        "without_parts": time.perf_counter() - started - again,
        "processor_without_parts": time.process_time() - before_parts,
        "parts": len(left_out),
        "megabytes": _peak() - before,
        "auc": tested.metrics["auc"],
        "truth": auc(labels[later], odds[later]),
        "pairs": tested.metrics["pairs"],
    }


def _table(rows):
    """(columns, labels, log odds): bent and straight effects, levels by the hundred, and one pair."""
    from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column

    random = np.random.default_rng(0)
    columns, odds = {}, np.full(rows, -1.8)
    for place in range(7):
        values = random.lognormal(3, 1, rows) if place % 2 else random.normal(size=rows)
        size = np.log(values) - 3 if place % 2 else values
        odds += (0.4 * np.tanh(size), 0.3 * size, -0.2 * size**2, 0.0)[place % 4]
        if place == 0:
            crossed = np.sign(size)
        elif place == 4:
            odds += 0.4 * crossed * size
        columns[f"number_{place}"] = make_column(
            f"number_{place}", NUMBER, np.where(random.random(rows) < 0.1, np.nan, values)
        )
    for place, levels in enumerate((3, 8, 20, 60, 200, 1_000, 5_000)):
        shares = 1.0 / np.arange(1, levels + 1)
        codes = random.choice(levels, rows, p=shares / shares.sum())
        odds += random.normal(0, 0.4, levels)[codes]
        columns[f"category_{place}"] = make_column(f"category_{place}", CATEGORY, [f"level {code}" for code in codes])
    return columns, random.random(rows) < 1 / (1 + np.exp(-odds)), odds


def _peak():
    """Megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_a_child(work):
    """What `work` returns, done in a process of its own."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reader)
            with os.fdopen(writer, "w") as pipe:
                json.dump(work(), pipe)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    if os.waitpid(child, 0)[1]:
        raise Failure("The process that trained ended before its time.")
    return json.loads(text)
