"""Who may read, create, write and delete what, and who may write which field. Written by hand.

A model or a stored field that is not here fails `test_access_matrix`: say who it is for, in one of the lists. What is
in no set of roles is nobody's.
"""

from .rights import NAMED_ROLES, Rights

NAMED = NAMED_ROLES
ANSWERABLE = frozenset({"owner", "deputy", "administrator"})
OWNERS = ANSWERABLE | {"pure_owner", "foreign_administrator"}  # who may make something of their own
REVIEWERS = OWNERS | {"reviewer"}
MANAGERS = frozenset({"administrator", "foreign_administrator"})
ADMINISTRATOR = frozenset({"administrator"})
AUDITOR = frozenset({"auditor"})
# The administrator of deployments reads nothing about documents that the administrator cannot read.
READERS_OF_DOCUMENTS = NAMED - {"administrator"}

MODELS = {
    # What people declare
    "ai.deployment": Rights(
        read=NAMED,
        create=OWNERS,
        write=ANSWERABLE,
        free="flag_rate audit_share band_high band_low batch_above blind_share double_share drift_sensitivity "
        "escalation_days fallback_below fallback_value floor_auc floor_precision four_eyes_amount has_own_bands "
        "horizon_days idle_days limits loss_false loss_missed max_interactions min_confidence name "
        "positive_weight probation_days promotion_policy purpose replay_count retrain_cost retrain_hours "
        "push_hours retraining_plan review_hours review_minutes reviewer_ids reviews_per_day routing "
        "score_nightly score_on_change score_on_create stop_after target_error target_risk training_megabytes "
        "training_seconds trainings_per_month value_hourly_cost value_margin value_minutes value_running_cost",
        judged="active budget_holder_id approver_id deputy_id domain expiry_date fallback landmarks method model_id "
        "review_date segment_field_id start_field_id state",
        owner="gate gate_from_amount gate_risk gate_score gate_stale_days gate_unavailable user_id",
        admin="company_id fallback_action_id gate_maker_may_pass grace_days is_primary poc_idle_weeks "
        "push_user_id retention_days viewer_group_ids",
        system="accepted_by_id accepted_date action_server_id live_since challenger_id champion_id check_template_id "
        "checks_taken drill_taken fallback_reason fallback_since has_edge_cases health_taken holdout_reason "
        "holdout_share holdout_since is_demonstration left_position lesson monitor_taken open_position res_model "
        "pushed_date retrain_event_id routing_thresholds routing_rules shown_until unowned_date",
        hidden="risk_state",
    ),
    "ai.deployment.feature": Rights(
        read=NAMED,
        create=OWNERS,
        write=ANSWERABLE,
        unlink=ANSWERABLE,
        free="direction own_name required sequence stands_alone tail weight window_days",
        judged="course end_path group_paths kind leak_override measure path sensitive source start_path together_id "
        "value_path",
        fixed="deployment_id",
        system="key leak_answered_by_id leak_answered_date leak_reason leak_verdict",
    ),
    "ai.deployment.trigger": Rights(
        read=NAMED,
        create=OWNERS,
        write=ANSWERABLE,
        unlink=ANSWERABLE,
        free="action active threshold",
        judged="kind",
        fixed="deployment_id",
        system="fired_date fired_reason fired_version_id",
    ),
    "ai.deployment.review.rule": Rights(
        read=NAMED,
        write=ANSWERABLE,
        free="amount cap is_on points priority",
        system="deployment_id reason",
    ),
    "ai.deployment.review.answer": Rights(
        read=NAMED,
        create=OWNERS,
        write=ANSWERABLE,
        unlink=ANSWERABLE,
        free="active asks_text code decision own_name sequence",
        fixed="deployment_id",
    ),
    "ai.deployment.channel": Rights(
        read=NAMED,
        create=OWNERS,
        write=ANSWERABLE,
        unlink=ANSWERABLE,
        free="send_when_empty frequency",
        judged="active credential discuss_channel_id kind partner_ids",
        fixed="deployment_id",
        system="failure_message last_sent_date summary_date",
    ),
    "ai.deployment.edge.case": Rights(
        read=NAMED,
        create=OWNERS,
        write=ANSWERABLE,
        unlink=ADMINISTRATOR,  # it was part of the go
        free="name note sequence",
        judged="domain drill_id instead kind words",
        fixed="deployment_id",
        system="evidence_fingerprint is_proved result tested_by_id tested_count tested_date",
    ),
    # What is asked of a deployment before it goes live. The row at hand is one of the template's: it stays.
    "ai.deployment.check": Rights(
        read=NAMED,
        create=OWNERS,
        write=ANSWERABLE,
        judged="dimension name requirement sequence",
        system="attachment_ids evidence_fingerprint code deployment_id evidence evidence_date minimum looked_date note "
        "res_id res_model rule signed_by_id signed_date state valid_days waived_by_id waived_until waiver_reason",
    ),
    # Deployments were made by it: it is archived instead of deleted.
    "ai.deployment.check.template": Rights(
        read=NAMED | {"pure_owner"},
        create=MANAGERS,
        write=ADMINISTRATOR,
        free="active name one_person",
        judged="company_id",
    ),
    "ai.deployment.check.template.line": Rights(
        read=NAMED | {"pure_owner"},
        create=MANAGERS,
        write=ADMINISTRATOR,
        unlink=ADMINISTRATOR,
        free="code dimension minimum name requirement sequence valid_days",
        judged="rule template_id",
    ),
    "ai.deployment.signature": Rights(
        read=NAMED,
        create=OWNERS,
        write=ANSWERABLE,
        unlink=ANSWERABLE,
        free="role",
        judged="user_id",
        fixed="deployment_id",
        system="digest signed_date",
    ),
    "ai.deployment.approval": Rights(
        read=NAMED,
        system="by_builder conditions date deployment_id evidence kind minutes next_review_date outcome user_id "
        "version_id",
    ),
    "ai.deployment.transition": Rights(read=NAMED, system="date deployment_id from_state reason to_state user_id"),
    "ai.deployment.version.answer": Rights(read=NAMED, system="date deployment_id questions reason user_id version_id"),
    "ai.deployment.drill": Rights(
        read=NAMED, system="date deployment_id details is_passed kind summary user_id version_id"
    ),
    # Its groups are applied to deployments that owners make from it, so administrators alone write it.
    "ai.deployment.template": Rights(
        read=frozenset({"owner", "pure_owner", "deputy", "administrator"}),
        create=MANAGERS,
        write=ADMINISTRATOR,
        free="active check_template_id description horizon_days icon imports_model input_count name purpose "
        "score_nightly score_on_change score_on_create sequence viewer_group_ids",
        judged="company_id landmarks method model_id",
        system="last_started",
    ),
    # Seen by whoever began it, as it shows records as that person may read them; made by the addon.
    "ai.deployment.onboarding": Rights(
        read=frozenset({"owner"}),
        write=frozenset({"owner"}),
        free="approver_id deputy_id horizon_days name owner_id reviewer_ids weekly_summary",
        admin="viewer_group_ids",
        system="company_id deployment_id is_open stage template_id twin_id user_id wants_second",
    ),
    "ai.deployment.onboarding.line": Rights(
        read=frozenset({"owner"}),
        write=frozenset({"owner"}),
        free="is_chosen",
        system="auc declaration example fill_share leak_reason leak_verdict onboarding_id",
    ),
    "ai.deployment.replay": Rights(
        read=NAMED,
        system="deployment_id end_date failure_message progress requested_date result seconds starts state user_id "
        "verdict",
    ),
    "ai.deployment.training": Rights(
        read=NAMED,
        system="attempt child_megabytes child_seconds data_date data_digest decision deployment_id dropped end_date "
        "failure interruptions is_automatic libraries parameters positive_count reason requested_date result_text "
        "row_count seed state user_id version_id",
    ),
    "ai.deployment.training.step": Rights(
        read=NAMED, system="code seconds sequence started_date state text training_id", hidden="answers"
    ),
    "ai.deployment.value": Rights(
        read=NAMED,
        system="assumption base_count base_value basis change change_high change_low code date deployment_id "
        "deviation domain end_date high horizon_days is_compared is_money has_enough_records kind low money "
        "money_high money_low nonzero_count period row_count start_date unit user_id value",
    ),
    # What came of it
    "ai.deployment.version": Rights(
        read=NAMED,
        system="endpoint_id "
        "challenge deployment_id digest flagged floors held_out kind left_out metrics not_judged number "
        "pipeline_digest pipeline_name pipeline_size positive_count questions row_count trained_by_id trained_date "
        "verdict verdict_text",
        hidden="golden",
        sensitive="artifact feature_specs pipeline_file reference stakes tested_artifact",
    ),
    "ai.deployment.assignment": Rights(
        read=NAMED,
        system="challenge deployment_id end_date end_reason failure_count failure_date look_count outcome_count reason "
        "role start_date user_id verdict verdict_date verdict_text version_id way",
    ),
    # It names records and what both versions say of them: for who decides.
    "ai.deployment.comparison": Rights(
        read=ANSWERABLE | AUDITOR,
        system="challenger_id deployment_id end_date record_count requested_date result_text serving_id state user_id",
        hidden="result",
    ),
    "ai.deployment.report": Rights(
        read=NAMED,
        system="blind_spot date deployment_id failed_count is_like is_provisional is_seasonal kind read_by_id "
        "read_date reference_count row_count summary verdict version_id window_end window_start",
    ),
    "ai.deployment.report.line": Rights(
        read=NAMED,
        system="adjusted_p codes effect exceeded high key label low p_value reference_share report_id sequence "
        "statistic test text threshold verdict weeks window_share",
    ),
    "ai.deployment.alert": Rights(
        read=NAMED,
        system="acknowledged_by_id acknowledged_date cause deployment_id escalated_date first_date last_date level "
        "line_id mute_reason muted_until name onset_date opened_date read_by_id read_date reopened_count report_id "
        "resolved_date state suggestion notified_date",
    ),
    # A summary is about all deployments of its owner, so it is not for the deputy of one of them.
    "ai.deployment.message": Rights(
        read=frozenset({"owner", "administrator", "auditor"}),
        system="alert_id attempts body bundled_in_id channel_id company_id deployment_id event failure_message "
        "handed_date lang link next_date partner_ids sent_date state subject user_id",
        hidden="mail_ids",
    ),
    "ai.deployment.endpoint": Rights(
        read=NAMED - {"reviewer"} | {"pure_owner"},
        create=MANAGERS,
        write=ADMINISTRATOR,
        unlink=ADMINISTRATOR,
        free="monthly_budget "
        "concurrency deadline_seconds is_paused name price_per_call price_per_token read_seconds rows_per_call",
        judged="active address credential protocol",
        admin="company_id",
        system="breaker tested tested_date",
    ),
    "ai.deployment.endpoint.call": Rights(
        read=NAMED - {"reviewer"},
        system="attempts date deployment_id duration_ms endpoint_id failure_message failure_type key price "
        "record_count status tokens version_id",
        hidden="received sent",
    ),
    "ai.deployment.endpoint.answer": Rights(
        system="confidence date failure_reason failure_type is_used key res_id value version_id", hidden="said told"
    ),
    "ai.deployment.push": Rights(
        read=NAMED - {"reviewer"},
        system="date deployment_id digest inference_ids key record_count user_id",
    ),
    "ai.deployment.answer.field": Rights(
        read=NAMED,
        create=OWNERS,
        write=ANSWERABLE,
        unlink=ANSWERABLE,
        free="own_name required sequence target_agreement writing",
        judged="domain key",
        fixed="deployment_id",
    ),
    "ai.deployment.proposal": Rights(
        read=READERS_OF_DOCUMENTS,
        system="company_id confidence date deployment_id failure_type inference_id judged_by_id judged_date key "
        "left_reason res_id res_model review_id undone_by_id undone_date verdict version_id written_by_id written_date",
        hidden="label old_value said stood_value value written_value",
    ),
    "ai.deployment.failure.detail": Rights(system="date deployment_id inference_id", hidden="details"),
    "ai.deployment.profile": Rights(
        read=NAMED - {"reviewer"}, system="day deployment_id row_count version_id", hidden="counts"
    ),
    "ai.deployment.reference": Rights(
        read=NAMED - {"reviewer"},
        system="adopted_by_id date deployment_id floors row_count version_id window_end window_start",
        sensitive="counts monthly",
    ),
    # Lines about documents
    "ai.deployment.inference": Rights(
        read=READERS_OF_DOCUMENTS,
        system="requested_day audit_chance company_id confidence date deployment_id failure_message failure_type "
        "incumbent_value is_first_inference latency_ms person_value predicted_value prediction res_id "
        "res_model review_reason route user_id version_id",
        hidden="codes inputs",
    ),
    "ai.deployment.score": Rights(
        read=READERS_OF_DOCUMENTS | {"seller"},  # sellers see on leads what stands on the lead itself
        system="company_id confidence date deployment_id failure_type holds_until is_changed next_meeting "
        "predicted_value prediction res_id res_model state version_id",
        hidden="amount codes",
    ),
    "ai.deployment.review": Rights(
        read=READERS_OF_DOCUMENTS,
        system="answer_id started_date closed_line company_id confidence deadline decided_by_id decided_date decision "
        "deployment_id escalation expired_date expired_reason failure_type returned_by_id ground_truth inference_id "
        "is_assigned is_blind is_label kind label_weight next_step_date note opened_date points predicted_value "
        "prediction previous_id priority reason reminded_date res_id res_model responsible_id reviewer_id "
        "seconds_spent state threshold version_id",
        hidden="amount fingerprint right_values screen_context",
    ),
    "ai.deployment.request": Rights(
        read=READERS_OF_DOCUMENTS,
        system="asks attempts company_id day deployment_id failure_message failure_type interruptions next_date res_id "
        "res_model",
    ),
    "ai.deployment.gate.event": Rights(
        read=READERS_OF_DOCUMENTS,
        system="company_id date deployment_id inference_id is_maker kind note reason res_id res_model review_id "
        "user_id waiver_id",
        hidden="codes fingerprint",
    ),
    # What the work keeps
    "ai.deployment.batch": Rights(
        read=NAMED | {"seller"},  # who asked for it
        system="action_id again requested_date jobs_since deployment_id end_date expected_reviews forecast_text "
        "paused_reason record_count state user_id waits_for_switch",
    ),
    "ai.deployment.batch.chunk": Rights(
        read=AUDITOR,
        system="attempts batch_id interruptions job_date outcome record_count record_ids state taken_date",
    ),
    "ai.deployment.ledger": Rights(
        read=NAMED,
        system="requested automatic cancelled company_id day deployment_id difference expired in_review reviewed "
        "unchanged waiting",
    ),
    "ai.deployment.requested": Rights(read=AUDITOR, system="action_id count date day deployment_id user_id"),
    "ai.deployment.quota": Rights(read=AUDITOR, system="day deployment_id offered planned reason used"),
    "ai.deployment.request.closed": Rights(read=AUDITOR, system="cancelled day deployment_id unchanged"),
    # A challenger's scores are shown to nobody.
    "ai.deployment.challenger.score": Rights(
        read=AUDITOR,
        system="company_id confidence date deployment_id failure_type is_first predicted_value prediction res_id "
        "res_model serving_id serving_prediction serving_value version_id",
    ),
    "ai.deployment.fallback.figure": Rights(read=AUDITOR, system="deployment_id res_id value"),
    "ai.deployment.outcome": Rights(system="date former_status reopened_date res_id res_model status survivor_id"),
    "ai.deployment.edit": Rights(system="date res_id res_model user_id"),
    "ai.deployment.day.count": Rights(
        system="requested automatic cancelled day deployment_id expired in_review reviewed unchanged"
    ),
    "ai.deployment.line.state": Rights(system="day deployment_id inference_id state"),
    "ai.deployment.waiver": Rights(
        read=NAMED,
        create=OWNERS,
        write=ANSWERABLE,
        free="active",
        judged="end_date",
        fixed="deployment_id note partner_id reason",
        system="changed_by_id user_id",
    ),
}

# Wizards: whoever opens one sees and changes that row alone. `create` says who may open it.
WIZARDS = {
    "ai.deployment.alert.mute": Rights(create=OWNERS, free="reason until", judged="alert_ids"),
    "ai.deployment.baseline": Rights(create=OWNERS, free="end_date start_date", fixed="deployment_id"),
    "ai.deployment.budget": Rights(create=OWNERS, free="cost hours start", fixed="deployment_id"),
    "ai.deployment.check.sign": Rights(create=OWNERS, free="note", judged="attachment_ids", fixed="check_id"),
    "ai.deployment.check.waive": Rights(create=MANAGERS, free="reason until", fixed="check_id"),
    "ai.deployment.approve": Rights(
        create=REVIEWERS,
        free="conditions minutes next_review_date outcome",
        fixed="approval_id deployment_id version_id",  # what the approver saw
    ),
    "ai.deployment.answer": Rights(create=OWNERS, free="reason", fixed="version_id"),
    "ai.deployment.extend": Rights(create=OWNERS, free="reason until", fixed="deployment_id"),
    "ai.deployment.gate.held": Rights(create=frozenset({"clerk"}), system="move_ids text"),
    "ai.deployment.gate.pass": Rights(free="move_id note"),  # members of "Pass the Gate", none of the roles here
    "ai.deployment.hand.over": Rights(
        create=OWNERS, free="note", judged="approver_id deputy_id user_id", fixed="deployment_id"
    ),
    "ai.deployment.health.address": Rights(create=MANAGERS),
    "ai.deployment.holdout": Rights(create=OWNERS, free="reason share", fixed="deployment_id"),
    "ai.deployment.record.evidence": Rights(create=REVIEWERS | AUDITOR, free="date res_id", fixed="deployment_id"),
    "ai.deployment.retire": Rights(create=OWNERS, free="lesson", fixed="deployment_id"),
    "ai.deployment.review.decide": Rights(create=REVIEWERS, free="decision note truth", judged="answer_id review_ids"),
    "ai.deployment.suspend": Rights(create=OWNERS, free="reason", fixed="deployment_id"),
    # Made by the addon for whoever asks for suggestions.
    "ai.deployment.suggest": Rights(fixed="deployment_id"),
    "ai.deployment.suggest.line": Rights(
        free="is_chosen",
        fixed="wizard_id",
        system="auc declaration example fill_share leak_reason leak_verdict name tells",
    ),
    "ai.deployment.version.bind": Rights(
        create=MANAGERS,
        free="confidence document id_in id_out inputs_text model positive prompt rows_in rows_out schema_text "
        "threshold value",
        judged="endpoint_id",
        fixed="deployment_id",
    ),
    "ai.deployment.version.import": Rights(
        create=MANAGERS, free="expected_digest file_name", judged="file", fixed="deployment_id"
    ),
}

# Fields of the addon on Odoo's own models: {model: {field: roles that may write it through their own rights there}}.
# Of those that are not stored it is checked that nobody can write them.
SHOWN = (
    "ai_score ai_confidence ai_score_date ai_score_state ai_score_text ai_score_help ai_band ai_is_fallback "
    "ai_missing_text ai_reasons ai_change_text ai_needs_review ai_needs_my_review ai_review_text"
)
ELSEWHERE = {
    "account.bank.statement.line": f"{SHOWN} ai_expected_text ai_is_held",  # inherited from its entry
    "account.move": f"{SHOWN} ai_expected_text ai_is_held",
    "crm.lead": SHOWN,
    # Settings of Odoo's own administrators; no role here may write these models.
    "digest.digest": "kpi_ai_open_alerts kpi_ai_open_alerts_value kpi_ai_open_reviews kpi_ai_open_reviews_value "
    "kpi_ai_scored kpi_ai_scored_value",
    "ir.actions.server": "state ai_deployment_id",
    "ir.cron": "state ai_deployment_id",
    "res.config.settings": "ai_deployment_allowed_hosts ai_deployment_documentation_url ai_deployment_grace_days "
    "ai_deployment_retention_days ai_deployment_review_days",
}
