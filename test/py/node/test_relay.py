"""Ranks that come over TCP look like one job; without the key nobody comes in. No Ray is needed here."""

import json
import os
import socket
import threading
import time
from multiprocessing import AuthenticationError, Pipe
from multiprocessing.connection import Client

import pytest

from medgr2.executors.worker_relay import Relay
from medgr2.node.job_channel import PipeChannel
from medgr2.node.message_frame import unpack

PROGRESS = {"type": "progress", "done": 1, "total": 2}
ASK = {"type": "rewards", "step": 1, "items": [{"id": "a", "completion": "b", "rewardModelScore": None}]}


class Stage:
    """The supervisor's end, and two ranks."""

    def __init__(self):
        self.above, theirs = Pipe()
        self.relay = Relay(PipeChannel(theirs, orphaned=lambda: None), "127.0.0.1", workers=2)
        self.ranks = [self.enter(rank) for rank in range(2)]

    def enter(self, rank):
        connection = Client(("127.0.0.1", self.relay.port), authkey=self.relay.key)
        connection.send_bytes(json.dumps({"rank": rank}).encode())
        return PipeChannel(connection, orphaned=lambda: None)

    def hear(self):
        assert self.above.poll(60)
        return unpack(self.above.recv_bytes()).read()

    def say(self, **message):
        self.above.send_bytes(json.dumps(message).encode())


@pytest.fixture
def stage():
    return Stage()


def test_events_come_from_the_first_rank_alone(stage):
    stage.ranks[1].emit({**PROGRESS, "done": 2})
    stage.ranks[0].emit(PROGRESS)
    assert stage.hear() == {"type": "event", "event": PROGRESS}


def test_every_rank_is_answered_with_its_own_answer(stage):
    replies = {}

    def ask(rank):
        replies[rank] = stage.ranks[rank].ask({**ASK, "step": rank})

    threads = [threading.Thread(target=ask, args=[rank]) for rank in range(2)]
    for thread in threads:
        thread.start()
    for _ in threads:
        heard = stage.hear()
        stage.say(type="answer", ask=heard["ask"], reply={"scores": {"r": [heard["request"]["step"]]}})
    for thread in threads:
        thread.join(60)
    assert replies == {rank: {"scores": {"r": [rank]}} for rank in range(2)}


def test_a_beat_goes_up_when_all_ranks_live(stage):
    stage.ranks[0].beat()
    stage.ranks[0].beat()
    assert not stage.above.poll(0.3)
    stage.ranks[1].beat()
    assert stage.hear() == {"type": "beat"}


def test_the_wish_to_stop_reaches_every_rank(stage):
    stage.say(type="stop")
    deadline = time.monotonic() + 60
    while not all(rank.should_stop() for rank in stage.ranks) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert all(rank.should_stop() for rank in stage.ranks)
    late = stage.enter(2)
    while not late.should_stop() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert late.should_stop()


def leave(rank):
    """As a process that ends: a socket that is only closed stays open while a thread of this process reads from it."""
    with socket.socket(fileno=os.dup(rank._connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)


def test_one_bad_ending_is_enough_to_know(stage):
    failed = {"type": "failed", "error": {}}
    stage.ranks[1].finish(failed)
    assert stage.relay.bad_ending(60) == failed
    assert stage.relay.endings == {1: failed}


def test_the_rank_that_failed_is_the_reason_that_another_was_cancelled(stage):
    stage.ranks[0].finish({"type": "cancelled"})
    stage.ranks[1].finish({"type": "failed", "error": {}})
    assert stage.relay.bad_ending(60) == {"type": "failed", "error": {}}


def test_of_a_job_that_is_stopped_a_rank_that_lost_its_partner_is_no_failure(stage):
    stage.say(type="stop")
    while not all(rank.should_stop() for rank in stage.ranks):
        time.sleep(0.02)
    stage.ranks[1].finish({"type": "failed", "error": {"message": "Connection closed by peer"}})
    threading.Timer(0.3, stage.ranks[0].finish, [{"type": "cancelled"}]).start()
    assert stage.relay.bad_ending(60) == {"type": "cancelled"}


def test_ranks_that_say_nothing_are_not_waited_for_for_ever(stage):
    assert stage.relay.bad_ending(0.1) is None


def test_a_rank_that_leaves_without_a_word_is_known_and_another_takes_its_place(stage):
    leave(stage.ranks[1])
    while stage.relay.lost() is None:
        time.sleep(0.02)
    assert stage.relay.lost() == 1
    stage.ranks[0].finish({"type": "failed", "error": {"message": "Connection closed by peer"}})  # for want of it
    assert stage.relay.bad_ending(60)["type"] == "failed"
    stage.relay.begin_again()
    assert stage.relay.lost() is None and stage.relay.endings == {}
    assert stage.hear()["type"] == "beat"  # nobody is there yet, and the job is alive
    ranks = [stage.enter(rank) for rank in range(2)]
    ranks[0].emit(PROGRESS)
    while (heard := stage.hear())["type"] == "beat":
        pass
    assert heard == {"type": "event", "event": PROGRESS}
    for rank in ranks:
        rank.finish({"type": "done", "result": {}})
    stage.relay.wait_for_endings(60)
    assert stage.relay.endings == {rank: {"type": "done", "result": {}} for rank in range(2)}


def test_what_ranks_of_before_still_say_is_not_heard(stage):
    stage.relay.begin_again()
    stage.ranks[0].finish({"type": "failed", "error": {}})
    ranks = [stage.enter(rank) for rank in range(2)]
    for rank in ranks:
        rank.finish({"type": "done", "result": {}})
    stage.relay.wait_for_endings(60)
    assert {ending["type"] for ending in stage.relay.endings.values()} == {"done"}
    assert stage.relay.lost() is None


def test_a_rank_of_before_that_is_entered_late_takes_no_place(stage):
    with stage.relay._changed:  # keeps it at the door until others have taken the places
        late = stage.enter(0)
        stage.relay.begin_again()
    late.finish({"type": "failed", "error": {}})
    time.sleep(0.2)
    assert stage.relay.endings == {}


def test_a_rank_that_leaves_after_another_has_failed_was_not_lost(stage):
    stage.ranks[0].finish({"type": "failed", "error": {}})
    assert stage.relay.bad_ending(60) is not None
    leave(stage.ranks[1])
    time.sleep(0.2)
    assert stage.relay.lost() is None


def test_a_wrong_key_is_turned_away_and_a_silent_guest_keeps_nobody_out(stage):
    with socket.create_connection(("127.0.0.1", stage.relay.port)):
        with pytest.raises(AuthenticationError):
            Client(("127.0.0.1", stage.relay.port), authkey=b"guess")
        stage.enter(0).emit(PROGRESS)
        assert stage.hear()["type"] == "event"
