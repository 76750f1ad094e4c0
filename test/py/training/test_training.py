"""Numbers that JSON cannot hold, and tokens counted to the end."""

from types import SimpleNamespace

from medgr2.training.train_events import EventCallback, finite


def test_finite_keeps_numbers_and_drops_what_json_cannot_hold() -> None:
    assert finite(1) == 1.0
    assert finite(float("nan")) is None
    assert finite(float("inf")) is None
    assert finite("1") is None


class Deaf:
    def emit(self, event: dict) -> None:
        pass


def test_tokens_are_counted_to_the_end_though_the_last_log_has_no_loss() -> None:
    callback = EventCallback(Deaf())
    state = SimpleNamespace(is_world_process_zero=True, global_step=1, max_steps=2, epoch=1.0, num_input_tokens_seen=0)
    callback.on_log(None, state, None, logs={"loss": 1.0, "num_tokens": 10.0})
    callback.on_log(None, state, None, logs={"train_loss": 1.0, "num_tokens": 25.0})
    assert (callback.tokens, callback.losses) == (25.0, [1.0])
