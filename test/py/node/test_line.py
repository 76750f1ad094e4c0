"""The line to Node, here over a socket pair whose other end a test holds."""

import json
import socket
import threading

import pytest

from medgr2.node.node_line import Line


class Stage:
    def __init__(self):
        self.node, self.python = socket.socketpair()
        self.lost = threading.Event()
        self.line = Line(self.python.fileno(), lost=self.lost.set)
        self.heard = self.node.makefile("rb")

    def hear(self):
        return json.loads(self.heard.readline())


@pytest.fixture
def stage():
    stage = Stage()
    yield stage
    stage.node.close()
    stage.heard.close()
    assert stage.lost.wait(5)


def test_lines_of_any_size_are_read_one_by_one(stage):
    long = "é" * 200_000
    threading.Thread(target=stage.node.sendall, args=[f"one\n{long}\nthree\n".encode()]).start()
    assert [stage.line.readline() for _ in range(3)] == ["one\n", f"{long}\n", "three\n"]


def test_a_job_s_message_passes_as_it_is(stage):
    stage.line.push('job "1"', '{"type":"event","event":{"n":1}}')
    assert stage.hear() == {"c": "medgr2", "job": 'job "1"', "message": {"type": "event", "event": {"n": 1}}}


def test_a_message_that_would_cut_the_line_is_refused(stage):
    with pytest.raises(ValueError, match="one line"):
        stage.line.push("job", '{"a":\n1}')
    stage.line.push(None, "{}")
    assert stage.hear()["job"] is None


def test_the_end_of_node_is_seen_while_nobody_reads(stage):
    stage.node.sendall(b"unread\n")
    assert not stage.lost.wait(0.2)
    stage.node.shutdown(socket.SHUT_RDWR)
    assert stage.lost.wait(5)


def test_reading_after_the_end_gives_nothing(stage):
    stage.node.shutdown(socket.SHUT_RDWR)
    assert stage.line.readline() == ""
