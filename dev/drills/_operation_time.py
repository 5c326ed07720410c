"""Faults of time and of versions: the clock, a standstill, an update in the middle, two codes, an old dump."""

import shutil
import time

from drills._operation_fault import HEALTH, ITSELF, LOG, ROUTE, Expectation, Fault, fault

from lib import lanes
from lib.places import ADDON, REPO, installed_files

DAY_S = 86_400
NEW_FIELD = "    drill_field = fields.Char()\n"


@fault
class ClockAheadAndBack(Fault):
    """The clock of the machine is three days ahead for a while; afterwards what was put off must not wait so long."""

    name = "clock_ahead_and_back"
    needs_clock = True
    expectation = Expectation(
        told=(f"{HEALTH}jobs", f"{HEALTH}clock"), within=120, also=("health:batch_late", "health:ledger_ahead")
    )
    days = 3

    def inject(self, world):
        batch = world.ask()
        world.is_away()  # Odoo's own watchdog ends all workers when the clock jumps
        world.move_clock(self.days * DAY_S)
        world.wait_for_server()
        world.ask()
        world.wake("ir_cron_health", "ir_cron_monitor", "ir_cron_retry", "ir_cron_assign_reviews")
        world.wait(lambda: not world.pieces(batch)[0], 30)
        time.sleep(5)
        world.is_away()
        world.move_clock(-self.days * DAY_S)
        world.wait_for_server()
        world.ask()

    def heal(self, world):
        """What the finding advises: let the scheduled actions run now."""
        world.do(
            "UPDATE ir_cron SET nextcall = now() at time zone 'utc', lastcall = NULL"
            " WHERE nextcall > now() at time zone 'utc' + interval '1 day 1 hour'"
            " OR lastcall > now() at time zone 'utc'"
        )


@fault
class Standstill(Fault):
    """The server is down for eight days in the middle of a batch."""

    name = "standstill_of_8_days"
    needs_clock = True
    expectation = Expectation(told=(ROUTE,), also=("drift", "quality", "health:idle", "health:report", "review"))
    days = 8

    def inject(self, world):
        world.wait_for_middle(world.ask())
        world.halt()
        world.observer.look_at_route()
        world.move_clock(self.days * DAY_S)
        world.serve()
        world.wake("ir_cron_health", "ir_cron_monitor", "ir_cron_alerts", "ir_cron_assign_reviews")


@fault
class UpdateInBatch(Fault):
    """`-u ai_deployment` on the running server in the middle of a batch."""

    name = "update_in_batch"
    expectation = Expectation(told=(ITSELF,), within=120)

    def inject(self, world):
        world.wait_for_middle(world.ask())
        world.upgrade()


@fault
class TwoCodes(Fault):
    """A second server with a newer code, whose new field the database does not have yet, works on the same batch."""

    name = "two_codes"
    expectation = Expectation(told=(f"{HEALTH}jobs_failing", f"{LOG}drill_field", ITSELF), within=120)

    def inject(self, world):
        addons = world.server.home / "newer"
        copy_of_code(addons / ADDON)
        configuration = world.configuration(addons)
        folder = world.server.home / "newer-files"
        folder.mkdir()
        shutil.copytree(world.server.files / "filestore", folder / "filestore")
        arguments = ("--workers=0", "--max-cron-threads=2", "--log-level=info")
        with lanes.node(
            world.look(), "newer", str(folder), *arguments, environment=world.environment(ODOO_RC=str(configuration))
        ) as newer:
            world.wait(lambda: world.answers(newer.port), 60)
            batch = world.ask()
            world.wait(lambda: not world.pieces(batch)[0], 90)
            time.sleep(3)
        world.also_log(folder / "newer.log")

    def heal(self, world):
        world.do("UPDATE ir_cron SET failure_count = 0, first_failure_date = NULL")


@fault
class OldDumpRestored(Fault):
    """A dump of two days ago takes the place of the database; what was sent since is not sent again in silence."""

    name = "old_dump_restored"
    needs_clock = True
    expectation = Expectation(told=(f"{HEALTH}restored", f"{HEALTH}jobs"), within=120, also=("drill:", "channel:"))

    def inject(self, world):
        dump = world.server.home / "old"
        with world.change() as env:
            env.ref("ai_deployment.ir_cron_send").active = False
            env["ai.deployment.channel"].create(
                {"deployment_id": world.leads_id, "kind": "webhook", "credential": "DRILL_CHAT"}
            )
            env["ai.deployment.alert"]._raise(world.deployment(env), "drill:old", name="Something old happened")
            env.flush_all()
            env.ref("ai_deployment.ir_cron_send").active = True
        world.halt()
        world.forget_connections()
        world.server.dump(dump)
        self.texts, before = world.chat.messages, len(world.chat.messages)
        world.serve()
        world.wake("ir_cron_send")
        world.wait(lambda: len(world.chat.messages) > before, 30)
        first = [text for _moment, text in world.chat.messages[before:]]
        world.finish(60)
        world.halt()
        world.observer.look_at_route()
        world.observer.rests = True
        time.sleep(5)
        world.forget_connections()
        world.move_clock(2 * DAY_S)
        world.server.restore(dump)
        world.begin_anew()
        world.observer.rests = False
        world.serve()
        world.wake("ir_cron_send", "ir_cron_health")
        world.ask()
        time.sleep(10)
        again = [text for _moment, text in world.chat.messages[before + len(first) :]]
        double = sum(text in first for text in again)
        self.figures["messages_said_twice"] = (double, "messages", "0", double == 0)

    def heal(self, world):
        world.observer.rests = False
        world.insist(lambda env: env["ai.deployment.channel"].search([("kind", "!=", "activity")]).unlink())


def copy_of_code(target):
    """The addon as it is, with one field more on the pieces of batches."""
    for file in installed_files():
        copied = target / file.relative_to(REPO)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copied)
    model = target / "models" / "scoring" / "ai_deployment_batch_chunk.py"
    text = model.read_text()
    place = "    outcome = fields.Json(readonly=True)\n"
    if place not in text:
        raise ValueError(f"{model.name} has no line to put a field after")
    model.write_text(text.replace(place, place + NEW_FIELD))
