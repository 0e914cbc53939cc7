import pytest

from queryd.encodings import accepts_gzip


@pytest.mark.parametrize("header", ["gzip", "br, gzip", "GZIP;q=0.5", "*", "x-gzip", "deflate, *;q=0.1", "*;q=0, gzip"])
def test_gzip_is_taken(header):
    assert accepts_gzip(header)


@pytest.mark.parametrize("header", [None, "", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "gzip;q=x", "gzip; q = 0"])
def test_gzip_is_not_taken(header):
    assert not accepts_gzip(header)
