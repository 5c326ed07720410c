"""Kill trainings at every step, the worker or its child process, then prove that none is lost, doubled or half done.

Each round asks for a training, lets a worker process come to one step, and ends it, or its child, with SIGKILL. Another
worker then goes on. At the end there must be one version per training and no other, and no child may have
outlived its worker. After that, two workers train several deployments at once: each training by one worker only.
"""

import random
import time

import psutil
import psycopg2

from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.training.progress import CALIBRATE, FIT, STEPS, TEST

from lib import training_workers as workers
from lib.figures import Figure
from lib.sample_leads import INPUTS, make_leads

SMALL = 2
SMALL_DEPLOYMENTS = 2
ROUNDS = 20
DEPLOYMENTS = 5
CLOSED_LEADS = 1_500
WITH_CHILD = (FIT, CALIBRATE, TEST)
REACH_S, FINISH_S, CHILD_S = 120, 300, 15


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    rounds = options.limit or ROUNDS
    make_leads(env, 10, CLOSED_LEADS)
    count = SMALL_DEPLOYMENTS if options.small else DEPLOYMENTS
    deployments = [workers.make_deployment(env, number, INPUTS[:5]) for number in range(count)]
    workers.prepare(env)
    drill = Drill(env, deployments[0], say)
    with workers.Worker(env, "finisher") as finisher:
        for number, (step, victim) in enumerate(_targets(rounds)):
            drill.round(number, step, victim, finisher)
        drill.close()
        twice = _opened_twice(env, deployments[0])
        say(f"{len(deployments)} deployments, two workers ...")
        with workers.Worker(env, "second"):
            shared = drill.shared(deployments, ("finisher", "second"))
    half = env["ai.deployment.version"].search_count([("deployment_id", "in", [one.id for one in deployments])])
    half -= env["ai.deployment.training"].search_count([("state", "=", "done")])
    return [
        Figure("rounds", rounds),
        Figure("killed_in_the_middle", drill.within, "rounds", str(rounds), drill.within == rounds),
        Figure("children_killed", drill.children, "rounds"),
        Figure("steps_at_which_it_was_killed", ", ".join(step for step in STEPS if step in drill.steps)),
        Figure("versions_of_a_killed_training", drill.early, "", "0", drill.early == 0),
        Figure("trainings_that_did_not_go_on", drill.unfinished, "", "0", drill.unfinished == 0),
        Figure("steps_done_again_although_answered", drill.again, "", "0", drill.again == 0),
        Figure("children_that_outlived_their_worker", drill.orphans, "", "0", drill.orphans == 0),
        Figure("versions_beyond_trainings", half, "", "0", half == 0),
        Figure("opened_twice", twice, "", "0", twice == 0),
        *shared,
    ]


def _targets(rounds):
    """(step, who is killed) of each round: a worker at every step, a child where there is one, then by chance."""
    every = [(step, "worker") for step in STEPS] + [(step, "child") for step in WITH_CHILD]
    rng = random.Random(20)
    targets = [(FIT, "child"), (CALIBRATE, "worker")]
    targets += rng.sample([one for one in every if one not in targets], len(every) - len(targets))
    return (targets + rng.choices(every, k=max(rounds - len(targets), 0)))[:rounds]


class Drill:
    """Rounds on one deployment; what was found so far is in the attributes."""

    def __init__(self, env, deployment, say):
        self.env, self.deployment, self.say, self.rng = env, deployment, say, random.Random(7)
        self.within = self.children = self.early = self.unfinished = self.orphans = self.again = 0
        self.steps = set()
        self._victim = None

    def round(self, number, step, victim, finisher):
        env = self.env
        if not self._victim or not self._victim.is_alive():
            self._victim = workers.Worker(env, f"victim {number}").start()
        before = len(self.deployment.version_ids)
        self.deployment.positive_weight = 1 + (number + 1) / 1000  # other parameters: not the same training again
        training = env["ai.deployment.training"]._ask(self.deployment)
        workers.let(env, self._victim.name, pause_at=step)
        reached = workers.wait(env, lambda: training.step == step, REACH_S)
        time.sleep(self.rng.uniform(0, 0.3))
        killed = self._kill(victim) if reached else False
        self.within += killed
        self.steps.add(step)
        env.invalidate_all()
        self.early += len(self.deployment.version_ids) > before and training.state != "done"
        answered = workers.answered(env, training)
        workers.let(env, finisher.name)
        done = workers.wait(env, lambda: training.state == "done", FINISH_S)
        workers.let_nobody(env, finisher.name)
        self.unfinished += not (done and training.version_id and set(training.step_ids.mapped("state")) == {"done"})
        self.again += len(answered & workers.asked_since(env, training, finisher.name))
        self.early += len(self.deployment.version_ids) != before + 1
        self.say(
            f"  round {number + 1}: {victim} killed at {step}, {training.state} after {training.interruptions} more"
        )

    def _kill(self, victim):
        """Return whether it was killed while it was at work."""
        process = psutil.Process(self._victim.pid)
        children = process.children()
        if victim == "child":
            if not workers.wait(self.env, lambda: bool(process.children()), REACH_S):
                return False
            child = process.children()[0]
            child.kill()
            self.children += 1
            return True
        self._victim.kill()
        gone, alive = psutil.wait_procs(children, timeout=CHILD_S)
        self.orphans += sum(child.status() != psutil.STATUS_ZOMBIE for child in alive)
        return True

    def close(self):
        """End the last victim."""
        if self._victim:
            self._victim.kill()

    def shared(self, deployments, names):
        """Figures of trainings of all deployments by two workers at once."""
        env = self.env
        workers.forget(env)
        trainings = env["ai.deployment.training"]
        for deployment in deployments:
            deployment.positive_weight = 1.5
            trainings |= trainings._ask(deployment)
        workers.let(env, *names)
        done = workers.wait(env, lambda: set(trainings.mapped("state")) == {"done"}, FINISH_S)
        by_training = workers.who_worked(env)
        doubled = sum(len(found) > 1 for found in by_training.values())
        by_name = {name: sum(name in found for found in by_training.values()) for name in names}
        return [
            Figure("deployments", len(deployments)),
            Figure("all_trained", int(done), "", "1", done),
            Figure("trained_by_two_workers", doubled, "trainings", "0", doubled == 0),
            *(
                Figure(f"trained_by_worker_{place}", count, "trainings", "> 0", count > 0)
                for place, count in enumerate(by_name.values(), start=1)
            ),
        ]


def _opened_twice(env, deployment):
    """Count second trainings of one deployment that could be opened beside an open one."""
    trainings = env["ai.deployment.training"]
    workers.let(env)
    deployment.positive_weight = 1.4
    first = trainings._ask(deployment)
    env.cr.commit()
    found = int(trainings._ask(deployment) != first)
    try:
        with mute_logger("odoo.sql_db"), env.cr.savepoint():
            values = {"deployment_id": deployment.id, "user_id": env.uid, "requested_date": first.requested_date}
            trainings.sudo().create(values)
            env.flush_all()
        found += 1
    except psycopg2.errors.UniqueViolation:
        env.invalidate_all()
    first.action_cancel()
    env.cr.commit()
    return found
