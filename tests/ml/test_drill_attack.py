"""`dev/drill attack`: its registry holds what it promises, and nothing gets through on a small database."""

import ast
import json
import os
import subprocess
from pathlib import Path

import pytest

DEV = Path(__file__).parents[2] / "dev"
KINDS = {
    "user_defaults",
    "onchange",
    "context_keys",
    "system_fields",
    "segregation_of_duties",
    "leaving_the_scope",
    "record_rules",
    "companies",
    "robustness",
}
LEAST_PER_KIND = 10


def attacks():
    """{kind: [(name, arguments of its registration)]}, read from the source: the attacks themselves need Odoo."""
    found = {}
    for file in sorted((DEV / "drills").glob("_attacks_*.py")):
        tree = ast.parse(file.read_text())
        [kind] = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and node.targets[0].id == "KIND"
        ]
        found[kind] = [
            (node.name, [ast.literal_eval(argument) for argument in decorator.args])
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            for decorator in node.decorator_list
        ]
    return found


def test_every_kind_has_its_attacks():
    found = attacks()
    assert set(found) == KINDS
    assert all(len(registered) >= LEAST_PER_KIND for registered in found.values())
    assert sum(map(len, found.values())) >= 60


def test_each_attack_says_who_tries_what_and_how_it_is_judged():
    names = []
    for registered in attacks().values():
        for name, arguments in registered:
            names.append(name)
            assert len(arguments) == 3 and all(arguments), name
    assert len(names) == len(set(names))


@pytest.mark.nightly
def test_nothing_gets_through_on_a_small_database(tmp_path):
    target = tmp_path / "figures.json"
    done = subprocess.run(
        [DEV / "drill", "attack", "--json", target],
        env={**os.environ, "AI_DEPLOYMENT_SMALL": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(target.read_text())["figures"]
    assert all(figure["met"] for figure in figures if figure["met"] is not None)
