"""Let the faults of operation happen to a served instance, one by one, and count what each costs and who is told.

An Odoo with two HTTP workers and two cron threads, sellers and an accountant who go on working, and a PostgreSQL server
of its own. AI_DEPLOYMENT_FAULTS=NAME,NAME lets these alone happen; AI_DEPLOYMENT_FAULT_LOGS=FOLDER keeps the server log
of each.
"""

import os
import time
import traceback
from pathlib import Path

from drills import _operation_people, _operation_server, _operation_time
from drills._operation_fault import ALERT, FAULTS, HEALTH, ITSELF, LOG, PERSON
from drills._operation_world import NotCarriedOut, World

from odoo.addons.ai_deployment.models.scoring import ai_deployment_batch

from lib import own_postgres, wire
from lib.figures import Figure

ORDER = (_operation_server, _operation_people, _operation_time)  # in which the faults of these files happen
SMALL = 100  # faults: all that are quick
OWN_SERVER = True
LEADS, PIECE = 6_000, 200
SMALL_LEADS, SMALL_PIECE = 2_400, 100
FINISH_S = 300
MOST_LOG_BYTES = 20_000
# Causes of alerts that are right with and without a fault.
TRUE_OF_THE_COMPANY = (
    "health:level",
    "health:no_fallback",
    "health:no_floor",
    "drift:",
    "quality:",
)


def run(env, options, say):
    chosen = [name for name in os.environ.get("AI_DEPLOYMENT_FAULTS", "").split(",") if name]
    server = own_postgres.attached()
    ai_deployment_batch.CHUNK = SMALL_PIECE if options.small else PIECE
    known = [kind for module in ORDER for kind in FAULTS if kind.__module__ == module.__name__]
    kinds = [kind for kind in known if (kind.name in chosen if chosen else kind.is_quick or not options.small)]
    env.cr.rollback()
    figures, totals = [], dict.fromkeys(("lost", "double", "false_blame", "not_told", "loud", "errors"), 0)
    not_done = []
    with wire.Chat() as chat, wire.Chat() as hanging, wire.Post() as post:
        say("Making a small company with two deployments at work ...")
        world = World(server, say, SMALL_LEADS if options.small else LEADS, (chat, hanging, post))
        world.serve()
        world.office.open()
        world.observer.open()
        for kind in kinds[: options.limit]:
            found = _happens(world, kind(), say, options.small)
            figures += found
            if not found:
                not_done.append(kind.name)
        world.end()
    for figure in figures:
        for name in totals:
            if figure.name.endswith(f".{name}"):
                totals[name] += figure.value
    return [
        *figures,
        Figure("faults", len(kinds[: options.limit]), "faults"),
        Figure("not_carried_out", len(not_done), "faults", "0", not not_done),
        *(Figure(f"all.{name}", value, "", "0", value == 0) for name, value in totals.items()),
    ]


def _happens(world, fault, say, is_small):
    """The figures of one fault; none where it could not be made."""
    say(f"{fault.name} ...")
    if fault.needs_clock and not world.server.has_clock():
        say("  could not be carried out: setting the clock needs a C compiler (cc)")
        return []
    try:
        fault.prepare(world)
        world.begin()
        began = time.monotonic()
        carried_out = _inject(world, fault, say)
        told = _wait_until_told(world, fault) if carried_out else None
        fault.heal(world)
        healed = time.monotonic()
        finished = world.finish(FINISH_S)
        recovered = round(time.monotonic() - healed, 1)
        told = told or (_told(world, fault) if carried_out else None)
        outcome = world.outcome()
        if folder := os.environ.get("AI_DEPLOYMENT_FAULT_LOGS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            Path(folder, f"{fault.name}.log").write_text(outcome.log_text)
        seen, openings = dict(world.observer.seen), dict(world.observer.openings)
        fault.clear(world)
        world.settle_down()
    except Exception as error:  # noqa: BLE001 - one fault that cannot be made must not hide the others
        say(f"  could not be carried out: {type(error).__name__}: {error}\n{traceback.format_exc()}")
        return []
    if not carried_out:
        return []
    say(f"  {round(healed - began)} s, seen: " + "; ".join(f"{name} {at[0]:.0f} s" for name, at in seen.items()))
    for text, times in outcome.errors.items():
        say(f"  people saw {times} times: {text}")
    figures = _figures(fault, outcome, told, openings, finished, recovered)
    for figure in figures:
        if is_small and figure.unit == "s":
            figure.met = None  # how long it takes says little of the addon where the machine has other work
        if figure.met is False:
            say(f"  missed: {figure.name}: {figure.value} {figure.unit}, target {figure.target}")
    return figures


def _inject(world, fault, say):
    """Whether the fault could be made; it is mended in any case."""
    try:
        fault.inject(world)
    except NotCarriedOut as error:
        say(f"  could not be carried out: {error}")
        return False
    return True


def _wait_until_told(world, fault):
    found = []

    def look():
        found[:] = filter(None, [_told(world, fault)])
        return found

    left = fault.expectation.within - (time.monotonic() - world.observer.started)
    world.wait(look, max(left, 10), every=0.5)
    return found[0] if found else None


def _told(world, fault):
    """(seconds, by what and to whom) of the first thing that told; None where nothing did so far."""
    expected, found = fault.expectation.told, []
    if seen := world.observer.first(*expected):
        found.append((seen[0], f"{seen[2]}: {seen[1]}"))
    if PERSON in expected:
        found += world.told_elsewhere
    if ITSELF in expected and world.batches_are_done():
        found.append((time.monotonic() - world.observer.started, "made good by itself: the batch says that it is done"))
    for words in (each.removeprefix(LOG) for each in expected if each.startswith(LOG)):
        if words in world.log_text():
            found.append((time.monotonic() - world.observer.started, f"the server log: {words}"))
    return min(found) if found else None


def _figures(fault, outcome, told, openings, finished, recovered):
    expected = fault.expectation
    own = tuple(each.removeprefix(ALERT) for each in expected.told if each.startswith((ALERT, HEALTH)))
    causes = {cause for _alert, cause in openings}
    strange = {cause for cause in causes if not cause.startswith((*own, *expected.also, *TRUE_OF_THE_COMPANY))}
    repeated = {cause: times - 1 for (_alert, cause), times in openings.items() if times > 1}
    again = sum(repeated.values())
    is_aside_meant = any("aside" in each for each in expected.told)
    blame = outcome.blamed + (0 if is_aside_meant else outcome.aside) + len(strange)
    errors = sum(outcome.errors.values())
    seconds = round(told[0], 1) if told else None
    rows = [
        Figure("lost", outcome.lost, "records", "0", outcome.lost == 0),
        Figure("double", outcome.double, "records", "0", outcome.double == 0),
        Figure("false_blame", blame, ", ".join(sorted(strange)), "0", blame == 0),
        Figure("told_by", told[1] if told else "nobody", "", " or ".join(expected.told), bool(told)),
        Figure("told_after", seconds, "s", f"≤ {expected.within}", bool(told) and seconds <= expected.within),
        Figure("told_again", again, ", ".join(sorted(repeated)) or "times", "0", again == 0),
        Figure(
            "log_bytes", outcome.log_of_ours, "bytes", f"≤ {MOST_LOG_BYTES:,}", outcome.log_of_ours <= MOST_LOG_BYTES
        ),
        Figure("log_bytes_of_odoo", outcome.log_of_odoo, "bytes"),
        Figure("inputs_in_log", outcome.inputs_in_log, "", "0", outcome.inputs_in_log == 0),
        Figure("postgres_log_bytes", outcome.postgres_bytes, "bytes"),
        Figure(
            "errors_people_see",
            errors,
            f"of {outcome.actions} actions",
            f"≤ {expected.errors}",
            errors <= expected.errors,
        ),
        Figure("errors_while_away", sum(outcome.errors_away.values()), ""),
        Figure("finished", int(finished), "", "1", finished),
        Figure("finished_after", recovered, "s"),
        *(Figure(name, *values) for name, values in fault.figures.items()),
    ]
    totals = (
        Figure("not_told", int(not told), "", "0", bool(told)),
        Figure("loud", int(outcome.log_of_ours > MOST_LOG_BYTES), ""),
        Figure("errors", max(errors - expected.errors, 0), ""),
    )
    for row in (*rows, *totals):
        row.name = f"{fault.name}.{row.name}"
    return [*rows, *totals]
