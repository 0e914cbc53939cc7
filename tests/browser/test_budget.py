"""What a first visit costs: bytes as transferred, and questions to the API."""

import re
from itertools import takewhile

import pytest
from playwright.sync_api import expect

UNTIL_FIGURES = 120_000
WITH_CHARTS = 180_000
FIRST_QUESTIONS = ["breakdown", "summary", "timeseries", "timeseries"]
"""The figures, the chart, its legend with the table, and the health grid."""
LATER = re.compile(r"/assets/(?:LiveStrip|badge)-")
"""What a page stands without, and loads once its figures do: what happens now, and numbers beside names in the bar."""


def test_the_first_visit_transfers_no_more_than_its_budget(dashboard):
    transferred = []
    dashboard.page.on("requestfinished", lambda request: transferred.append((request.url, request)))
    dashboard.open()
    expect(dashboard.tiles).to_have_count(7)
    expect(dashboard.chart).to_be_visible()
    files = {url: request.sizes()["responseBodySize"] for url, request in transferred if "/api/" not in url}
    first = {url: size for url, size in files.items() if not LATER.search(url)}
    assert sum(first.values()) <= UNTIL_FIGURES, first
    assert sum(files.values()) <= WITH_CHARTS, files
    assert all(url.startswith(dashboard.url) for url in files), files


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN", "zh-HK", "de-DE"])
@pytest.mark.parametrize("page", ["", "requests"])
def test_code_and_texts_are_on_their_way_before_the_first_question(tab, world, page, locale):
    dashboard = tab(world.url, locale=locale)
    asked = []
    dashboard.page.on("request", lambda request: asked.append(request.url.removeprefix(world.url)))
    dashboard.open(page)
    files = {url for url in asked if url.startswith("/assets/") and not LATER.search(url)}
    assert len(files) >= 5
    assert files <= set(takewhile(lambda url: "/api/" not in url, asked))


def test_four_questions_are_asked_before_the_figures_stand(dashboard):
    dashboard.open()
    expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
    # The page's own clock: the browser tells an outsider of an answer's end and of the next question in any order.
    questions = dashboard.page.evaluate(
        """performance.getEntriesByType('resource').filter((one) => one.name.includes('/api/v1/'))
        .map((one) => [one.name.split('/api/v1/')[1], one.startTime, one.responseEnd])
        .sort((one, other) => one[1] - other[1])"""
    )
    first = questions[:4]
    assert sorted(question.partition("?")[0] for question, _, _ in first) == FIRST_QUESTIONS
    # What has no price is asked for once the summary tells of such requests, even while a chart still waits.
    (figures,) = [end for question, _, end in first if question.startswith("summary")]
    assert [question for question, start, _ in questions[4:] if start < figures] == []


def test_a_change_of_the_measure_asks_only_for_what_is_new(dashboard):
    dashboard.open()
    expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
    dashboard.stand()
    before = len(dashboard.asked)
    dashboard.main.get_by_role("group", name="Measure").get_by_text("Tokens").click()
    dashboard.settle()
    # The numbers beside names in the bar have rounds of their own.
    asked = {question.partition("?")[0] for question in dashboard.asked[before:]} - {"errors", "quota/attention"}
    # The summary is asked what made the difference in tokens.
    assert asked <= {"timeseries", "breakdown", "summary"}
    assert not any("sparkline" in question for question in dashboard.asked[before:])


def test_static_files_are_never_asked_for_again(dashboard):
    dashboard.open()
    expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
    dashboard.page.wait_for_load_state("networkidle")
    dashboard.page.reload()
    dashboard.settle()
    transferred = dashboard.page.evaluate(
        """performance.getEntriesByType('resource').filter((one) => one.name.includes('/assets/'))
        .map((one) => [one.name, one.transferSize])"""
    )
    assert len(transferred) >= 5
    assert [name for name, size in transferred if size > 0] == []
