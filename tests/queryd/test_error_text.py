"""The gist of an error body: whatever an upstream, a gateway or a proxy in between sent."""

import pytest

from queryd.request_log.error_text import GIST_CHARACTERS, gist


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error":{"type":"rate_limit_error","message":"slow\\n down"}}', "slow down"),
        ('{"error":"token expired"}', "token expired"),
        ('{"detail":"not allowed"}', "not allowed"),
        ('[{"error":{"message":"quota"}}]', "quota"),
        ('{"error":{"code":7}}', '{"error":{"code":7}}'),
        ('{"error":{"message":"cut off \\"here\\" and', 'cut off "here" and'),
        ("upstream error", "upstream error"),
        (
            "<!DOCTYPE html>\n<html><head><title>502 Bad\n Gateway</title></head><body>nginx</body></html>",
            "502 Bad Gateway",
        ),
        ("<html><body><h1>Error&nbsp;<b>1015</b></h1>You are being rate limited</body></html>", "Error 1015"),
        ("<html><style>p{color:red}</style><body><p>Forbidden &amp; logged</p>", "Forbidden & logged"),
        ("<html><script>let title = '<h2>';", "<html><script>let title = '<h2>';"),
        ("<error>no page</error>", "<error>no page</error>"),
        ("", ""),
    ],
)
def test_what_a_body_says(body, said):
    assert gist(body) == said


def test_a_gist_is_short_and_holds_no_key():
    assert len(gist("x" * 5_000)) == GIST_CHARACTERS
    assert len(gist("<html>" + "<title>" * 100_000)) <= GIST_CHARACTERS
    assert "AbCdEfGhIjKlMnOp" not in gist("<html><title>bad key sk-proj-AbCdEfGhIjKlMnOp</title>")
