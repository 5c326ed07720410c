"""Faults of processes and of the database server: kills, restarts, no connections, a full disk, a time limit."""

import contextlib
import os
import signal
import time

import psycopg2
from drills._operation_fault import ALERT, ITSELF, LOG, PERSON, ROUTE, Expectation, Fault, fault
from drills._operation_world import NotCarriedOut

from odoo.exceptions import UserError

from lib import own_postgres

DOWN_S = 3
SLOW_TRIGGER = """
CREATE OR REPLACE FUNCTION drill_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF {condition} THEN {act}; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER drill_trigger BEFORE INSERT ON ai_deployment_inference FOR EACH ROW EXECUTE FUNCTION drill_trigger();
"""
NO_TRIGGER = "DROP TRIGGER IF EXISTS drill_trigger ON ai_deployment_inference"


@fault
class CronWorkerKilled(Fault):
    """`kill -9` of the process that works on a piece of a batch."""

    name = "cron_worker_killed_in_batch"
    is_quick = True
    kills = 3

    def inject(self, world):
        batch = world.ask()
        world.wait_for_middle(batch)
        killed = 0
        while killed < self.kills and world.pieces(batch)[0]:
            worker = world.busy_worker("WorkerCron")
            if worker:
                os.kill(worker, signal.SIGKILL)
                killed += 1
                time.sleep(0.5)
        if not killed:
            raise NotCarriedOut("no worker was caught at its work")
        self.figures["killed"] = (killed, "workers", None, None)


@fault
class HttpWorkerKilled(Fault):
    """`kill -9` of the process that scores what a person asked for; whoever asked sees it, and nobody else."""

    name = "http_worker_killed_in_scoring"
    is_quick = True
    expectation = Expectation(told=(PERSON,), errors=1)

    def inject(self, world):
        ids = world.lead_ids[:200]
        action = world.deployment().action_server_id.id
        once = f"NEW.res_id BETWEEN {ids[0]} AND {ids[-1]} AND nextval('drill_once') = 1"
        world.do("CREATE SEQUENCE drill_once;" + SLOW_TRIGGER.format(condition=once, act="PERFORM pg_sleep(10)"))
        context = {"active_model": "crm.lead", "active_ids": ids, "active_id": ids[0]}
        world.do("UPDATE crm_lead SET expected_revenue = expected_revenue * 3, priority = '3' WHERE id = ANY(%s)", ids)
        answer = world.in_background("maya", "ir.actions.server", "run", [action], context=context)
        os.kill(world.catch_worker(asleep=True), signal.SIGKILL)
        answer.wait_for_error(world)
        world.wait(lambda: not world.asleep(), 30)  # the database notices only then that nobody is there any more
        half = world.value(
            "SELECT COUNT(*) FROM ai_deployment_inference WHERE id > %s AND res_id = ANY(%s)",
            world.before.line,
            ids,
        )
        self.figures["half_written"] = (half, "lines", "0", half == 0)

    def heal(self, world):
        world.do(NO_TRIGGER + "; DROP SEQUENCE IF EXISTS drill_once")


@fault
class PieceKillsItsWorker(Fault):
    """Whoever works on one piece of a batch is killed: the rest goes on, the piece is set aside and told of."""

    name = "piece_kills_its_worker"
    expectation = Expectation(told=(f"{ALERT}aside",), within=240)

    def inject(self, world):
        victim = world.lead_ids[len(world.lead_ids) // 2]
        world.do(SLOW_TRIGGER.format(condition=f"NEW.res_id = {victim}", act="PERFORM pg_sleep(5)"))
        self.batch = world.ask()

        def kill():
            for worker in world.asleep():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
                    self.killed = getattr(self, "killed", 0) + 1
                    time.sleep(1)
            world.wake_workers()
            return world.observer.first(f"{ALERT}aside")

        world.wait(kill, self.expectation.within, every=0.5)
        self.figures["killed"] = (getattr(self, "killed", 0), "workers", "2", getattr(self, "killed", 0) == 2)

    def heal(self, world):
        """The owner resumes the batch, once its other pieces are done and it has paused."""
        world.do(NO_TRIGGER)

        def resume(env):
            batch = env["ai.deployment.batch"].browse(self.batch)
            env["ai.deployment.batch"]._finish()
            if batch.state == "running":
                raise UserError("Other pieces are still being worked on.")
            batch._resume()

        world.insist(resume)


class Restart(Fault):
    """The database server goes down in the middle of something, and comes back."""

    mode = "fast"
    expectation = Expectation(told=(ROUTE, ITSELF))

    def inject(self, world):
        self.begin(world)
        world.is_away()
        world.server.stop(self.mode)
        time.sleep(DOWN_S)
        world.server.start()
        world.wait_for_server()

    def begin(self, world):
        world.wait_for_middle(world.ask())

    def heal(self, world):
        with contextlib.suppress(Exception):
            world.look()
            return
        world.server.start()
        world.wait_for_server()


@fault
class RestartInBatch(Restart):
    name = "postgres_restart_in_batch"
    is_quick = True


@fault
class CrashInBatch(Restart):
    name = "postgres_crash_in_batch"
    mode = "immediate"


@fault
class RestartInTraining(Restart):
    """The training leaves no half of a version behind, goes on by itself, and ends with one version."""

    name = "postgres_restart_in_training"
    expectation = Expectation(told=(PERSON,))

    def begin(self, world):
        self.versions, self.champion = self._versions(world)
        world.as_("maya").call("ai.deployment", "action_train", [world.leads_id])
        world.wait(lambda: self._state(world) == "running", seconds=120)

    def inject(self, world):
        super().inject(world)
        versions, champion = self._versions(world)
        half = (versions != self.versions or champion != self.champion) and self._state(world) != "done"
        self.figures["half_versions"] = (int(half), "versions", "0", not half)
        if world.wait(lambda: self._state(world) in ("done", "failed"), seconds=60):
            world.told("maya", "the page of the training, and a message on screen")

    def heal(self, world):
        super().heal(world)
        world.wake("ir_cron_train_1", "ir_cron_train_2")
        world.wait(lambda: self._state(world) in ("done", "failed"), seconds=600)
        is_done = self._state(world) == "done"
        self.figures["trains_afterwards"] = (int(is_done), "", "1", is_done)

    def _state(self, world):
        return world.value(
            "SELECT state FROM ai_deployment_training WHERE deployment_id = %s ORDER BY id DESC LIMIT 1", world.leads_id
        )

    def _versions(self, world):
        return world.rows(
            "SELECT (SELECT COUNT(*) FROM ai_deployment_version WHERE deployment_id = %s),"
            " (SELECT champion_id FROM ai_deployment WHERE id = %s)",
            world.leads_id,
            world.leads_id,
        )[0]


@fault
class BackendsTerminated(Fault):
    """All connections of the server are cut three times in a batch; the database itself stays up."""

    name = "connections_cut_in_batch"

    def inject(self, world):
        world.wait_for_middle(world.ask())
        for _time in range(3):
            world.is_away()
            world.cut_connections()
            time.sleep(0.5)
            world.wait_for_server()


@fault
class OutOfConnections(Fault):
    """Others take every connection that the database server has, for ten seconds, in the middle of a batch."""

    name = "out_of_connections_in_batch"
    expectation = Expectation(told=(ROUTE, ITSELF))
    seconds = 10

    def inject(self, world):
        self.taken = []
        world.wait_for_middle(world.ask())
        world.is_away()
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            try:
                while True:
                    self.taken.append(psycopg2.connect(dbname="postgres", application_name="greedy"))
            except psycopg2.OperationalError:
                with self.taken[0].cursor() as cursor:  # what the server holds is taken as well
                    cursor.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'drill-%'"
                    )
                self.taken[0].rollback()
            time.sleep(0.3)
        self.heal(world)
        world.wait_for_server()

    def heal(self, world):
        while self.taken:
            self.taken.pop().close()


@fault
class LogDiskFull(Fault):
    """No room for the log of scores: one alert, people save what they save, and scoring goes on by itself."""

    name = "disk_full_log"
    is_quick = True
    # What cannot be logged cannot be held either: that bills pass the gate meanwhile is true.
    expectation = Expectation(told=(f"{ALERT}server:disk_full",), within=120, also=("gate:open",))

    def inject(self, world):
        self.ballast = world.log_disk()
        if self.ballast:
            fill(self.ballast)
        else:  # no right to mount anything: the database is made to say what it says on a full disk
            world.do(SLOW_TRIGGER.format(condition="TRUE", act="RAISE EXCEPTION 'full' USING ERRCODE = '53100'"))
        self.figures["on_a_real_disk"] = (int(bool(self.ballast)), "", None, None)
        world.ask()

    def heal(self, world):
        if self.ballast:
            self.ballast.unlink(missing_ok=True)
            world.log_disk(back=True)
        world.do(NO_TRIGGER)


@fault
class FilestoreDiskFull(Fault):
    """No room for attachments: nothing of the scoring needs them."""

    name = "disk_full_filestore"
    expectation = Expectation(told=(f"{LOG}No space left on device", f"{LOG}_file_write", ITSELF))

    def inject(self, world):
        folder = world.server.files / "filestore" / own_postgres.DATABASE
        if not world.server.small_disk(folder, 64 + sum(f.stat().st_size for f in folder.rglob("*")) // 2**20):
            raise NotCarriedOut("this machine lets us mount no disk")
        self.ballast = folder / "ballast"
        fill(self.ballast)
        # Without a new outcome a training ends with that answer, which is no fault of the disk.
        world.as_("maya").call("crm.lead", "action_set_won", [world.lead_ids[-1:]])
        world.ask()
        trained = world.as_("maya").call("ai.deployment", "action_train", [world.leads_id])
        self.figures["trains_meanwhile"] = (int(trained.ok), "", "1", trained.ok)
        # A document that a person attaches: Odoo's own, and told in the log only.
        world.as_("maya").call(
            "ir.attachment",
            "create",
            [{"name": "offer.txt", "raw": os.urandom(200_000).hex(), "res_model": "crm.lead"}],
        )

    def heal(self, world):
        self.ballast.unlink(missing_ok=True)


@fault
class StatementTimeout(Fault):
    """The database ends what scores a batch at its time limit: the records wait, and one alert tells."""

    name = "statement_timeout_in_batch"
    is_quick = True
    expectation = Expectation(told=(f"{ALERT}slow",), within=120)

    def prepare(self, world):
        self._limit(world, "8000")

    def inject(self, world):
        first, last = world.lead_ids[0], world.lead_ids[len(world.lead_ids) // 8]
        world.do(
            SLOW_TRIGGER.format(
                condition=f"NEW.route <> 'retry' AND NEW.res_id BETWEEN {first} AND {last}", act="PERFORM pg_sleep(20)"
            )
        )
        world.ask()

    def heal(self, world):
        world.do(NO_TRIGGER)

    def clear(self, world):
        self._limit(world, "0")

    def _limit(self, world, limit):
        world.do(f"ALTER DATABASE {own_postgres.DATABASE} SET statement_timeout = {limit}")
        world.is_away()
        world.cut_connections()  # a limit counts for new connections
        world.wait_for_server()


def fill(file):
    """Write to `file` until its disk is full."""
    with file.open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        for size in (2**20, 2**12, 1):
            with contextlib.suppress(OSError):
                while True:
                    ballast.write(b"\0" * size)
