"""Selection values of reviews that the record and several services share."""

DECISIONS = [
    ("confirmed", "The score is right"),
    ("overridden", "The score is wrong"),
    ("unsure", "Cannot tell"),
    ("rescored", "Scored again"),
]
KINDS = [
    ("first", "First review"),
    ("reopened", "Reopened"),
    ("second_opinion", "Second opinion"),
    ("four_eyes", "Second person"),
]
JUDGEMENTS = ("confirmed", "overridden")  # decisions that say something about the truth
TRUTHS = ("positive", "negative")  # answers to a question whose score is hidden
ANOTHER = ("second_opinion", "four_eyes")  # kinds that need somebody who has not answered before
ANY = "any"  # a reason that may be given with each answer
