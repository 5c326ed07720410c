"""Limits: the page of them says what the code does, and what is a limit."""

from lib import limits
from lib.limits import Limit

SOURCE = '''"""Tests nothing twice."""

# Of all looks together.
LEVEL = 0.05
RATIO = (2, 0.5)  # times,
# not two of them, as this stands alone
FEWEST = {"won": 15, "lost": 15}  # cases
NAMED = "x"  # no number
OTHERS = LEVEL  # a name
SEED = 7  # no limit
ROUNDS = 30  # effort
SILENT = 3
AWAY = timedelta(days=3)  # from the last look
FEW, MANY = 3, 9  # cases, either way
SINCE = AWAY - timedelta(days=1)  # of another limit
COUNTED = len((1, 2))  # no number of its own
_PRIVATE = 4  # of this module
ON = True  # no number
'''


def test_numbers_with_a_reason_are_limits_and_nothing_else_is():
    assert limits.limits_of(SOURCE) == [
        Limit("LEVEL", "0.05", "Of all looks together."),
        Limit("RATIO", "(2, 0.5)", "times,"),
        Limit("FEWEST", "{'won': 15, 'lost': 15}", "cases"),
        Limit("AWAY", "timedelta(days=3)", "from the last look"),
        Limit("FEW, MANY", "(3, 9)", "cases, either way"),
    ]


def test_a_page_has_a_section_for_each_module_that_has_one(tmp_path):
    for folder in limits.FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "ml" / "one.py").write_text(SOURCE)
    (tmp_path / "ml" / "none.py").write_text("")
    text = limits.page(tmp_path)
    assert "## ml/one.py\n\nTests nothing twice.\n\n| limit | value" in text and "none.py" not in text
    assert "| `FEWEST` | `{'won': 15, 'lost': 15}` | cases |" in text


def test_the_page_says_what_the_code_does():
    """A limit that is changed is changed for everybody who relies on it: the page is changed with it."""
    stored = (limits.REPO / limits.PAGE).read_text().split("\n## ")
    assert stored == limits.page().split("\n## ")
