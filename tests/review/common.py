"""Shared set-ups of the tests of reviews."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import new_test_user
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.review import activities
from odoo.addons.ai_deployment.models.review.deadlines import WorkingHours
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET, AiDeploymentCase

DAY = timedelta(days=1)
FRIDAY = datetime(2026, 3, 6, 15, 0)
TABLES = ("ai_deployment_review", "ai_deployment_inference", "ai_deployment_score", "crm_lead", "mail_activity")


class ReviewCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.min_confidence = 1.0  # everything goes to a person

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def ask(self, leads):
        """Score `leads`; their reviews, in the order of the leads."""
        self.deployment._score(leads)
        return self.reviews_of(leads).sorted(lambda review: leads.ids.index(review.res_id))

    def run_cron(self, *names):
        """Run both crons of the queue, or those named."""
        for name in names or ("assign_reviews", "tidy_reviews"):
            with self.enter_registry_test_mode():
                self.assertIs(self.env.ref(f"ai_deployment.ir_cron_{name}").method_direct_trigger(), True)
        self.env.invalidate_all()

    def activities_of(self, records, person=None):
        domain = [("res_model", "=", records._name), ("res_id", "in", records.ids)]
        if person:
            domain.append(("user_id", "=", person.id))
        return self.env["mail.activity"].search(domain)


class AssignCase(ReviewCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.make_reviewer("ai_second")
        cls.deployment.reviewer_ids += cls.second

    @classmethod
    def make_reviewer(cls, login, sales="sales_team.group_sale_salesman_all_leads"):
        return new_test_user(
            cls.env, login, groups=f"ai_deployment.group_reviewer,{sales}", email=f"{login}@example.com", context=QUIET
        )

    def assigned(self, **values):
        """A review of a new lead, after the cron."""
        review = self.ask(self.make_leads(**values))
        self.run_cron()
        return review

    def away(self, user, since=NOW - DAY, until=NOW + 30 * DAY):
        user.write({"out_of_office_from": since, "out_of_office_to": until})


class DecisionCase(ReviewCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = new_test_user(
            cls.env,
            "ai_colleague",
            context=QUIET,
            groups="ai_deployment.group_reviewer,sales_team.group_sale_salesman_all_leads",
        )
        cls.deployment.reviewer_ids += cls.colleague

    def decide(self, review, person, decision="confirmed", **values):
        self.env.invalidate_all()
        review.with_user(person)._decide(decision, **values)
        self.env.flush_all()
        return review._chain()[-1:]

    def labels(self, review):
        return review._chain().filtered("is_label")

    def made_by(self, person):
        lead = self.env["crm.lead"].with_user(person).create({"name": "Own", "expected_revenue": 5000})
        return lead.with_env(self.env)


class DeadlineCase(AssignCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Monday to Friday, 8 to 12 and 13 to 17
        cls.calendar = cls.env["resource.calendar"].create({"name": "Office", "tz": "UTC"})
        cls.env.company.resource_calendar_id = cls.calendar

    def holiday(self, day, **values):
        return self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.calendar.id,
                "date_from": datetime(2026, 3, day),
                "date_to": datetime(2026, 3, day, 23, 59, 59),
                **values,
            }
        )

    def due(self, opened=FRIDAY):
        return WorkingHours().after(self.deployment, opened)

    def at(self, moment):
        """The cron at `moment`."""
        with clock.at(moment):
            self.run_cron()


class DeskCase(ReviewCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.write({"blind_share": 0.0, "double_share": 0.0})
        cls.selling_reviewer = new_test_user(
            cls.env,
            "ai_desk_seller",
            context=QUIET,
            groups="ai_deployment.group_reviewer,sales_team.group_sale_salesman",
        )
        cls.deployment.reviewer_ids += cls.selling_reviewer

    def desk(self, person=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["ai.deployment.review"].with_user(person or self.reviewer).with_context(**QUIET)

    def give(self, reviews, person, **values):
        reviews.sudo().write({"reviewer_id": person.id, "is_assigned": True, **values})

    def opened(self, person=None, deployment_id=None, **filters):
        return self.desk(person).desk_open(deployment_id, filters)


class QueueCase(AssignCase):
    def cost(self, name):
        """(queries, rows read of the large tables) of one run of the cron `name`."""
        self.env.flush_all()
        self.env.invalidate_all()
        for table in TABLES:
            self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
        # The tables of a test fit into a page or two, where PostgreSQL rather reads all rows than looks up a few. With
        # rows as dear as pages it plans as for large tables.
        self.env.cr.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_hashjoin = off;"
            " SET LOCAL cpu_tuple_cost = 4; SET LOCAL cpu_index_tuple_cost = 4"
        )
        queries, rows = self.env.cr.sql_log_count, self._rows_read()
        self.run_cron(name)
        return self.env.cr.sql_log_count - queries, self._rows_read() - rows

    def _rows_read(self):
        self.env.cr.execute(
            "SELECT SUM(COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
            " WHERE relname = ANY(%s)",
            [list(TABLES)],
        )
        return int(self.env.cr.fetchone()[0])

    def multiply(self, review, count, **values):
        """So many more rows like `review`, about records that nobody has."""
        self.env.flush_all()
        columns = [name for name, field in review._fields.items() if field.store and field.column_type and name != "id"]
        taken = {"res_id": "1000000000 + (SELECT COUNT(*) FROM ai_deployment_review)::int + number", **values}
        copied = [SQL(taken[name]) if name in taken else SQL.identifier("review", name) for name in columns]
        self.env.cr.execute(
            SQL(
                "INSERT INTO ai_deployment_review (%s) SELECT %s"
                " FROM ai_deployment_review review, generate_series(1, %s) AS number WHERE review.id = %s",
                SQL(", ").join(SQL.identifier(name) for name in columns),
                SQL(", ").join(copied),
                count,
                review.id,
            )
        )
        self.env.invalidate_all()

    def without_activities(self):
        """No review is pointed to, so that none is looked at for that alone."""
        self.enterContext(patch.object(activities.ReviewActivities, "update"))

    def tidy_until(self, done, most=20):
        """How many passes it takes until `done()`."""
        for passes in range(1, most + 1):
            self.run_cron("tidy_reviews")
            if done():
                return passes
        raise AssertionError("the passes never come to an end")
