"""Sentences that are stored once and read in the language of each reader.

A sentence that a cron composes is stored in every installed language: in a field with translations (`keep`), or as one
JSON value (`in_every_language`). Facts such as dates and names are written into it once, numbers as each reader is used
to.
"""

from collections.abc import Callable, Iterable
from typing import Any

from psycopg2.extras import Json

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL


class Told(str):
    """A sentence with its words in every installed language; as a string, those of where it was composed."""

    words: dict[str, str]


def languages(env: Environment) -> list[str]:
    """Return the codes of the installed languages."""
    return [code for code, _name in env["res.lang"].get_installed()]


def told(env: Environment, compose: Callable[[Environment], str]) -> Told:
    """Return the sentence of `compose`, which is called with an environment of each installed language."""
    words = {code: str(compose(in_language(env, code))) for code in languages(env)}
    text = words.get(env.lang or "en_US")
    found = Told(compose(env) if text is None else text)
    found.words = words
    return found


def told_alike(env: Environment, texts: dict[str, str], otherwise: str) -> Told:
    """Return a sentence of which the words are known: {language: text}; `otherwise` is said in the others."""
    return told(env, lambda there: texts.get(there.lang or "en_US", otherwise))


def in_language(env: Environment, code: str | None) -> Environment:
    """Return `env` in a language."""
    return env(context={**env.context, "lang": code}) if code and code != env.lang else env


def said_in(env: Environment, text: str) -> str:
    """Return the words of a sentence in the language of `env`; a plain text is what it is."""
    return text.words.get(env.lang or "en_US", str(text)) if isinstance(text, Told) else text


def keep(record: BaseModel, values: dict[str, Any]) -> None:
    """Store the words of the sentences among `values` in every language, in one statement.

    It changes no fact: records that refuse to be written keep their words by it, too.

    :param record: one record to which `values` were written
    """
    said = {
        name: text.words if "en_US" in text.words else {"en_US": str(text), **text.words}
        for name, text in values.items()
        if isinstance(text, Told) and text and len(text.words) > 1 and record._fields[name].translate
    }
    if not said:
        return
    record.flush_recordset(list(said))
    record.env.execute_query(
        SQL(
            "UPDATE %s SET %s WHERE id = %s RETURNING id",
            SQL.identifier(record._table),
            SQL(", ").join(SQL("%s = %s", SQL.identifier(name), Json(words)) for name, words in said.items()),
            record.id,
        )
    )
    record.invalidate_recordset(list(said))
    record.modified(list(said))


def same_everywhere(env: Environment, text: str) -> Told:
    """Return a sentence that is the same in every language; one that has its own words keeps them."""
    return text if isinstance(text, Told) else told(env, lambda _there: text or "")


def in_every_language(record: BaseModel, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return {language: {name: text}} of fields with translations, as one JSON value."""
    return {
        code: {name: record.with_env(in_language(record.env, code))[name] or "" for name in names}
        for code in languages(record.env)
    }
