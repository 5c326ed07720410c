"""Faults of people, records and messages: who or what is gone, and who is told of it."""

import time

from drills._operation_fault import ALERT, HEALTH, PERSON, Expectation, Fault, fault
from drills._operation_world import CUSTOM_FIELD, NotCarriedOut

from odoo import Command

from lib.sample_leads import make_deployment
from story.people import SELLERS, user

SOON_S = 15  # within which another deployment's message arrives


class Message(Fault):
    """An alert is raised while one of the ways to tell of it does not work; the owner's activity is there at once."""

    expectation = Expectation(told=(f"{ALERT}drill:",), also=("channel:", "drill:"))
    cause = "drill:1"

    def raise_alert(self, world, deployment_id, cause):
        with world.change() as env:
            env["ai.deployment.alert"]._raise(
                env["ai.deployment"].browse(deployment_id), cause, name=f"Something happened: {cause}"
            )

    def channel(self, world, deployment_id, **values):
        with world.change() as env:
            env["ai.deployment.channel"].create({"deployment_id": deployment_id, **values})

    def heal(self, world):
        world.insist(lambda env: env["ai.deployment.channel"].search([("kind", "!=", "activity")]).unlink())

    def arrived(self, world, count, seconds):
        """Wait until `count()` messages arrived, letting the time pass until messages are tried again."""

        def look():
            world.do(
                "UPDATE ai_deployment_message SET next_date = now() at time zone 'utc' WHERE state = 'pending'"
                " AND next_date > now() at time zone 'utc'"
            )
            world.wake("ir_cron_send", "mail.ir_cron_mail_scheduler_action")
            return count()

        world.wait(look, seconds, every=2)
        time.sleep(3)  # a second one would come now
        world.wake("ir_cron_send", "mail.ir_cron_mail_scheduler_action")
        time.sleep(2)
        return count()


@fault
class WebhookHangs(Message):
    """A chat does not answer: the messages of other deployments do not wait for it, and none is lost or said twice."""

    name = "webhook_hangs"

    def inject(self, world):
        world.hanging.hangs = True
        self.channel(world, world.leads_id, kind="webhook", credential="DRILL_HANGING")
        self.channel(world, world.bills_id, kind="webhook", credential="DRILL_CHAT")
        before, began = len(world.chat.messages), time.monotonic()
        for number in range(3):  # three alerts on the one that hangs, asked for first
            self.raise_alert(world, world.leads_id, f"drill:{number}")
        self.raise_alert(world, world.bills_id, "drill:other")
        came = world.wait(lambda: len(world.chat.messages) > before, 60)
        waited = round(time.monotonic() - began, 1) if came else None
        self.figures["others_waited"] = (waited, "s", f"≤ {SOON_S}", came and waited <= SOON_S)

    def heal(self, world):
        world.hanging.hangs = False
        texts = world.hanging.messages

        def said():
            return sum(text.count("Something happened: drill:") for _moment, text in texts)

        said_once = self.arrived(world, said, 60)
        self.figures["messages_lost"] = (max(3 - said_once, 0), "messages", "0", said_once >= 3)
        self.figures["messages_double"] = (max(said_once - 3, 0), "messages", "0", said_once <= 3)
        super().heal(world)


@fault
class MailRefused(Message):
    """The mail server refuses for a while: the owner is told at once, and the mail arrives when it takes it again."""

    name = "mail_refused"

    def inject(self, world):
        world.post.refuses = True
        with world.change() as env:
            partner = user(env, "ben").partner_id.id
        self.channel(world, world.leads_id, kind="email", partner_ids=[Command.set([partner])])
        self.sent = len(world.post.mails)
        self.raise_alert(world, world.leads_id, self.cause)

        def refused():
            world.wake("ir_cron_send", "mail.ir_cron_mail_scheduler_action")
            return world.post.refused

        if not world.wait(refused, 60, every=2):
            raise NotCarriedOut("no mail was tried")
        time.sleep(3)
        world.wake("ir_cron_send")
        time.sleep(3)

    def heal(self, world):
        world.post.refuses = False
        came = self.arrived(world, lambda: len(world.post.mails) - self.sent, 60)
        self.figures["messages_lost"] = (max(1 - came, 0), "messages", "0", came >= 1)
        self.figures["messages_double"] = (max(came - 1, 0), "messages", "0", came <= 1)
        super().heal(world)


@fault
class UsersOwnError(Fault):
    """A seller gives a tag the name of another one: the answer is Odoo's own, with scoring as without."""

    name = "users_own_error"
    is_quick = True
    expectation = Expectation(told=(PERSON,))

    def inject(self, world):
        with world.change() as env:
            one, _other = env["crm.tag"].create([{"name": "Drill one"}, {"name": "Drill other"}])
            lead = env["crm.lead"].browse(world.lead_ids[0])
            lead.tag_ids = [Command.link(one.id)]
        answer = world.as_("maya").call(
            "crm.lead", "write", [lead.id], {"tag_ids": [[1, one.id, {"name": "Drill other"}]], "priority": "2"}
        )
        is_own = not answer.ok and "transaction" not in answer.message.lower()
        self.figures["is_the_users_own"] = (answer.message.partition("\n")[0][:80], "", "not the database's", is_own)
        world.told("maya", "a message on screen")


@fault
class InputFieldDeleted(Fault):
    """Somebody deletes a field in Settings that the serving version reads: all wait, the version is to blame."""

    name = "input_field_deleted"
    expectation = Expectation(told=(f"{ALERT}version", f"{ALERT}fails"), within=120)

    def inject(self, world):
        world.lead.pop(CUSTOM_FIELD)
        world.is_away()  # a web client that still shows the field cannot save it
        admin = world.as_("admin")
        [field] = admin.call("ir.model.fields", "search", [["name", "=", CUSTOM_FIELD]]).value
        gone = admin.call("ir.model.fields", "unlink", [field])
        if not gone.ok:
            raise NotCarriedOut(f"the field could not be deleted: {gone.message}")
        world.wait_for_server()
        world.ask()

    def heal(self, world):
        world.add_custom_field()


@fault
class CompanyArchived(Fault):
    """The company of a deployment is archived while the deployment is at work."""

    name = "company_archived"
    expectation = Expectation(told=(f"{HEALTH}company",), within=90)

    def inject(self, world):
        with world.change() as env:
            admin = env(user=env.ref("base.user_admin"))
            company = admin["res.company"].create({"name": "Harrow Creek Rentals"})
            admin.user.company_ids |= company
            env.cr.execute(
                "UPDATE crm_lead SET company_id = %s WHERE date_closed IS NOT NULL AND id %% 3 > 0", [company.id]
            )
            companies = [company.id, *admin.user.company_ids.ids]
            make_deployment(
                admin(su=True, context={"allowed_company_ids": companies}),
                name="Rentals",
                company_id=company.id,
            )
            self.company = company.id
        with world.change() as env:
            env["res.company"].browse(self.company).active = False

    def heal(self, world):
        world.insist(lambda env: env["res.company"].browse(self.company).write({"active": True}))


@fault
class ReviewersArchived(Fault):
    """All reviewers leave: what is open goes to the owner or the deputy, and somebody is told."""

    name = "all_reviewers_archived"
    expectation = Expectation(told=(f"{HEALTH}reviewers", f"{ALERT}reviewers", f"{ALERT}health:reviewers"), within=90)

    def inject(self, world):
        world.office.pause(SELLERS)
        self.people = world.deployment().reviewer_ids.ids
        world.insist(lambda env: env["res.users"].browse(self.people).action_archive())
        world.ask()
        world.wake("ir_cron_assign_reviews")

    def heal(self, world):
        world.wake("ir_cron_assign_reviews")
        time.sleep(5)
        stuck = world.value(
            "SELECT COUNT(*) FROM ai_deployment_review review JOIN res_users person ON person.id = review.reviewer_id"
            " WHERE review.state = 'open' AND NOT person.active"
        )
        self.figures["reviews_with_who_left"] = (stuck, "reviews", "0", stuck == 0)
        world.insist(lambda env: env["res.users"].browse(self.people).action_unarchive())
        world.office.go_on()


@fault
class ShippedCronDeleted(Fault):
    """Somebody deletes the scheduled action that finds reviewers: leads are saved, bills posted, health tells."""

    name = "scheduled_action_deleted"
    is_quick = True
    expectation = Expectation(told=(f"{HEALTH}jobs_gone",), within=90)

    def inject(self, world):
        world.insist(lambda env: env.ref("ai_deployment.ir_cron_assign_reviews").unlink())
        world.ask()

    def heal(self, world):
        world.upgrade()


@fault
class SendingSwitchedOff(Fault):
    """The scheduled action that sends alerts is switched off: what tells cannot tell, so health does."""

    name = "sending_switched_off"
    expectation = Expectation(told=(f"{HEALTH}jobs_off",), within=90)

    def inject(self, world):
        self._switch(world, False)

    def heal(self, world):
        self._switch(world, True)

    def _switch(self, world, is_on):
        world.insist(lambda env: env.ref("ai_deployment.ir_cron_send").write({"active": is_on}))


@fault
class BatchLeftPaused(Fault):
    """A batch was paused and forgotten: what waits in it is told by health."""

    name = "batch_left_paused"
    expectation = Expectation(told=(f"{HEALTH}batch", f"{HEALTH}paused"), within=90)

    def inject(self, world):
        self.batch = world.ask()
        world.insist(lambda env: env["ai.deployment.batch"].browse(self.batch)._pause("Paused by a drill"))

    def heal(self, world):
        world.insist(lambda env: env["ai.deployment.batch"].browse(self.batch)._resume())
