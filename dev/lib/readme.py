"""The part of README.md and of the wheel's description that is made from the fragments in readme/."""

import argparse
import sys

from .places import REPO

TITLES = {"DESCRIPTION": "", "INSTALL": "Installation", "CONFIGURE": "Configuration", "USAGE": "Usage"}
BEGIN, END = "<!-- made from readme/ by dev/wheel --readme -->", "<!-- end of what is made -->"


def fragments():
    """The fragments as one text, with a heading each."""
    parts = []
    for name, title in TITLES.items():
        text = (REPO / "readme" / f"{name}.md").read_text(encoding="utf-8").strip()
        parts.append(f"## {title}\n\n{text}" if title else text)
    return "\n\n".join(parts)


def with_fragments(text):
    """The text of README.md with the part between the marks made anew."""
    before, _, rest = text.partition(BEGIN)
    _old, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{fragments()}\n{END}{after}"


def main():
    parser = argparse.ArgumentParser(prog="dev/wheel --readme")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    target = REPO / "README.md"
    text = target.read_text(encoding="utf-8")
    made = with_fragments(text)
    if options.check:
        return int(made != text)
    target.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
