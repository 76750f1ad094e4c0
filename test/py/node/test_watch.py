"""The watch tells once when a job gives no sign of life, and only when it is the job's own fault."""

import queue
import time

import pytest

from medgr2.node.awake_time import AwakeTimer, awake_part
from medgr2.node.silent_job import Watch


@pytest.fixture
def told():
    return queue.Queue()


def test_no_heartbeat_is_told(told):
    watch = Watch(0.2, None, lambda *missed: told.put(missed))
    watch.beat()
    assert told.get(timeout=60) == ("heartbeat", 0.2)


def test_a_worker_without_heartbeats_is_not_expected_to_have_them(told):
    watch = Watch(0.05, None, lambda *missed: told.put(missed))
    watch.heard()
    with pytest.raises(queue.Empty):
        told.get(timeout=0.3)
    watch.stop()


def test_silence_counts_only_while_nobody_else_is_waited_for(told):
    watch = Watch(60, 0.2, lambda *missed: told.put(missed))
    watch.hold()
    with watch.away():
        time.sleep(0.3)
    time.sleep(0.3)
    assert told.empty()
    watch.release()
    assert told.get(timeout=60) == ("event", 0.2)


class Clock:
    """The machine's, and what it jumped by while the process was frozen."""

    frozen = 0.0

    def __call__(self):
        return time.monotonic() + self.frozen


def test_time_in_which_the_watcher_itself_was_frozen_does_not_count(told):
    clock = Clock()
    watch = Watch(0.5, 0.5, lambda *missed: told.put(missed), clock)
    watch.beat()
    watch.heard()
    clock.frozen += 135
    begin = time.monotonic()
    assert told.get(timeout=60)[1] == 0.5
    assert time.monotonic() - begin > 0.4


def test_a_timer_does_not_run_while_the_process_is_frozen(told):
    clock = Clock()
    AwakeTimer(0.5, lambda: told.put("over"), clock)
    clock.frozen += 135
    begin = time.monotonic()
    assert told.get(timeout=60) == "over"
    assert time.monotonic() - begin > 0.4


def test_a_timer_can_be_taken_back(told):
    AwakeTimer(1, lambda: told.put("over")).cancel()
    with pytest.raises(queue.Empty):
        told.get(timeout=1.5)


def test_a_late_look_counts_and_a_frozen_one_does_not():
    assert awake_part(1.4, 1.0) == 1.4
    assert awake_part(135, 1.0) == 1.0
    assert awake_part(4, 0.01) == 0.01
