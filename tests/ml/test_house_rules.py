"""Each house rule finds the fault planted for it, with file, line and reason, and nothing in a tree without faults."""

import textwrap

import pytest

from lib import house_rules
from lib.house import figures, layers, names, records, tested
from lib.house.source import House, model_of

MAP = """
    from . import tools  # first
    from . import deployment
    from . import gate  # last
    from . import res_users
"""
MODEL = """
    class AiDeployment(models.Model):
        _inherit = "ai.deployment"

        def {name}(self):
            return {body}
"""
SOUND = {
    "__init__.py": "from . import models",
    "models/__init__.py": MAP,
    "models/res_users.py": "class ResUsers(models.Model):\n    _inherit = 'res.users'",
    "models/tools/__init__.py": "from . import clock",
    "models/tools/clock.py": "def now() -> int:\n    return 0",
    "models/deployment/__init__.py": "from . import ai_deployment",
    "models/deployment/ai_deployment.py": MODEL.format(name="_promote", body="self._step_of_gate()"),
    "models/deployment/events.py": 'STATE_CHANGED = (\n    "_step_of_gate",  # gate\n)',
    "models/gate/__init__.py": "from . import ai_deployment",
    "models/gate/ai_deployment.py": MODEL.format(name="_step_of_gate", body="clock.now()"),
    "tests/__init__.py": "from .tools import *\nfrom .deployment import *\nfrom .gate import *",
    "tests/tools/__init__.py": "from . import test_clock",
    "tests/tools/test_clock.py": "",
    "tests/deployment/__init__.py": "from . import test_ai_deployment",
    "tests/deployment/test_ai_deployment.py": "",
    "tests/gate/__init__.py": "from . import test_ai_deployment",
    "tests/gate/test_ai_deployment.py": "",
}


@pytest.fixture
def planted(tmp_path):
    """Return a function that writes a sound tree with these files changed, and hands back its House."""

    def plant(files=None, rebuilt=("tools", "deployment", "gate")):
        for name, text in {**SOUND, **(files or {})}.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).strip() + "\n")
        return House(tmp_path, rebuilt)

    return plant


def told(house, found):
    return [(str(file.relative_to(house.root)), line, text) for file, line, text in found]


def test_a_sound_tree_breaks_no_rule(planted):
    house = planted()
    assert told(house, house_rules.breaches(house)) == []
    assert house.packages == ["tools", "deployment", "gate"]


def test_an_import_against_the_order_of_packages(planted):
    house = planted({"models/tools/clock.py": "def now():\n    from ..gate import ai_deployment"})
    [(file, line, text), (_file, _line, other)] = told(house, layers.imports_run_down(house))
    assert (file, line) == ("models/tools/clock.py", 2)
    assert "models/tools must not import models.gate" in text and "gate stands below" in text
    assert "models.gate.ai_deployment" in other


def test_an_import_of_what_is_loaded_after_all_packages(planted):
    house = planted({"models/gate/ai_deployment.py": "from ..res_users import ResUsers"})
    found = told(house, layers.imports_run_down(house))
    assert {(file, line) for file, line, _text in found} == {("models/gate/ai_deployment.py", 1)}


def test_an_import_of_a_wizard_by_a_model(planted):
    house = planted({"models/gate/ai_deployment.py": "from ...wizards import retire", "wizards/retire.py": ""})
    assert "stands above" in told(house, layers.imports_run_down(house))[0][2]


def test_the_class_of_an_object_that_is_handed_over_may_be_named(planted):
    house = planted({"models/tools/clock.py": "if TYPE_CHECKING:\n    from ..gate import ai_deployment"})
    assert told(house, layers.imports_run_down(house)) == []


def test_a_second_extension_of_a_model_in_one_package(planted):
    house = planted({"models/gate/ai_deployment_held.py": MODEL.format(name="_held", body="0")})
    [(file, line, text), (_file, _line, name)] = told(house, records.one_file_per_model(house))
    assert (file, line) == ("models/gate/ai_deployment_held.py", 1)
    assert "gate extends ai.deployment already in models/gate/ai_deployment.py" in text
    assert "file named after it: ai_deployment.py" in name


def test_two_models_in_one_file(planted):
    second = (
        "class Other(models.Model):\n    _name = 'ai.deployment'\n\nclass Third(models.Model):\n    _name = 'third'"
    )
    house = planted({"models/gate/ai_deployment.py": second})
    [(_file, line, text)] = told(house, records.one_file_per_model(house))
    assert line == 4 and "third.py" in text


def test_packages_that_are_not_rebuilt_are_left_alone(planted):
    files = {"models/gate/ai_deployment_held.py": MODEL.format(name="_promote", body="0")}
    house = planted(files, rebuilt=("tools", "deployment"))
    assert told(house, house_rules.breaches(house)) == []
    assert told(house, records.one_file_per_model(planted(files)))


def test_a_method_that_is_overridden_within_the_addon(planted):
    house = planted({"models/gate/ai_deployment.py": MODEL.format(name="_promote", body="super()._promote()")})
    [(file, line, text)] = told(house, records.no_own_overrides(house))
    assert (file, line) == ("models/gate/ai_deployment.py", 4)
    assert "_promote of ai.deployment is defined in models/deployment/ai_deployment.py too" in text


def test_a_private_name_that_is_defined_nowhere(planted):
    house = planted({"models/gate/ai_deployment.py": MODEL.format(name="_step_of_gate", body="self._gone()")})
    [(file, line, text)] = told(house, names.private_names_exist(house, {"_read_group"}, set()))
    assert (file, line) == ("models/gate/ai_deployment.py", 5)
    assert "_gone is defined neither in the addon nor in ODOO_NAMES of dev/lib/house_rules.py" in text


def test_private_names_that_fields_and_crons_name(planted):
    files = {
        "models/res_users.py": "class ResUsers(models.Model):\n    a = fields.Char(compute='_compute_a', sum='_other')",
        "data/cron.xml": "<odoo>\n<field>model._cron_gone()</field>\n</odoo>",
    }
    house = planted(files)
    found = told(house, names.private_names_exist(house, set(), set()))
    assert [(file, line) for file, line, _text in found] == [("models/res_users.py", 2), ("data/cron.xml", 2)]


def test_names_of_odoo_and_of_python_are_known(planted):
    house = planted({"models/tools/clock.py": "def now(model):\n    return model._fields, model._asdict()"})
    assert told(house, names.private_names_exist(house, {"_fields"}, {"_asdict"})) == []


def test_an_event_step_that_no_package_defines(planted):
    house = planted({"models/deployment/events.py": 'A = (\n    "_step_of_gate",  # gate\n    "_gone",  # gate\n)'})
    [(file, line, text)] = told(house, names.event_steps_exist(house))
    assert (file, line) == ("models/deployment/events.py", 3)
    assert "_gone is no method of ai.deployment" in text


def test_an_event_step_that_another_package_defines(planted):
    files = {"models/deployment/events.py": 'A = (\n    "_promote",  # gate\n)'}
    house = planted(files)
    assert "_promote is defined in deployment, not in gate" in told(house, names.event_steps_exist(house))[0][2]
    assert told(house, names.event_steps_exist(planted(files, rebuilt=("tools",)))) == []


@pytest.mark.parametrize("comment", ["# fmt: skip", "#fmt: off", "# fmt:off  # really"])
def test_a_comment_that_switches_the_formatter_off(planted, comment):
    house = planted({"models/tools/clock.py": f"VALUE = 1\nOTHER = 2  {comment}"})
    [(file, line, _text)] = told(house, layers.formatted_as_it_is(house))
    assert (file, line) == ("models/tools/clock.py", 2)


def test_a_text_about_the_formatter_is_no_such_comment(planted):
    house = planted({"models/tools/clock.py": 'VALUE = "# fmt: skip"'})
    assert told(house, layers.formatted_as_it_is(house)) == []


def test_a_text_that_no_export_finds(planted):
    house = planted({"models/tools/clock.py": "A = env._('Found')\nB = f\"{A}: {env._('Never found')}\""})
    [(file, line, text)] = told(house, layers.texts_are_found(house))
    assert (file, line) == ("models/tools/clock.py", 2) and "not translated" in text
    house = planted({"models/tools/clock.py": "words = env._\nA = words('Never found')"})
    assert [line for _file, line, _text in told(house, layers.texts_are_found(house))] == [1]


def test_a_service_without_a_test_file_of_its_name(planted):
    files = {
        "models/gate/judge.py": "def judge():\n    return 1",
        "models/gate/names.py": "LIMIT = 1",
        "models/gate/evidence/owner.py": "def find():\n    return 1",
        "tests/gate/test_evidence_owner.py": "",
    }
    house = planted(files)
    [(file, line, text)] = told(house, tested.each_has_a_test(house))
    assert (file, line) == ("models/gate/judge.py", 1)
    assert "tests/gate/test_judge.py" in text
    assert told(house, tested.each_has_a_test(planted(files, rebuilt=("tools",)))) == []


@pytest.mark.parametrize(
    "line",
    [
        "from .test_other import Thing",
        "from . import test_other",
        "from odoo.addons.ai_deployment.tests.gate.test_other import X",
    ],
)
def test_a_test_file_that_imports_another(planted, line):
    house = planted({"tests/gate/test_ai_deployment.py": line, "tests/gate/test_other.py": ""})
    found = told(house, tested.tests_stand_alone(house))
    assert {(file, line) for file, line, _text in found} == {("tests/gate/test_ai_deployment.py", 1)}
    assert "common.py" in found[0][2]


def test_a_common_file_may_be_imported(planted):
    house = planted({"tests/gate/test_ai_deployment.py": "from .common import Thing", "tests/gate/common.py": ""})
    assert told(house, tested.tests_stand_alone(house)) == []


def test_a_plain_test_that_imports_another(planted):
    house = planted({"tests/ml/test_a.py": "from test_b import rows", "tests/ml/test_b.py": ""})
    assert [(file, line) for file, line, _text in told(house, tested.tests_stand_alone(house))] == [
        ("tests/ml/test_a.py", 1)
    ]


@pytest.mark.parametrize(
    ("file", "hidden"),
    [("tests/gate/test_more.py", {}), ("tests/later/test_x.py", {"tests/later/__init__.py": "from . import test_x"})],
)
def test_a_test_file_that_odoo_never_runs(planted, file, hidden):
    house = planted({file: "", **hidden})
    [(found, _line, text)] = told(house, tested.tests_are_imported(house))
    assert found == file and "never runs" in text


def test_plain_python_that_imports_odoo_or_the_models(planted):
    house = planted({"ml/rates.py": "def f():\n    from odoo import fields\n    from ..models import tools"})
    found = told(house, layers.plain_python(house))
    assert [(file, line) for file, line, _text in found][:2] == [("ml/rates.py", 2)] * 2
    assert any("models.tools" in text for _file, _line, text in found)


def test_scikit_learn_where_the_addon_is_imported(planted):
    files = {
        "models/gate/ai_deployment.py": "import sklearn",
        "models/tools/clock.py": "from ...ml import rates",
        "ml/rates.py": "from scipy.stats import beta",
        "ml/lazy.py": "def f():\n    import scipy",
    }
    house = planted(files)
    found = [(file, line) for file, line, _text in told(house, layers.light_import(house))]
    assert set(found) == {("models/gate/ai_deployment.py", 1), ("ml/rates.py", 1)}


def test_the_model_of_a_class():
    import ast

    def of(body, base="models.Model"):
        return model_of(ast.parse(f"class A({base}):\n    {body}").body[0])

    assert of("_inherit = 'res.users'") == "res.users"
    assert of("_name = 'a'; _inherit = ['b', 'c']") == "a"
    assert of("_inherit = ['b', 'c']") == "b"
    assert of("_inherit = 'res.users'", base="object") == ""
    assert of("pass") == ""


def test_the_knot_holds_the_files_that_call_each_other(planted):
    files = {
        "models/deployment/ai_deployment.py": MODEL.format(name="_promote", body="self._step_of_gate()"),
        "models/gate/ai_deployment.py": MODEL.format(name="_step_of_gate", body="self._settle()"),
        "models/tools/ai_deployment.py": MODEL.format(name="_settle", body="self._promote()"),
    }
    assert len(figures.largest_knot(planted(files), "ai.deployment")) == 3
    files["models/tools/ai_deployment.py"] = MODEL.format(name="_settle", body="self._settle()")
    assert len(figures.largest_knot(planted(files), "ai.deployment")) == 1


def test_figures_of_a_planted_tree(planted):
    sql = 'QUERY = """\nSELECT 1\n  FROM a\n"""\nNONE = "select nothing"\n'
    files = {
        "models/gate/judge.py": sql + "def judge(a: int) -> int:\n    return a.sudo()\n\ndef other(a):\n    return a",
        "docs/glossary.md": "| word | means |\n| --- | --- |\n| score | a number |",
        "ml/rates.py": "class A:\n    def __init__(self):\n        pass\n\n    def f(self, *, b: int) -> int: ...",
    }
    house = planted(files)
    found = {figure.name: figure for figure in figures.collect(house, set(), set())}
    value = {name: figure.value for name, figure in found.items()}
    assert value["methods_of_ai_deployment"] == 2
    assert value["files_of_ai_deployment"] == 2
    assert value["longest_raw_sql"] == 4 and found["longest_raw_sql"].unit == "lines"
    assert value["hinted_functions_of_services"] == pytest.approx(2 / 3, abs=0.001)
    assert value["hinted_functions_of_ml"] == 0.5
    assert value["hinted_functions_of_remote"] == 1.0
    assert value["glossary_rows"] == 1
    assert value["unresolved_private_names"] == value["doubled_overrides"] == value["fmt_comments"] == 0
    assert value["sudo_per_1000_lines_of_models"] > 12
    assert found["sudo_per_1000_lines_of_models"].met is False and found["glossary_rows"].met is True


def test_this_checkout_keeps_the_rules():
    assert [f"{file}:{line}: {text}" for file, line, text in house_rules.breaches(House())] == []
