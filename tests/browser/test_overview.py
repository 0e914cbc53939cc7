"""Overview tells the truth, and answers the question it is opened for."""

from playwright.sync_api import expect


def test_the_tiles_show_what_the_api_says(dashboard, world):
    dashboard.open()
    metrics = world.ask("summary?range=7d")["metrics"]
    expect(dashboard.tiles).to_have_count(7)
    expect(dashboard.tile("Requests")).to_contain_text(f"{metrics['requests']:,}")
