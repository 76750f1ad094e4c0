"""A job's channel over a real connection: strict, checked, and aware of a supervisor that has gone."""

import json
import threading
from math import nan
from multiprocessing import Pipe

import pytest

from medgr2.contract import ContractError
from medgr2.node.job_channel import AskFailed, JobCancelled, PipeChannel

ASK = {"type": "rewards", "step": 1, "items": [{"id": "a", "completion": "b", "rewardModelScore": nan}]}


class Side:
    """The supervisor's end, by hand."""

    def __init__(self):
        self.connection, theirs = Pipe()
        self.orphaned = threading.Event()
        self.channel = PipeChannel(theirs, orphaned=self.orphaned.set)

    def hear(self):
        assert self.connection.poll(60)
        kind, text = self.connection.recv_bytes().decode("ascii").split(" ", 1)
        message = json.loads(text, parse_constant=pytest.fail)
        assert message["type"] == kind
        return message

    def say(self, **message):
        self.connection.send_bytes(json.dumps(message).encode())

    def ask_aside(self):
        """Asks in a thread; gives a function that waits for the outcome."""
        outcome = []

        def ask():
            try:
                outcome.append(self.channel.ask(ASK))
            except Exception as error:
                outcome.append(error)

        thread = threading.Thread(target=ask)
        thread.start()

        def wait():
            thread.join(2)
            return outcome[0]

        return wait


@pytest.fixture
def side():
    return Side()


def test_an_event_arrives_as_strict_json(side):
    side.channel.emit({"type": "progress", "done": 1, "total": 2})
    assert side.hear() == {"type": "event", "event": {"type": "progress", "done": 1, "total": 2}}


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"type": "nonsense"}, "known: job-start"),
        ({"type": "progress", "done": nan, "total": 2}, r"`progress`\.done: None is not of type 'integer'"),
        ({"type": "progress", "done": 1}, "'total' is a required property"),
    ],
)
def test_an_event_outside_the_contract_raises_where_it_was_made(side, event, words):
    with pytest.raises(ContractError, match=words):
        side.channel.emit(event)


def test_asks_are_answered_by_number(side):
    first, second = side.ask_aside(), side.ask_aside()
    numbers = [side.hear()["ask"], side.hear()["ask"]]
    for number in reversed(numbers):
        side.say(type="answer", ask=number, reply={"scores": {"n": [number]}})
    assert {first()["scores"]["n"][0], second()["scores"]["n"][0]} == set(numbers)


def test_a_failed_ask_raises(side):
    wait = side.ask_aside()
    side.say(type="answer", ask=side.hear()["ask"], error="a reward threw")
    outcome = wait()
    assert isinstance(outcome, AskFailed) and str(outcome) == "a reward threw"


def test_stop_ends_a_wait_and_is_remembered(side):
    wait = side.ask_aside()
    side.hear()
    assert not side.channel.should_stop()
    side.say(type="stop")
    assert isinstance(wait(), JobCancelled)
    assert side.channel.should_stop()
    with pytest.raises(JobCancelled):
        side.channel.ask(ASK)


def test_a_supervisor_that_has_gone_is_noticed(side):
    side.connection.close()
    assert side.orphaned.wait(2)


def test_after_the_end_nobody_is_missed(side):
    side.channel.finish({"type": "done", "result": {}})
    side.hear()
    side.connection.close()
    assert not side.orphaned.wait(0.2)
