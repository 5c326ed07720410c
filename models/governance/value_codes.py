"""Units, periods and own measures of `ai.deployment.value`."""

UNITS = [("share", "Share"), ("days", "Days"), ("minutes", "Minutes"), ("money", "Money")]
PERIODS = [("before", "Before"), ("after", "Since going live"), ("holdout", "Compared with the hold-out group")]
NET, RUNNING, REVIEWING, CALLS = "net", "running", "reviewing", "calls"
MONTH_DAYS = 365.25 / 12
