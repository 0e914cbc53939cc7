"""A refresh changes figures in place: nothing is torn down, nothing piles up."""

from playwright.sync_api import expect

from tests.browser.traffic import another

TAG = """() => {
  // What figures themselves add and take away: the ticks of an axis, the cells of one colour of the health grid.
  const figures = 'g.axis, [role=slider][aria-label^="Request health"] g';
  window.tagged = [...document.querySelectorAll('main svg, main svg *, main tr, main a')]
    .filter((node) => node.parentElement.closest(figures) === null);
  return window.tagged.length;
}"""
STILL_THERE = "() => window.tagged.filter((node) => node.isConnected).length"


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
    assert dashboard.page.evaluate(STILL_THERE) == tagged


def test_a_quiet_refresh_is_answered_with_nothing_new(dashboard):
    dashboard.open()
    for _ in range(3):
        with dashboard.page.expect_response(lambda answer: "/heatmap" in answer.url) as answered:
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
