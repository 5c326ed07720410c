"""What a transaction noted is handed over once, before its commit, however often it was noted."""

from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.tools import noted

MODEL = "ai.deployment"


@tagged("post_install", "-at_install")
class TestNoted(TransactionCase):
    def setUp(self):
        super().setUp()
        self.cr = self.env.cr
        self.cr.flush()
        self.handed_over = self.enterContext(patch.object(self.env.registry[MODEL], "_score_noted"))

    def note(self, deployment, *ids, user=2):
        noted.begin(self.cr, MODEL).wanted.setdefault(deployment, {}).update(dict.fromkeys(ids, user))

    def test_what_was_noted_in_pieces_is_handed_over_once(self):
        self.assertIsNone(noted.notes(self.cr))
        self.note(1, 11, 12)
        self.assertIs(noted.begin(self.cr, MODEL), noted.notes(self.cr))
        self.note(1, 13)
        self.note(2, 11, user=7)
        self.cr.flush()
        self.handed_over.assert_called_once_with({1: {11: 2, 12: 2, 13: 2}, 2: {11: 7}})
        self.cr.flush()
        self.handed_over.assert_called_once()
        self.assertIsNone(noted.notes(self.cr))

    def test_what_is_forgotten_is_not_handed_over(self):
        self.note(1, 11, 12)
        self.note(2, 11)
        noted.forget(self.cr, 1, [11, 99])
        noted.forget(self.cr, 2, [11])
        noted.forget(self.cr, 3, [11])
        self.assertTrue(noted.is_wanted(self.cr, [12, 99]))
        self.assertFalse(noted.is_wanted(self.cr, [11]))
        self.cr.flush()
        self.handed_over.assert_called_once_with({1: {12: 2}})

    def test_where_nothing_is_left_nobody_is_asked(self):
        noted.forget(self.cr, 1, [11])  # nothing was noted
        self.assertFalse(noted.is_wanted(self.cr, [11]))
        self.note(1, 11)
        noted.forget(self.cr, 1, [11])
        self.cr.flush()
        self.handed_over.assert_not_called()

    def test_what_others_note_before_the_commit_is_in_time(self):
        self.note(1, 11)
        self.cr.precommit.add(lambda: self.note(1, 12))
        self.cr.flush()
        self.handed_over.assert_called_once_with({1: {11: 2, 12: 2}})

    def test_what_a_rolled_back_savepoint_noted_is_forgotten(self):
        with self.assertRaises(ZeroDivisionError), self.cr.savepoint():
            self.note(1, 11)
            raise ZeroDivisionError
        self.assertFalse(noted.is_wanted(self.cr, [11]))
        self.cr.flush()
        self.handed_over.assert_not_called()
