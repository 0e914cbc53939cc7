"""The gist of an error body: whatever an upstream, a gateway or a proxy in between sent."""

import pytest

from queryd.request_log.error_text import GIST_CHARACTERS, gist, message_shape, said, words_of


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


@pytest.mark.parametrize(
    ("message", "shape"),
    [
        ("dial tcp 10.0.0.1:443: connect: connection refused", "dial tcp …: connect: connection refused"),
        ("dial tcp [2606:4700::6812:1f]:443: i/o timeout", "dial tcp …: i/o timeout"),
        ("no route to fe80::1%eth0", "no route to …"),
        ('Post "https://api.example.com/v1/x?key=3": EOF', 'Post "…": EOF'),
        ("bob@example.com has no seat", "… has no seat"),
        ("Limit 30,000, used 29,871. Try again in 1.5s.", "Limit #, used #. Try again in #s."),
        ("std::string a::b at 12:30:45", "std::string a::b at #"),
        ("request req_011CPqXvR8 of org-4f2c9d1ab3", "request … of …"),
    ],
)
def test_a_shape_has_places_for_addresses_ids_and_numbers(message, shape):
    assert message_shape(message) == shape
    assert message_shape(shape) == shape


def test_a_shape_holds_no_secret_and_is_short():
    body = '{"error":{"message":"bad key sk-proj-AbCdEfGhIjKlMnOp for bob@example.com"}}'
    assert not {"AbCdEf", "bob"} & {part for part in ("AbCdEf", "bob") if part in said(body)[1]}
    assert len(said("9." * 5_000)[1]) <= GIST_CHARACTERS
    assert said("") == ("", "")


def test_the_words_to_search_for_stand_in_every_body():
    bodies = [f'{{"error":{{"message":"{n} tokens left \\n of \\"all\\" for request {n}"}}}}' for n in (7, 8)]
    assert words_of(said(bodies[0])[1], bodies) is None
    assert words_of("# tokens left for you, try in # s", ["7 tokens left for you, try in 3 s"]) == (
        "tokens left for you, try in"
    )
    assert words_of("# of #", ["7 of 8"]) is None
