"""Between a job's workers, which come over TCP, and the supervisor: many ranks look like one job.

Whoever connects must prove that it knows the key (stdlib multiprocessing.connection); then only JSON bytes pass, never
pickle. Not encrypted: listen on loopback or in a network that is trusted.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge
from typing import Any

from medgr2.node.job_channel import AskFailed, JobCancelled, PipeChannel
from medgr2.node.message_frame import unpack
from medgr2.node.strict_json import strict_dumps

#: Seconds between two looks at whether the job was told to stop.
STOP_SECONDS = 0.2
#: Seconds between two signs of life that are given for ranks which are yet to come.
BEAT_SECONDS = 1.0


class Relay:
    """Events of rank 0 and the asks of every rank go up; answers and the wish to stop go down."""

    def __init__(self, channel: PipeChannel, host: str, workers: int) -> None:
        self.key = secrets.token_bytes(32)
        #: How each rank ended.
        self.endings: dict[int, dict[str, Any]] = {}
        self._channel = channel
        self._workers = workers
        self._listener = Listener((host, 0), backlog=max(16, workers))
        self._ranks: dict[int, Connection[Any, Any]] = {}
        self._beats: set[int] = set()
        #: How often others have taken the ranks' places.
        self._generation = 0
        #: The rank that left before any had said how it ended; it said nothing either.
        self._lost: int | None = None
        self._changed = threading.Condition()
        threading.Thread(target=self._accept, name="medgr2-relay", daemon=True).start()
        threading.Thread(target=self._pass_stop_on, name="medgr2-relay-stop", daemon=True).start()

    @property
    def port(self) -> int:
        port: int = self._listener.address[1]
        return port

    def lost(self) -> int | None:
        """The rank that left without a word before any other was over: with its process, its machine or the network."""
        with self._changed:
            return self._lost

    def begin_again(self) -> None:
        """Forgets the ranks that were there and waits for others in their places; meanwhile the job is alive."""
        with self._changed:
            self.endings.clear()
            self._ranks.clear()
            self._beats.clear()
            self._lost = None
            self._generation += 1
        threading.Thread(target=self._beat_for_ranks, name="medgr2-relay-beat", daemon=True).start()

    def _beat_for_ranks(self) -> None:
        while True:
            with self._changed:
                if len(self._ranks) == self._workers:
                    return
            self._channel.beat()
            time.sleep(BEAT_SECONDS)

    def wait_for_endings(self, seconds: float) -> None:
        """Until all ranks have said how they ended; not longer than `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.endings) == self._workers, seconds)

    def bad_ending(self, seconds: float) -> dict[str, Any] | None:
        """Why the job ended badly, in the words of the rank that began; None where no rank said so within `seconds`.

        That is one that failed, and the others lost it. Of a job that was told to stop it is one that stopped: a rank
        in the middle of an exchange fails when its partner leaves.
        """
        cause = "cancelled" if self._channel.should_stop() else "failed"

        def known() -> bool:
            return cause in (ending["type"] for ending in self.endings.values()) or len(self.endings) == self._workers

        with self._changed:
            self._changed.wait_for(known, seconds)
            bad = [ending for ending in self.endings.values() if ending["type"] != "done"]
        return min(bad, key=lambda ending: ending["type"] != cause, default=None)

    def _accept(self) -> None:
        while True:
            # The key is asked for in a thread: somebody who connects and says nothing must not keep the others out.
            connection = self._listener.accept()
            # One whose place others take while it is asked must not take it back: its generation is known here.
            known = [connection, self._generation]
            threading.Thread(target=self._serve, args=known, name="medgr2-rank", daemon=True).start()

    def _serve(self, connection: Connection[Any, Any], generation: int) -> None:
        try:
            deliver_challenge(connection, self.key)
            answer_challenge(connection, self.key)
            rank = json.loads(connection.recv_bytes())["rank"]
        except (AuthenticationError, EOFError, OSError):
            connection.close()
            return
        with self._changed:
            if generation == self._generation:
                self._ranks[rank] = connection
        if self._channel.should_stop():
            self._send(connection, {"type": "stop"})
        with suppress(EOFError, OSError):
            while True:
                self._receive(rank, connection, unpack(connection.recv_bytes()).read())
        with self._changed:
            if self._lost is None and not self.endings and self._ranks.get(rank) is connection:
                self._lost = rank

    def _receive(self, rank: int, connection: Connection[Any, Any], message: dict[str, Any]) -> None:
        with self._changed:
            if self._ranks.get(rank) is not connection:
                return  # of ranks that others have taken the place of
        kind = message["type"]
        if kind == "event":
            if rank == 0:
                self._channel.emit(message["event"])
        elif kind == "ask":
            threading.Thread(target=self._ask, args=[connection, message], daemon=True).start()
        elif kind == "beat":
            self._beat(rank)
        else:
            with self._changed:
                self.endings[rank] = message
                self._changed.notify_all()

    def _beat(self, rank: int) -> None:
        """The job lives as long as all its ranks do: one beat goes up when each has given one."""
        with self._changed:
            self._beats.add(rank)
            if len(self._beats | self.endings.keys()) < self._workers:
                return
            self._beats.clear()
        self._channel.beat()

    def _ask(self, connection: Connection[Any, Any], message: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"type": "answer", "ask": message["ask"]}
        try:
            answer["reply"] = self._channel.ask(message["request"])
        except AskFailed as error:
            answer["error"] = str(error)
        except JobCancelled:
            return  # the rank is told to stop
        self._send(connection, answer)

    def _pass_stop_on(self) -> None:
        while not self._channel.should_stop():
            time.sleep(STOP_SECONDS)
        with self._changed:
            connections = list(self._ranks.values())
        for connection in connections:
            self._send(connection, {"type": "stop"})

    def _send(self, connection: Connection[Any, Any], message: dict[str, Any]) -> None:
        with suppress(OSError), self._changed:  # one writer at a time
            connection.send_bytes(strict_dumps(message).encode("ascii"))
