"""The rules of the house, run over this checkout: one line per breach, with file, line and the rule's reason.

The rules are in `lib.house`; here stand the lists that are kept by hand. `--json FILE|-` writes the figures instead
(`lib.house.figures`).
"""

import argparse
import functools
import sys
from collections.abc import Callable, Iterable

from .house import figures, layers, names, records, tested
from .house.source import Breach, House
from .places import REPO

# Private names of Odoo that the addon uses. A new one is added by hand: each may change with Odoo's next version.
ODOO_NAMES = {
    "_abstract",
    "_active_name",
    "_as_query",
    "_bus_send",
    "_calculate_company_based_kpi",
    "_callback",
    "_check_company_domain",
    "_cnx",
    "_commit_progress",
    "_compute_domain",
    "_condition_to_sql",
    "_description_selection",
    "_description_string",
    "_field_will_change",
    "_fields",
    "_filtered_access",
    "_for_xml_id",
    "_get",
    "_get_cache",
    "_get_group_ids",
    "_get_id",
    "_get_kpi_compute_parameters",
    "_get_moves_requiring_confirmation",
    "_get_records_action",
    "_has_field_access",
    "_is_internal",
    "_message_log",
    "_message_log_batch",
    "_origin",
    "_pls_get_safe_fields",
    "_post",
    "_read_group",
    "_render",
    "_table",
    "_to_sql",
    "_trigger",
    "_xmlid_to_res_id",
}
# Of NamedTuple, os and scikit-learn.
PYTHON_NAMES = {"_asdict", "_baseline_prediction", "_exit", "_predictors", "_replace"}


def rules() -> list[Callable[[House], Iterable[Breach]]]:
    """Return every rule, as a function of a checkout."""
    return [
        layers.plain_python,
        layers.light_import,
        layers.imports_run_down,
        layers.formatted_as_it_is,
        layers.texts_are_found,
        functools.partial(names.private_names_exist, odoo_names=ODOO_NAMES, python_names=PYTHON_NAMES),
        names.event_steps_exist,
        records.one_file_per_model,
        records.no_own_overrides,
        tested.tests_are_imported,
        tested.each_has_a_test,
        tested.tests_stand_alone,
    ]


def breaches(house: House) -> list[Breach]:
    """Return every breach in a checkout, sorted by file and line."""
    return sorted({breach for rule in rules() for breach in rule(house)})


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev/lint")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--typed", action="store_true", help="name the services that mypy checks")
    options = parser.parse_args()
    house = House(REPO)
    if options.typed:
        print(*(file.relative_to(REPO) for file in house.services()), sep="\n")
        return 0
    if options.json:
        return figures.tell(house, options.json, ODOO_NAMES, PYTHON_NAMES)
    found = breaches(house)
    gone = names.gone_from_odoo(ODOO_NAMES)
    found += [Breach(REPO / names.LIST, 1, f"Odoo has no {name} any more") for name in sorted(gone)]
    for file, line, text in found:
        print(f"{file.relative_to(house.root)}:{line}: {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
