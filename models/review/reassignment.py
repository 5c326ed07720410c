"""Who may be asked, who is asked any more, and the two crons that see to it; how one is chosen: `review/assigner`.

One cron, called whenever something is opened, looks at what is new and at nothing else. The other looks again every ten
minutes, a part of the queue at a time (`review/windows`), for whoever was asked and cannot answer any more. Passed over
are people who are away, who left the company or the group, who cannot read the record, and who made it. Where no
reviewer can, the owner is asked, then the deputy; else the review lies in the pool (`is_assigned` without a
`reviewer_id`), for any reviewer to take.

Rules are asked per person and batch, not per person and review.
"""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import clock
from ..tools.trust import OWN
from .assigner import Assigner
from .windows import LEFT, OPEN, turns

BATCH = 1000
REVIEWER = "ai_deployment.group_reviewer"
MANAGER = "ai_deployment.group_manager"
PEOPLE = {"reviewer_ids", "user_id", "deputy_id", "company_id"}
ASKED_AGAIN = ("second_opinion", "four_eyes")  # kinds that need somebody who has not answered before


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    who_text = fields.Text("Who Is There", compute="_compute_who_text")

    @api.depends("reviewer_ids", "user_id", "deputy_id")
    @api.depends_context("lang", "tz")
    def _compute_who_text(self):
        for deployment in self:
            stored = deployment._origin
            deployment.who_text = stored._who_text() if stored else False

    def _who_text(self):
        """One sentence: who is away now, and whether somebody is left."""
        people = (self.reviewer_ids | self.user_id | self.deputy_id).filtered("active")
        away = people._ai_away_until(clock.now())
        if not away:
            return False
        names = ", ".join(person.name for person in people if person.id in away)
        if not self._at_work(people):
            return self.env._("Away now: %s. Nobody is left: new reviews lie in the pool.", names)
        return self.env._("Away now: %s. New reviews go to the others.", names)

    def _follow_written_reviewers(self, vals):
        yield
        if PEOPLE & vals.keys():
            self.env["ai.deployment.review"].sudo()._release_after_change(Domain("deployment_id", "in", self.ids))

    def _able_people(self, people):
        """Those of `people` who may answer reviews of this deployment, whatever the record. In sudo."""
        self.ensure_one()
        deployment = self.sudo()
        named = deployment.reviewer_ids | deployment.user_id | deployment.deputy_id
        companies = set(deployment._company_ids())
        return people.sudo().filtered(
            lambda user: user.active
            and not companies.isdisjoint(user.company_ids.ids)
            and user.has_group(REVIEWER)
            and (user in named or user.has_group(MANAGER))
        )

    def _at_work(self, people):
        """Those of `people` who may answer reviews of this deployment and are not away now. In sudo."""
        able = self._able_people(people)
        away = able._ai_away_until(clock.now())
        return able.filtered(lambda user: user.id not in away)


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    responsible_id = fields.Many2one(
        "res.users", "Record's Own Person", readonly=True, help="Whose record it was when a reviewer was looked for."
    )
    begun_date = fields.Datetime("Begun On", readonly=True, help="When the reviewer began to look at it.")
    given_back_by_id = fields.Many2one("res.users", readonly=True)

    # The two crons

    @api.model
    def _cron_assign(self):
        """Find reviewers for what is new. It is called for each record that goes to a person, so it reads no others."""
        self = self.with_context(tracking_disable=OWN)
        people = self._assign_new(Assigner(self))
        self._point_with_activities(people)

    @api.model
    def _cron_tidy(self):
        """Keep the queue in order: close what is moot, release, look for reviewers, see to what is late, point."""
        self = self.with_context(tracking_disable=OWN)
        cron, assigner = self.env["ir.cron"], Assigner(self)
        pointed = None
        for deployment, ids, are_all in turns(self.env, OPEN):
            if not are_all:  # what people are pointed to is looked at each time
                pointed = self._pointed_to() if pointed is None else pointed
                ids = list(dict.fromkeys([*ids, *pointed.get(deployment.id, ())]))
            self.browse(ids)._tidy(assigner)
            if not cron._commit_progress():
                return
        for deployment, ids, _are_all in turns(self.env, LEFT):
            self.browse(ids)._ask_about_returned(deployment)
            if not cron._commit_progress():
                return
        self._assign_new(assigner)
        self._take_next_steps(assigner.planned)
        cron._commit_progress()
        self._point_with_activities()

    def _tidy(self, assigner):
        """Look at these open reviews of one deployment again: is there still a question, and somebody to answer?"""
        self._expire_moot()
        still = self.filtered(lambda review: review.state == "open")
        still._release_unable()
        pool = still.filtered(
            lambda review: review.is_assigned and not (review.reviewer_id or review.given_back_by_id)
        ).try_lock_for_update()
        assigner.assign(pool.filtered(lambda review: review.state == "open" and not review.reviewer_id))

    @api.model
    def _assign_new(self, assigner):
        """Find a reviewer and a day for the open reviews that have had none looked for, in batches.

        :return: the users who were given some
        """
        cron, people = self.env["ir.cron"], self.env["res.users"]
        self.flush_model(["deadline", "is_assigned", "state"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM ai_deployment_review"
                " WHERE state = 'open' AND (is_assigned IS NOT TRUE OR deadline IS NULL) ORDER BY id"
            )
        )
        ids = [review_id for (review_id,) in rows]
        cron._commit_progress(remaining=len(ids))
        for start in range(0, len(ids), BATCH):
            batch = self.browse(ids[start : start + BATCH]).try_lock_for_update()
            batch.filtered(lambda review: review.state == "open")._expire_moot()
            new = batch.filtered(lambda review: review.state == "open" and not (review.reviewer_id and review.deadline))
            assigner.assign(new)
            people |= new.reviewer_id
            if not cron._commit_progress(processed=len(ids[start : start + BATCH])):
                break
        return people

    def _assign(self):
        """Find a reviewer for each of these that has none, and a day by which to answer."""
        Assigner(self).assign(self)

    # Who may

    def _able(self, people, barred=None):
        """Who of `people` may answer each of these reviews of one kind of record: {review id: list of user ids}.

        Whether they may answer reviews of the deployment at all is asked before: `_able_people`.
        """
        able = {review_id: [] for review_id in self.ids}
        barred = self._barred() if barred is None else barred
        rows = [(review.id, review.res_id, review.company_id.id) for review in self]
        for user in people:
            readable, companies = self._readable_by(user), set(user.sudo().company_ids.ids)
            for review_id, res_id, company in rows:
                if res_id in readable and company in companies and user.id not in barred[review_id]:
                    able[review_id].append(user.id)
        return able

    def _readable_by(self, user):
        """The ids of the records behind these reviews of one kind of record that `user` may read, archived or not."""
        if not self:
            return set()
        everywhere = {"active_test": False, "allowed_company_ids": user.sudo().company_ids.ids}
        documents = self.env[self[0].res_model].with_user(user).with_context(**everywhere)
        if not documents.has_access("read"):
            return set()
        return set(documents._search(Domain("id", "in", self.mapped("res_id"))).get_result_ids())

    def _documents(self):
        """The records behind these reviews of one kind of record, in sudo, without those that are gone."""
        res_model = self[:1].res_model
        return self.env[res_model].sudo().browse(set(self.mapped("res_id"))).exists() if res_model else None

    def _barred(self):
        """Who must not answer each of these reviews: who made the record, and for a second answer who gave the first.

        :return: {review id: set of user ids}
        """
        makers = self._documents()._ai_makers() if self else {}
        answered = self._who_answered_before()
        return {review.id: makers.get(review.res_id, set()) | answered.get(review.id, set()) for review in self}

    def _who_answered_before(self):
        """{review id: user ids} of who decided earlier in the chain, for reviews that need another person."""
        again = self.filtered(lambda review: review.kind in ASKED_AGAIN)
        if not again:
            return {}
        self.flush_model(["previous_id", "decided_by_id"])
        rows = self.env.execute_query(
            SQL(
                "WITH RECURSIVE chain (id, earlier_id) AS ("
                " SELECT id, previous_id FROM ai_deployment_review WHERE id = ANY(%s)"
                " UNION ALL SELECT chain.id, earlier.previous_id"
                " FROM chain JOIN ai_deployment_review earlier ON earlier.id = chain.earlier_id)"
                " SELECT chain.id, array_agg(earlier.decided_by_id)"
                " FROM chain JOIN ai_deployment_review earlier ON earlier.id = chain.earlier_id"
                " WHERE earlier.decided_by_id IS NOT NULL GROUP BY chain.id",
                again.ids,
            )
        )
        return {review_id: set(people) for review_id, people in rows}

    def _responsible(self):
        """The record's own person: {record id: user id}, for reviews of one kind of record."""
        documents = self._documents()
        if documents._ai_responsible_field:
            documents.fetch([documents._ai_responsible_field])
        return {document.id: document._ai_responsible()[:1].id for document in documents}

    # Looking for somebody else

    def _release(self):
        """Nobody is asked any more: the cron looks for somebody anew."""
        if self:
            self._pointers().unlink()
            self.with_context(tracking_disable=OWN).write(
                {"reviewer_id": False, "is_assigned": False, "begun_date": False}
            )

    @api.model
    def _release_after_change(self, domain):
        """Release the open reviews in `domain` whose reviewer may not answer reviews of their deployment any more."""
        asked = Domain("state", "=", "open") & Domain("reviewer_id", "!=", False) & domain
        groups = self._read_group(asked, ["deployment_id", "reviewer_id"], ["id:recordset"])
        for deployment, user, reviews in groups:
            able = deployment._able_people(user)
            reviews.filtered(lambda review, able=able: review.company_id not in able.company_ids)._release()

    def _release_unable(self):
        """Release those of these whose reviewer cannot answer, will not in time, or has not the record any more.

        Most of this is noticed when it happens. Rules, absences and the records themselves change without a word.
        """
        names = ["company_id", "res_model", "res_id", "reviewer_id", "deadline", "begun_date", "kind", "deployment_id"]
        asked = Domain("id", "in", self.ids) & Domain("state", "=", "open") & Domain("reviewer_id", "!=", False)
        for deployment, reviews in self.search_fetch(asked, names, order="id").grouped("deployment_id").items():
            lost = reviews._with_lost_reviewer(deployment)
            moved = (reviews - lost)._with_new_responsible(deployment)
            (lost | moved).try_lock_for_update().filtered(lambda review: review.state == "open")._release()

    def _with_lost_reviewer(self, deployment):
        """Those of these assigned reviews of one deployment whose reviewer cannot answer, or is away beyond the day."""
        people = self.reviewer_id
        able = deployment._able_people(people)
        away, barred = able._ai_away_until(clock.now()), self._barred()
        lost = []
        for user, reviews in self.grouped("reviewer_id").items():
            if user not in able:
                lost += reviews.ids
                continue
            answerable = reviews._able(user, barred)
            back = away.get(user.id)
            lost += [
                review.id
                for review in reviews
                if not answerable[review.id]
                or (back and not review.begun_date and review.deadline and back > review.deadline)
            ]
        return self.browse(lost)

    def _with_new_responsible(self, deployment):
        """Those of these whose record went to another person who is a reviewer at work; the others note who it is."""
        documents = self.env[deployment.res_model]
        name = documents._ai_responsible_field
        if not name or not self:
            return self.browse()
        documents.flush_model([name])
        self.flush_model(["responsible_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT review.id, document.%s FROM ai_deployment_review review JOIN %s document"
                " ON document.id = review.res_id WHERE review.id = ANY(%s)"
                " AND document.%s IS DISTINCT FROM review.responsible_id",
                SQL.identifier(name),
                SQL.identifier(documents._table),
                self.ids,
                SQL.identifier(name),
            )
        )
        if not rows:
            return self.browse()
        reviewers = deployment._at_work(deployment.reviewer_ids)
        moved, noted = self.browse(), defaultdict(list)
        for review_id, user_id in rows:
            review = self.browse(review_id)
            held = review.begun_date or review.reviewer_id.id == user_id or review.given_back_by_id.id == user_id
            if user_id in reviewers.ids and not held and review.escalation in ("none", "reminded"):
                moved += review
            else:
                noted[user_id].append(review_id)
        for user_id, ids in noted.items():
            self.browse(ids).responsible_id = user_id
        return moved

    # Taking and giving back

    def action_take(self):
        """Ask me: a review that lies in the pool or, for who answers for the deployment, somebody else's."""
        self.check_access("read")
        me = self.env.user
        barred = self.sudo()._barred_by_kind()
        for review in self:
            review._check_may_decide()
            other = review.sudo().reviewer_id - me
            if other and not review.sudo().deployment_id.with_env(self.env)._may_decide():
                raise UserError(
                    self.env._("%(person)s looks at “%(record)s” already.", person=other.name, record=review.name)
                )
            if me.id in barred[review.id]:
                raise UserError(
                    self.env._("Somebody else has to look at “%s”: you made it, or answered before.", review.name)
                )
        reviews = self.sudo()
        reviews._pointers().filtered(lambda activity: activity.user_id != me).unlink()
        reviews.write({"reviewer_id": me.id, "is_assigned": True, "begun_date": clock.now(), "given_back_by_id": False})
        return True

    def action_give_back(self):
        """Put reviews into the pool, for others to take; whoever had them is not asked again by itself."""
        self.check_access("read")
        for review in self:
            mine = review.reviewer_id == self.env.user
            if review.state != "open":
                raise UserError(self.env._("This review is closed already."))
            if not mine and not review.sudo().deployment_id.with_env(self.env)._may_decide():
                raise AccessError(self.env._("Only who is asked, or who answers for the deployment, gives it back."))
        for reviews in self.sudo().filtered("reviewer_id").grouped("reviewer_id").values():
            reviews._pointers().unlink()
            reviews.write(
                {
                    "given_back_by_id": reviews.reviewer_id.id,
                    "reviewer_id": False,
                    "is_assigned": True,
                    "begun_date": False,
                }
            )
        return True

    def _barred_by_kind(self):
        """`_barred`, for reviews of several kinds of records."""
        barred = {}
        for reviews in self.grouped("res_model").values():
            barred |= reviews._barred()
        return barred

    def _begin(self):
        """Note that the reviewer has begun: these are not given to somebody else because the record was."""
        new = self.sudo().filtered(lambda review: review.reviewer_id == self.env.user and not review.begun_date)
        new.begun_date = clock.now()
