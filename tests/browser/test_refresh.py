"""A refresh changes figures in place: nothing is torn down, nothing piles up."""

from playwright.sync_api import expect

from tests.browser.traffic import another

MARKS = """
  // Every mark, row and link of the page by what it stands for: tag, role, series and name, below whatever holds it.
  // Figures bring a row, a series or a tick and take it away: ten more requests can lift the seventh model above the
  // sixth, in the place and the colour that became free. So a mark is looked for by what it stands for; siblings that
  // cannot be told apart are left out.
  const figures = 'g.axis, [role=slider][aria-label^="Request health"] g, main p';
  function standsFor(node) {
    const named = node.querySelector(':scope > th, :scope h2, :scope h3') ?? (node.matches('a, button') ? node : null);
    return [node.localName, node.getAttribute('role'), node.getAttribute('class'), node.dataset.series,
      node.matches('tr, li, a') ? named?.textContent.trim() : node.getAttribute('aria-label')].join(' ');
  }
  function marks(node = document.querySelector('main'), above = '', found = new Map()) {
    const children = [...node.children].map((child) => [standsFor(child), child]);
    for (const [name, child] of children) {
      if (child.matches(figures) || children.filter(([other]) => other === name).length > 1) continue;
      const key = above + ' > ' + name;
      if (child.matches('svg, svg *, tr, a')) found.set(key, child);
      marks(child, key, found);
    }
    return found;
  }
"""
TAG = "() => {" + MARKS + "window.tagged = marks(); return window.tagged.size; }"
COMPARE = (
    """() => {"""
    + MARKS
    + """
  const again = [...marks()].filter(([key]) => window.tagged.has(key));
  return {same: again.filter(([key, node]) => window.tagged.get(key) === node).length,
    torn: again.filter(([key, node]) => window.tagged.get(key) !== node).map(([key]) => key)};
}"""
)


def nothing_was_torn_down(dashboard, tagged):
    compared = dashboard.page.evaluate(COMPARE)
    assert compared["torn"] == []
    assert compared["same"] > tagged * 0.8, "what was compared stood for most of the page"


def test_ten_refreshes_with_new_requests_tear_down_no_chart(dashboard, world):
    dashboard.open()
    expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
    tagged = dashboard.page.evaluate(TAG)
    assert tagged > 50
    requests = world.ask("summary?range=7d")["metrics"]["requests"]
    for more in range(1, 11):
        world.publish([another(world)])
        dashboard.refresh()
        expect(dashboard.tile("Requests")).to_contain_text(f"{requests + more:,}")
    nothing_was_torn_down(dashboard, tagged)


def test_the_next_bucket_begins_and_no_mark_is_torn_down(dashboard):
    """When an hour turns, another bar is in progress: the hatch moves to it."""
    dashboard.open("?range=today")
    running = dashboard.main.locator(".main path.running")
    expect(running).to_have_count(1)
    before = running.get_attribute("d")
    tagged = dashboard.page.evaluate(TAG)

    def an_hour_later(route):
        unconditional = {name: value for name, value in route.request.headers.items() if name != "if-none-match"}
        answer = route.fetch(headers=unconditional)
        body = answer.json()
        body["selection"]["elapsed_seconds"] -= 3_600
        body["partial"] = [max(0, one - 1) for one in body["partial"]]
        route.fulfill(response=answer, json=body, headers=answer.headers | {"etag": '"another"'})

    dashboard.page.route("**/timeseries?*metrics=cost_nanos*", an_hour_later)
    dashboard.page.evaluate("dispatchEvent(new Event('online'))")
    expect(running).not_to_have_attribute("d", before or "")
    nothing_was_torn_down(dashboard, tagged)


def test_a_quiet_refresh_is_answered_with_nothing_new(dashboard):
    dashboard.open()
    for _ in range(3):
        with dashboard.page.expect_response(lambda answer: "/summary" in answer.url) as answered:
            dashboard.page.evaluate("dispatchEvent(new Event('online'))")
        assert answered.value.status == 304


def test_two_hundred_refreshes_leave_memory_and_nodes_where_they_were(dashboard, world):
    dashboard.open()
    expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
    devtools = dashboard.context.new_cdp_session(dashboard.page)
    devtools.send("Performance.enable")

    def refreshed(rounds):
        for number in range(rounds):
            if number % 10 == 0:
                world.publish([another(world)])
            dashboard.refresh()
        for _ in range(3):
            devtools.send("HeapProfiler.collectGarbage")
        found = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
        return found["JSHeapUsedSize"], found["Nodes"], found["JSEventListeners"]

    heap, nodes, listeners = refreshed(20)
    heap_after, nodes_after, listeners_after = refreshed(200)
    assert heap_after < heap + 1_000_000
    assert nodes_after < nodes * 1.1
    assert listeners_after <= listeners * 1.1
