"""Daily steps of alerts: one list, in order of execution.

Each is a method of `ai.deployment.alert`, in the file of that model in the package named beside it. It returns
functions without arguments, each about one alert or one person, which are run one by one.
"""

DAILY_STEPS = (
    "_due_mutes",  # alerting
    "_due_escalations",  # alerting
    "_due_gates",  # gate
    "_due_digests",  # alerting
)
