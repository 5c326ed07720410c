"""Reading a compressed CSV file, with one clear sentence where it is another file."""

import csv
import gzip

from lib.talk import Failure


def rows(path, columns, expected, delimiter=","):
    """The lines of `path` as dictionaries; `columns` are those that have to be there, `expected` the file's name."""
    if not path:
        raise Failure(f"--data FILE is needed: {expected}.")
    try:
        with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
            lines = csv.DictReader(file, delimiter=delimiter)
            missing = set(columns) - set(lines.fieldnames or ())
            if missing:
                raise Failure(f"{path} is not {expected}: it has no column {', '.join(sorted(missing))}.")
            return list(lines)
    except (EOFError, UnicodeDecodeError, gzip.BadGzipFile) as error:
        raise Failure(f"{path} is not {expected}: {error}.") from None
