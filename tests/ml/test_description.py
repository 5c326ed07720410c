"""The page of the app: every picture that it shows is there, and none is too large for a page."""

import re

from lib.places import REPO

DESCRIPTION = REPO / "static" / "description"
MOST_BYTES = 250_000


def test_every_picture_of_the_page_is_there_and_described():
    page = (DESCRIPTION / "index.html").read_text(encoding="utf-8")
    shown = re.findall(r'<img [^>]*src="([^"]+)"', page)
    assert len(shown) >= 4
    assert len(shown) == len(re.findall(r'<img [^>]*alt="[^"]{10,}"', page))
    for name in [*shown, "icon.png", "banner.png"]:
        assert 0 < (DESCRIPTION / name).stat().st_size < MOST_BYTES, name
