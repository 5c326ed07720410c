"""Steps that follow an event of a deployment: one list per event, in order of execution.

Each step is a method of `ai.deployment`, in the file `ai_deployment.py` of the package named beside it. A package that
wants to follow an event adds its step here; it does not override the method that the event happens in.
"""

from collections.abc import Iterable

from odoo.models import BaseModel

# `write`: generators of (values). What stands before their `yield` runs before the change, in this order; what stands
# behind it runs afterwards, in the opposite order.
WRITTEN = (
    "_follow_written_checklist",  # governance
    "_follow_written_gate",  # review
    "_follow_written_holdout",  # routing
    "_follow_written_planning",  # governance
    "_follow_written_poc",  # governance
    "_follow_written_ownership",  # governance
    "_follow_written_fallback",  # resilience
    "_follow_written_approval",  # governance
    "_follow_written_stop",  # monitoring
    "_follow_written_health",  # health
    "_follow_written_review_rules",  # routing
    "_follow_written_reviewers",  # review
    "_follow_written_history",  # deployment
)
# `write`, once the values other than the state are written: functions of these values.
SETTINGS_WRITTEN = (
    "_follow_viewers",  # deployment
    "_follow_rules",  # scoring
)
# `create`, with the new deployments.
CREATED = (
    "_forget_remembered",  # deployment
    "_keep_first_transition",  # deployment
    "_make_review_rules",  # routing
    "_make_answers",  # review
    "_add_activity_channels",  # deployment
    "_start_checklists",  # governance
    "_check_all_named",  # governance
    "_check_new_expiry",  # governance
)
# The state changed, with the deployments that are in the new one.
STATE_CHANGED = (
    "_sync_action_menu",  # deployment
    "_sync_batches",  # deployment
    "_sync_review_activity",  # governance
    "_update_fallback",  # resilience
)
# Another version serves.
CHAMPION_CHANGED = (
    "_make_requests_due",  # scoring
    "_forget_rules",  # scoring
    "_resolve_rollback",  # training
    "_close_requests_to_retrain",  # training
    "_update_fallback",  # resilience
)
# Another version challenges, or none does any more.
CHALLENGER_CHANGED = (
    "_follow_challenger",  # training
)
# The serving version cannot be used.
VERSION_BROKEN = ("_update_fallback",)  # resilience
# The button that starts shadow was pressed.
SHADOW_STARTED = ("_score_open_records",)  # scoring
# A training has ended with a version.
TRAINED = ("_begin_replays",)  # onboarding
# What the state given still needs: each returns a sentence, empty where nothing is missing; the first one counts.
MISSING = (
    "_missing_poc",  # governance
    "_missing_lesson",  # governance
    "_missing_version",  # deployment
    "_missing_answers",  # training
    "_missing_evidence",  # governance
    "_missing_approval",  # governance
)
# What a version still needs before it may replace the serving one: the same, of methods that are handed the version.
MISSING_TO_PROMOTE = ("_missing_inputs_on", "_missing_answers_on", "_missing_shadow_on")  # training
# A version that was made elsewhere has arrived: methods that are handed the version.
ARRIVED = ("_let_challenge",)  # training
# Before the hourly look at health: methods without records.
BEFORE_HEALTH = ("_refresh_fallbacks",)  # resilience
# The share of records without a score is about to change.
HOLDOUT_CHANGES = ("_measure_holdout",)  # governance
# Once an hour, for each deployment that is live.
HOURLY = (
    "_look_at_owner",  # governance
    "_watch_findings",  # health
    "_update_fallback",  # resilience
    "_watch_probation",  # training
)
# The reports of the day on one live deployment are made.
REPORTED = ("_judge_challenger", "_evaluate_triggers")  # training
# Once a day, for each deployment that is live or a proof of concept.
DAILY = (
    "_watch_agreement",  # deployment
    "_watch_checklist",  # governance
    "_watch_proof",  # governance
    "_measure_weekly",  # governance
)


def follow(deployments: BaseModel, event: Iterable[str]) -> None:
    """Run the steps of `event` on these deployments, in order."""
    for step in event:
        getattr(deployments, step)()


def follow_version(version: BaseModel, event: Iterable[str]) -> None:
    """Run the steps of `event` on the deployment of `version`, which they are handed."""
    for step in event:
        getattr(version.deployment_id, step)(version)
