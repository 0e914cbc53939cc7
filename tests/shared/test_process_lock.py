"""Who holds the lock lives; whoever looks neither takes it nor keeps anybody out."""

import os
import threading

import pytest

from shared import process_lock


def test_a_held_lock_is_seen_and_a_released_one_too(tmp_path):
    assert process_lock.is_held(tmp_path) is False
    descriptor = process_lock.hold(tmp_path)
    assert process_lock.is_held(tmp_path) is True
    with pytest.raises(process_lock.AlreadyHeld, match="already collects into"):
        process_lock.hold(tmp_path)
    os.close(descriptor)
    assert process_lock.is_held(tmp_path) is False


def test_looking_all_the_time_keeps_nobody_out(tmp_path):
    os.close(process_lock.hold(tmp_path))
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            process_lock.is_held(tmp_path)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(50):
            os.close(process_lock.hold(tmp_path))
    finally:
        over.set()
        watcher.join()


def test_what_cannot_be_looked_at_is_not_known(tmp_path):
    (tmp_path / "ingestd.lock").mkdir()
    assert process_lock.is_held(tmp_path) in (None, False)
    (tmp_path / "ingestd.lock").rmdir()
    (tmp_path / "ingestd.lock").symlink_to("ingestd.lock")
    assert process_lock.is_held(tmp_path) is None


def test_several_may_share_a_lock_and_keep_out_whoever_wants_it_alone(tmp_path):
    shared = [process_lock.hold(tmp_path, "queryd", shared=True) for _ in range(2)]
    assert process_lock.is_held(tmp_path) is False  # the other daemon's is its own
    with pytest.raises(process_lock.AlreadyHeld, match="is being replaced"):
        process_lock.hold(tmp_path, "queryd")
    for descriptor in shared:
        os.close(descriptor)
    os.close(process_lock.hold(tmp_path, "queryd"))
