"""What follows for alerts once a day: one list, in the order of the steps.

Each is a method of `ai.deployment.alert`, in the file of that model in the package named beside it. It returns
functions without arguments, each about one alert or one person, which are run one by one.
"""

DAILY_STEPS = (
    "_due_mutes",  # alerting
    "_due_escalations",  # alerting
    "_due_gates",  # gate
    "_due_digests",  # alerting
)
