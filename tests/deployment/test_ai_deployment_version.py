"""Versions: never edited, checked against their fingerprint, promoted by a person, explained in words."""

import numpy as np
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.ml.cards import CardPair
from odoo.addons.ai_deployment.ml.errors import ArtifactRejected
from odoo.addons.ai_deployment.ml.scorecard import Scorecard
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase, probability


@tagged("post_install", "-at_install")
class TestVersion(AiDeploymentCase):
    # Kept as it was made

    def test_a_version_is_never_edited(self):
        for rows in (self.version, self.version.sudo(), self.version.with_user(self.manager)):
            for values in ({"row_count": 1}, {"artifact": {}}, {"digest": "x"}, {"verdict": "better"}, {}):
                with (
                    self.subTest(su=rows.env.su, values=values),
                    self.assertRaisesRegex(UserError, "cannot be changed"),
                ):
                    rows.write(values)
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            self.version.number = 7

    def test_a_version_is_never_deleted(self):
        for rows in (self.version, self.version.sudo()):
            with self.assertRaisesRegex(UserError, "cannot be deleted"):
                rows.unlink()
        with self.assertRaises(AccessError):
            self.version.with_user(self.manager).unlink()
        self.assertTrue(self.version.exists())

    def test_versions_are_numbered_per_deployment(self):
        other = self.make_deployment()
        self.assertEqual(self.keep(self.deployment, self.card()).number, self.version.number + 1)
        self.assertEqual(self.keep(other, self.card()).number, 1)
        self.assertEqual(self.version.name, f"Version {self.version.number}")

    def test_two_versions_cannot_have_one_number(self):
        values = self.version.copy_data()[0]
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.version.create({**values, "number": self.version.number})

    def test_a_version_keeps_what_it_was_trained_with(self):
        self.deployment.feature_ids[0].name = "Renamed since"
        self.assertEqual(self.version._specs()["expected_revenue"]["name"], "Expected Revenue")
        self.assertEqual(list(self.version._specs()), ["expected_revenue", "country_id", "source_id"])
        self.assertEqual((self.version.row_count, self.version.positive_count), (1000, 300))
        self.assertAlmostEqual(self.version.auc, 0.75)
        self.assertEqual(self.version.trained_date, NOW)
        self.assertEqual(self.version.trained_by_id, self.env.user)

    # Checked before use

    def change_in_the_database(self, change):
        self.env.flush_all()
        self.env.cr.execute(f"UPDATE ai_deployment_version SET {change} WHERE id = %s", [self.version.id])
        self.version.invalidate_recordset()
        self.env.registry.clear_cache()

    def test_a_version_that_was_changed_in_the_database_is_refused(self):
        for change in (
            "artifact = jsonb_set(artifact, '{intercept}', '5')",
            "artifact = jsonb_set(artifact, '{threshold}', '0.9')",
            "digest = 'another'",
            "artifact = '{}'",
            "artifact = artifact || '{\"more\": 1}'",
        ):
            with self.subTest(change=change), self.env.cr.savepoint() as savepoint:
                self.change_in_the_database(change)
                with self.assertRaises(ArtifactRejected):
                    self.version._card()
                savepoint.rollback()
                self.env.registry.clear_cache()
        self.assertTrue(self.version._card())

    def test_a_damaged_version_says_so_where_its_card_is_shown(self):
        self.assertIn("Expected Revenue", self.version.card_html)
        self.change_in_the_database("digest = 'another'")
        self.assertIn("text-danger", self.version.card_html)
        self.assertNotIn("Expected Revenue", self.version.card_html)

    def test_pairs_are_printed_in_words_and_hidden_where_one_of_them_is_sensitive(self):
        plain = self.card()
        sizes = [feature.bins.size for feature in plain.features[:2]]
        points = np.zeros(sizes)
        points[5, 3] = 0.8
        pair = CardPair("expected_revenue", "country_id", points)
        version = self.keep(
            self.deployment,
            Scorecard(plain.features, plain.intercept, plain.calibration, plain.score_bins, [pair]),
        )
        printed = version.with_user(self.owner)._printed_card()["groups"][-1]
        self.assertEqual(printed["name"], "Expected Revenue with Country")
        self.assertEqual(printed["rows"][0]["label"], "10,000 to 100,000 and Belgium")
        self.assertEqual(printed["rows"][0]["points_text"], "+0.80")
        self.deployment.feature_ids[1].sensitive = True
        printed = version.with_user(self.owner)._printed_card()["groups"][-1]
        self.assertEqual({row["label"] for row in printed["rows"]}, {"protected"})

    def test_a_score_says_what_it_rests_on_too_little(self):
        lead = self.make_leads(country_id=self.env.ref("base.jp").id)
        self.deployment._score(lead, now=NOW)
        self.assertIn("Country: never seen before", self.score_of(lead).reasons)
        rare = self.make_leads(country_id=self.france.id)
        self.deployment._score(rare, now=NOW)
        self.assertIn("Country: only 2 similar records so far", self.score_of(rare).reasons)
        self.assertIn("Expected Revenue: never empty before", self.version._support_texts("000300"))
        usual = self.make_leads()
        self.deployment._score(usual, now=NOW)
        self.assertNotIn("?", self.score_of(usual).reasons)

    def test_names_from_data_cannot_break_out_of_the_card(self):
        self.deployment.feature_ids[0].name = "<script>alert(1)</script>"
        self.belgium.name = "<b>Belgium</b>"
        version = self.keep(self.deployment, self.card())
        self.assertNotIn("<script", version.card_html)
        self.assertNotIn("<b>Belgium", version.card_html)

    # Promotion

    def test_owner_deputy_and_administrator_promote_and_nobody_else(self):
        self.deployment.reviewer_ids += self.other_owner
        for person in (self.reviewer, self.other_owner, self.auditor):
            version = self.keep(self.deployment, self.card())
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                version.with_user(person).action_promote()
            self.assertFalse(version.is_serving)
        for person in (self.owner, self.deputy, self.manager):
            version = self.keep(self.deployment, self.card())
            version.with_user(person).action_promote()
            self.assertEqual(self.deployment.champion_id, version)
            self.assertTrue(version.is_serving)
            assignment = self.deployment.assignment_ids.filtered(lambda a, version=version: a.version_id == version)
            self.assertEqual((assignment.user_id, assignment.reason), (person, "Promoted manually"))

    def test_an_owner_of_something_else_promotes_nothing(self):
        version = self.keep(self.deployment, self.card())
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            version.with_user(self.other_owner).action_promote()

    def test_a_version_that_did_worse_is_not_promoted(self):
        version = self.keep(self.deployment, self.card(), verdict="worse", verdict_text="By 3 points.")
        for person in (self.owner, self.manager):
            with self.assertRaisesRegex(UserError, "performed worse .* By 3 points"):
                version.with_user(person).action_promote()
        for verdict in ("better", "inconclusive"):
            version = self.keep(self.deployment, self.card(), verdict=verdict)
            version.with_user(self.owner).action_promote()
            self.assertEqual(self.deployment.champion_id, version)

    def test_going_back_gives_the_same_scores(self):
        lead = self.make_leads(expected_revenue=20000)
        self.deployment._score(lead, now=NOW)
        first = self.score_of(lead).predicted_value
        self.keep(self.deployment, self.card(high=-2.0)).action_promote()
        self.deployment._score(lead, now=NOW)
        self.assertAlmostEqual(self.score_of(lead).predicted_value, probability(-1.0 - 2.0 + 1.0), 12)
        self.version.with_user(self.owner).action_promote()
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.score_of(lead).predicted_value, first)

    # Reasons

    def test_reasons_stand_in_the_order_of_their_strength_with_their_direction(self):
        # revenue under 1,000: -1.0; Belgium: +1.0; over 10,000: +1.5; United States: -0.5
        for values, expected in (
            (
                {"expected_revenue": 20000, "country_id": self.usa.id},
                ["▲ Expected Revenue: 10,000 to 100,000", "▼ Country: United States"],
            ),
            (
                {"expected_revenue": 10, "country_id": self.usa.id},
                ["▼ Expected Revenue: 0 to 1,000", "▼ Country: United States"],
            ),
            ({"expected_revenue": 5000, "country_id": self.belgium.id}, ["▲ Country: Belgium"]),
        ):
            lead = self.make_leads(**values)
            self.deployment._score(lead, now=NOW)
            with self.subTest(values=values):
                self.assertEqual(self.score_of(lead).reasons.splitlines()[: len(expected)], expected)
                self.assertEqual(self.inferences_of(lead).reasons, self.score_of(lead).reasons)

    def test_what_adds_nothing_is_no_reason(self):
        lead = self.make_leads(expected_revenue=5000, country_id=self.belgium.id, source_id=False)
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.score_of(lead).reasons, "▲ Country: Belgium")

    def test_reasons_hold_contributions_that_add_up_to_the_score(self):
        lead = self.make_leads(expected_revenue=20000)
        self.deployment._score(lead, now=NOW)
        reasons = self.version._reasons(self.score_of(lead).sudo().codes)
        self.assertAlmostEqual(
            probability(-1.0 + sum(contribution for _name, _value, contribution in reasons)),
            self.score_of(lead).predicted_value,
            12,
        )

    def test_a_value_that_was_rare_has_no_name(self):
        lead = self.make_leads(country_id=self.env.ref("base.jp").id)
        self.deployment._score(lead, now=NOW)
        self.assertNotIn("Japan", self.score_of(lead).reasons)

    def test_reasons_are_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.belgium.with_context(lang="fr_FR").name = "Belgique"
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        score = self.score_of(lead)
        self.assertIn("Belgium", score.with_context(lang="en_US").reasons)
        self.assertIn("Belgique", score.with_context(lang="fr_FR").reasons)

    def test_without_a_score_there_are_no_reasons(self):
        self.assertEqual(self.version._reasons(None), [])
        self.assertEqual(self.version.browse()._reasons("0300"), [])
