"""What a first visit costs: bytes as transferred, and questions to the API."""

from itertools import takewhile

import pytest
from playwright.sync_api import expect

UNTIL_FIGURES = 120_000
WITH_CHARTS = 180_000
FIRST_QUESTIONS = {"summary", "timeseries", "breakdown", "heatmap"}


def test_the_first_visit_transfers_no_more_than_its_budget(dashboard):
    transferred = []
    dashboard.page.on("requestfinished", lambda request: transferred.append((request.url, request)))
    dashboard.open()
    expect(dashboard.tiles).to_have_count(7)
    expect(dashboard.chart).to_be_visible()
    files = {url: request.sizes()["responseBodySize"] for url, request in transferred if "/api/" not in url}
    assert sum(files.values()) <= UNTIL_FIGURES <= WITH_CHARTS, files
    assert all(url.startswith(dashboard.url) for url in files), files


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN", "zh-HK", "de-DE"])
@pytest.mark.parametrize("page", ["", "requests"])
def test_code_and_texts_are_on_their_way_before_the_first_question(tab, world, page, locale):
    dashboard = tab(world.url, locale=locale)
    asked = []
    dashboard.page.on("request", lambda request: asked.append(request.url.removeprefix(world.url)))
    dashboard.open(page)
    files = {url for url in asked if url.startswith("/assets/")}
    assert len(files) >= 5
    assert files <= set(takewhile(lambda url: "/api/" not in url, asked))


def test_four_questions_are_asked_before_the_figures_stand(dashboard):
    events = []
    dashboard.page.on("request", lambda request: events.append(("asked", request.url)))
    dashboard.page.on("requestfinished", lambda request: events.append(("answered", request.url)))
    dashboard.open()
    expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
    questions = [(kind, url.partition("/api/v1/")[2].partition("?")[0]) for kind, url in events if "/api/v1/" in url]
    asked = [name for kind, name in questions if kind == "asked"]
    assert set(asked[:4]) == FIRST_QUESTIONS
    for later in asked[4:]:
        before = questions[: questions.index(("asked", later))]
        assert {name for kind, name in before if kind == "answered"} >= FIRST_QUESTIONS, later


def test_a_change_of_the_measure_asks_only_for_what_is_new(dashboard):
    dashboard.open()
    expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
    before = len(dashboard.asked)
    dashboard.main.get_by_role("group", name="Measure").get_by_text("Tokens").click()
    dashboard.settle()
    asked = {question.partition("?")[0] for question in dashboard.asked[before:]}
    assert asked <= {"timeseries", "breakdown"}


def test_static_files_are_never_asked_for_again(dashboard):
    dashboard.open()
    dashboard.page.reload()
    dashboard.settle()
    transferred = dashboard.page.evaluate(
        """performance.getEntriesByType('resource').filter((one) => one.name.includes('/assets/'))
        .map((one) => [one.name, one.transferSize])"""
    )
    assert len(transferred) >= 5
    assert [name for name, size in transferred if size > 0] == []
