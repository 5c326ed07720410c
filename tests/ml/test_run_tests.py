"""Each test goes to the runner that knows it."""

import pytest

from lib.run_tests import by_runner

PLAIN, OTHER = "tests/ml/test_drift.py", "tests/gate/test_gates.py"


@pytest.mark.parametrize(
    ("part", "arguments", "plain", "others"),
    [
        ("ml", [], [], []),
        ("ml", ["-k", "TestA"], ["-k", "TestA"], []),
        ("nightly", [], [], []),
        ("nightly", [OTHER], [], [OTHER]),
        ("nightly", [PLAIN], [PLAIN], []),
        ("nightly", [PLAIN, OTHER], [PLAIN], [OTHER]),
        (
            "nightly",
            [OTHER, f"{PLAIN}::test_a", "TestB.test_c", "-x"],
            [f"{PLAIN}::test_a", "-x"],
            [OTHER, "TestB.test_c"],
        ),
        ("odoo", ["tests/remote/test_asking.py", "tests/review"], ["tests/remote/test_asking.py"], ["tests/review"]),
        ("odoo", ["TestA", "tests/review"], [], ["TestA", "tests/review"]),
        ("nightly", [PLAIN, "-k", "slow"], [PLAIN, "-k", "slow"], []),
    ],
)
def test_each_test_goes_to_its_runner(part, arguments, plain, others):
    assert by_runner(part, arguments) == (plain, others)
