import pytest

from shared.error_class import ErrorClass, classify


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, "", ErrorClass.INVALID_REQUEST),
        (413, "", ErrorClass.INVALID_REQUEST),
        (422, "", ErrorClass.INVALID_REQUEST),
        (409, "", ErrorClass.INVALID_REQUEST),
        (408, "", ErrorClass.TIMEOUT),
        (504, "", ErrorClass.TIMEOUT),
        (499, 'Post "https://example.com": context canceled', ErrorClass.CANCELLED),
        (503, "", ErrorClass.OVERLOADED),
        (529, "", ErrorClass.OVERLOADED),
        (500, '{"error":"connection refused"}', ErrorClass.SERVER_ERROR),
        (500, "dial tcp: i/o timeout" + "x" * 10_000_000, ErrorClass.NETWORK),
        (500, "internal error", ErrorClass.SERVER_ERROR),
        (500, "tls: handshake failure", ErrorClass.NETWORK),
        (500, "read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer", ErrorClass.NETWORK),
        (502, "unexpected EOF", ErrorClass.SERVER_ERROR),
        (200, "unexpected EOF", ErrorClass.NETWORK),
        (200, "", ErrorClass.UNKNOWN),
        (0, "", ErrorClass.UNKNOWN),
        (302, "", ErrorClass.UNKNOWN),
    ],
)
def test_a_failure_has_the_class_of_its_status_unless_nothing_answered(status, body, expected):
    assert classify(failed=True, status_code=status, body=body) is expected


def test_a_success_has_no_class_whatever_its_status():
    assert classify(failed=False, status_code=500, body="EOF") is ErrorClass.NONE


def test_classes_fit_four_bits_and_keep_their_numbers():
    assert [error.label for error in ErrorClass] == [
        "none", "rate_limited", "unauthorized", "payment_required", "forbidden", "not_found", "invalid_request",
        "timeout", "cancelled", "overloaded", "server_error", "network", "unknown",
    ]  # fmt: skip
    assert list(ErrorClass) == list(range(13))


@pytest.mark.parametrize("error", ErrorClass)
def test_a_label_leads_back_to_its_class(error):
    assert ErrorClass.of_label(error.label) is error


@pytest.mark.parametrize("label", ["", "NETWORK", "Network", "nothing"])
def test_another_spelling_is_no_class(label):
    assert ErrorClass.of_label(label) is None
