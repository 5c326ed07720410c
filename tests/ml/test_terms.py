"""Translations are kept where a text is still said, and asked for where it is new."""

import pytest

pytest.importorskip("polib", reason="comes with Odoo")

from lib.terms import merged

HEADING = 'msgid ""\nmsgstr ""\n"Language: de\\n"'
TEMPLATE = f"""{HEADING}

#. module: x
#: code:addons/x/a.py:0
msgid "Kept"
msgstr ""

#. module: x
msgid ""
"A long "
"one"
msgstr ""

#. module: x
msgid "New"
msgstr ""
"""
KNOWN = f"""{HEADING}

#. module: x
msgid "Gone"
msgstr "Weg"

#: code:addons/x/old.py:0
msgid "Kept"
msgstr ""
"Behal"
"ten"

msgid "A long one"
msgstr "Lang"
"""


def test_what_is_still_said_keeps_its_words_and_what_is_new_is_told():
    text, missing = merged(TEMPLATE, KNOWN)
    assert missing == ["New"]
    assert text == (
        f'{HEADING}\n\n#. module: x\nmsgid ""\n"A long "\n"one"\nmsgstr "Lang"\n\n'
        '#. module: x\n#: code:addons/x/a.py:0\nmsgid "Kept"\nmsgstr ""\n"Behal"\n"ten"\n\n'
        '#. module: x\nmsgid "New"\nmsgstr ""\n'
    )


def test_a_template_holds_no_words():
    text, missing = merged(TEMPLATE, KNOWN, is_template=True)
    assert (missing, text.count('msgstr ""\n')) == ([], 4)


def test_merging_again_changes_nothing():
    text, _missing = merged(TEMPLATE, KNOWN)
    assert merged(TEMPLATE, text)[0] == text
