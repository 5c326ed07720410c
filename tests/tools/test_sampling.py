"""A sample of bounded size, the same each time, that does not follow the order in which records came."""

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.tools.sampling import MOST, drawn, in_drawn_order

MANY = 40_000


@tagged("post_install", "-at_install")
class TestSampling(TransactionCase):
    def sample(self, count, ids=MANY):
        condition = drawn(SQL.identifier("id"), count)
        query = SQL("SELECT id FROM generate_series(1, %s) AS id WHERE %s", ids, condition)
        return {number for (number,) in self.env.execute_query(query)}

    def test_few_records_are_all_taken(self):
        self.assertEqual(len(self.sample(MOST, MOST)), MOST)
        self.assertEqual(len(self.sample(0, 3)), 3)
        self.assertLess(len(self.sample(2 * MOST, MOST)), MOST)

    def test_of_many_about_as_many_are_taken_as_fit(self):
        found = self.sample(MANY)
        self.assertAlmostEqual(len(found), MOST, delta=5 * MOST**0.5)
        halves = sum(number <= MANY // 2 for number in found)
        self.assertAlmostEqual(halves, MOST // 2, delta=5 * MOST**0.5, msg="early and late ones alike")

    def test_the_sample_is_the_same_each_time_and_shrinks_as_there_are_more(self):
        found = self.sample(MANY)
        self.assertEqual(self.sample(MANY), found)
        self.assertLess(self.sample(2 * MANY), found)

    def test_records_of_one_moment_are_mixed_the_same_way_each_time(self):
        query = SQL("SELECT id FROM generate_series(1, 1000) AS id ORDER BY %s", in_drawn_order(SQL.identifier("id")))
        ids = [number for (number,) in self.env.execute_query(query)]
        self.assertEqual(sorted(ids), list(range(1, 1001)))
        self.assertAlmostEqual(sum(ids[:500]) / 500, 500.5, delta=60, msg="the first half is no earlier one")
        self.assertEqual([number for (number,) in self.env.execute_query(query)], ids)
