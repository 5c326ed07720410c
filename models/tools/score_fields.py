"""The fields through which scored documents show a score."""

SCORE_COLUMNS = {"ai_score": "predicted_value", "ai_confidence": "confidence", "ai_score_date": "date"}
SHOWN = {*SCORE_COLUMNS, "ai_is_fallback", "ai_score_state", "ai_band"}
SCORE_FIELDS = {
    *SHOWN,
    "ai_score_text",
    "ai_score_help",
    "ai_change_text",
    "ai_missing_text",
    "ai_reasons",
    "ai_needs_review",
    "ai_needs_my_review",
    "ai_review_text",
}
