"""What the course of a record says of it at a moment: the vocabulary. Each document reads it itself (`_ai_course`).

A course is what has happened to a record strictly before a moment. Nothing in it can come with the outcome.
"""

AGE = "age"
STAGE_DAYS = "stage_days"
STAGE_MOVES = "stage_moves"
ACTIVITIES = "activities"
CUSTOMER_MESSAGES = "customer_messages"
ANSWERS = "answers"
ANSWER_HOURS = "answer_hours"
WAITING_DAYS = "waiting_days"
MEETINGS = "meetings"
QUOTATIONS = "quotations"

COURSE = {
    AGE: "Age in days",
    STAGE_DAYS: "Days in the stage",
    STAGE_MOVES: "Stage changes",
    ACTIVITIES: "Activities done",
    CUSTOMER_MESSAGES: "Messages from the customer",
    ANSWERS: "Our answers",
    ANSWER_HOURS: "Hours since our last answer",
    WAITING_DAYS: "Days that the customer waits for an answer",
    MEETINGS: "Meetings held",
    QUOTATIONS: "Quotations",
}
# What is counted in days or hours; all others are numbers of something.
IN_DAYS, IN_HOURS = (AGE, STAGE_DAYS, WAITING_DAYS), (ANSWER_HOURS,)
# Days per unit of the measures that grow while time passes.
GROWS = {**dict.fromkeys(IN_DAYS, 1.0), **dict.fromkeys(IN_HOURS, 1 / 24)}
# Measures that only the tracking of the stage can tell.
OF_STAGE = (STAGE_DAYS, STAGE_MOVES)
# Measures that messages tell, and the fields of a message that decide what it is.
OF_MESSAGES = (ACTIVITIES, CUSTOMER_MESSAGES, ANSWERS, ANSWER_HOURS, WAITING_DAYS)
OF_A_MESSAGE = ("model", "res_id", "date", "message_type", "author_id", "subtype_id", "mail_activity_type_id")
# Measures that go on with a message of a kind.
WITH_ACTIVITY, WITH_ANSWER = frozenset({ACTIVITIES}), frozenset({ANSWERS, ANSWER_HOURS, WAITING_DAYS})
FROM_CUSTOMER = frozenset({CUSTOMER_MESSAGES, WAITING_DAYS})
