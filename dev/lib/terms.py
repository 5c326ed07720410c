"""The texts of the addon as Odoo finds them, merged into the languages that there are.

Odoo writes the template; a language keeps the translation of each text that is still said, and gets an empty one for
each that is new. Comments and order are those of the template, so that a change shows as what it is.
"""

import re
import tempfile
from pathlib import Path

import polib

from . import databases, templates
from .odoo_process import must_succeed, shell
from .places import ADDON, REPO
from .talk import finish, say

FOLDER = REPO / "i18n"
TEMPLATE = FOLDER / f"{ADDON}.pot"
_EXPORT = """
from odoo.tools.translate import trans_export
with open("{file}", "wb") as file:
    trans_export(False, ["{addon}"], file, "po", env)
"""


def main():
    with databases.throwaway(templates.prepared("addon")) as database, tempfile.TemporaryDirectory() as folder:
        exported = Path(folder, "exported.pot")
        must_succeed(shell(database, _EXPORT.format(file=exported, addon=ADDON)), "Exporting the texts")
        texts = exported.read_text(encoding="utf-8")
    TEMPLATE.write_text(merged(texts, TEMPLATE.read_text(encoding="utf-8"), is_template=True)[0], encoding="utf-8")
    for file in sorted(FOLDER.glob("*.po")):
        text, missing = merged(texts, file.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8")
        for each in missing:
            say(f"{file.name}: {each!r}")


def merged(template, known, is_template=False):
    """Return (the file `known` with the texts of `template`, those that it has no translation for)."""
    heading, *blocks = _blocks(known)
    words = {_text(block, "msgid"): block[_place(block) :] for block in blocks}
    found, missing = {}, []
    for block in _blocks(template)[1:]:
        text = _text(block, "msgid")
        if not is_template and not _text(words.get(text, 'msgstr ""'), "msgstr"):
            missing.append(text)
        found[text] = block[: _place(block)] + ('msgstr ""' if is_template else words.get(text, 'msgstr ""'))
    return "\n\n".join([heading, *(found[text] for text in sorted(found))]) + "\n", sorted(missing)


def _blocks(text):
    return text.strip("\n").split("\n\n")


def _place(block):
    return block.index("\nmsgstr ") + 1


def _text(block, keyword):
    [lines] = re.findall(rf'^{keyword} ((?:".*"\n?)+)', block, re.MULTILINE)
    return "".join(polib.unescape(line[1:-1]) for line in lines.strip().split("\n"))


if __name__ == "__main__":
    finish(main)
