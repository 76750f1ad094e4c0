"""The watch tells once when a job gives no sign of life, and only when it is the job's own fault."""

import queue
import time

import pytest

from medgr2.watch import Watch


@pytest.fixture
def told():
    return queue.Queue()


def test_no_heartbeat_is_told(told):
    watch = Watch(0.2, None, lambda *missed: told.put(missed))
    watch.beat()
    assert told.get(timeout=5) == ("heartbeat", 0.2)


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
    assert told.get(timeout=5) == ("event", 0.2)
