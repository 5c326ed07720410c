"""Masking never fails and never lets a secret through, whatever the secret and the text are."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from odoo.addons.ai_deployment.remote.masking import MASK, masked

MALFORMED = (
    "http://[x/secret-part",
    "http://[x/",
    "https://exa\u2100mple.com/secret-part",  # Unicode normalisation would change the host
    "https://user:pass-word@[::1/secret-part?token=abcd",
    "://",
    "https://",
    "https://#?",
    "http://\x00/abcd",
    "http://a:99999999/abcd",
    "\ud800://abcd/efgh",
)
signs = st.text(alphabet="ab/:?#=&@[]%•.\u2100\x00\n", max_size=30)
texts = st.text(max_size=60) | signs
addresses = st.builds(lambda scheme, rest: f"{scheme}://{rest}", st.sampled_from(["http", "https", ""]), texts)
secrets = texts | addresses | st.sampled_from(MALFORMED)


@given(before=texts, secret=secrets, after=texts)
@example(before="••", secret="••", after="•")
@example(before="a", secret=MASK, after="b")
@example(before="x•", secret="•y", after="y")
def test_it_never_raises_and_the_secret_never_shows(before, secret, after):
    for text in (before + secret + after, f"Invalid URL {secret!r}: no host", before, secret):
        shown = masked(text, secret)
        assert isinstance(shown, str)
        assert not secret or secret not in shown


@given(text=texts, secret=st.none() | st.just(""))
def test_without_a_secret_nothing_changes(text, secret):
    assert masked(text, secret) == text


@pytest.mark.parametrize("secret", MALFORMED)
def test_parts_of_a_malformed_address_are_masked_too(secret):
    shown = masked(f"It failed: {secret} (secret-part, pass-word).", secret)
    assert shown.startswith("It failed")
    for part in ("secret-part", "pass-word"):
        assert part not in secret or part not in shown


def test_parts_show_neither_quoted_nor_unquoted():
    secret = "https://hooks.example.com/T00/a%2Bb%20cd?key=gr%C3%BCn"
    for text in ("a+b cd", "a%2Bb%20cd", "grün", "gr%C3%BCn"):
        assert masked(f"at {text}", secret) == f"at {MASK}"
