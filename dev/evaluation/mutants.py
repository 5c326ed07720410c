"""A random sample of mutants of ml/, remote/ and the services, each against the tests of its module: who notices?

A mutant is noticed where a test of the module fails, or takes far longer than it may. Those that survive are listed:
each is a missing test, or a change that changes nothing (lib/mutation.py says what is left out for that reason).
"""

import os
import queue
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from lib import mutation
from lib.figures import Figure
from lib.mutant_tests import OdooTests, PlainTests
from lib.places import REPO

PLAIN = True
WHOLE_AT_NIGHT = True
SMALL = 6
USUAL = 200
SMALL_SEED = 1
FOLDERS = ("ml", "remote")
NOTICED_LEAST = 0.9


def run(env, options, say):
    """``--data FILE|FOLDER`` samples from there only; ``--limit`` is the size of the sample."""
    files = _files(options.data)
    seed = SMALL_SEED if options.small else options.seed or int(time.time()) // 86400  # another sample every day
    mutants = mutation.sample(files, options.limit or USUAL, seed)
    survived, hung, refused = survivors(mutants, max(os.cpu_count() or 1, 1), say)
    share = 1 - len(survived) / len(mutants) if mutants else 1.0
    yield Figure("mutants.all", sum(len(mutation.mutants_of(file)) for file in files))
    yield Figure("mutants.seed", seed)
    yield Figure("mutants.sampled", len(mutants))
    for name, tested in (("plain", PlainTests), ("services", OdooTests)):
        of_kind = [mutant for mutant in mutants if _tests_for(mutant.file) is tested]
        missed = [mutant for mutant in survived if _tests_for(mutant.file) is tested]
        yield Figure(f"mutants.{name}.noticed", f"{len(of_kind) - len(missed)} of {len(of_kind)}")
    yield Figure("mutants.noticed", len(mutants) - len(survived))
    yield Figure("mutants.noticed_as_hanging", hung)
    yield Figure("mutants.noticed_by_types_only", refused)
    yield Figure("mutants.noticed_share", round(share, 3), "", f"≥ {NOTICED_LEAST}", share >= NOTICED_LEAST)
    yield Figure("mutants.survived", [str(mutant) for mutant in survived])


def survivors(mutants, workers, say):
    """Return the mutants that nothing notices, and how many of the others took too long, or only have a wrong type."""
    with ExitStack() as stack:
        places, every = {}, []
        for kind in dict.fromkeys(_tests_for(mutant.file) for mutant in mutants):
            places[kind] = queue.SimpleQueue()
            for _number in range(workers):
                every.append(stack.enter_context(kind()))
                places[kind].put(every[-1])

        def is_noticed(mutant):
            free = places[_tests_for(mutant.file)]
            place = free.get()
            try:
                noticed = place.notice(mutant)
            finally:
                free.put(place)
            say(f"noticed: {mutant}, by {noticed}" if noticed else f"survived: {mutant}")
            return bool(noticed)

        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(is_noticed, mutants))
        hung, refused = sum(place.hung for place in every), sum(place.refused for place in every)
    return [mutant for mutant, noticed in zip(mutants, found, strict=True) if not noticed], hung, refused


def _tests_for(file):
    return PlainTests if file.relative_to(REPO).parts[0] in FOLDERS else OdooTests


def _files(chosen):
    plain = [file for folder in FOLDERS for file in sorted((REPO / folder).rglob("*.py"))]
    files = plain + mutation.services(REPO / "models")
    return [file for file in files if chosen is None or file.is_relative_to(chosen)]
