"""A vLLM that speaks TRL's client protocol and knows no kernel: real processor, random answers, everything recorded.

Only the channel of the weights is replaced: NCCL needs CUDA. What it would carry is kept in `syncs`.
"""

from __future__ import annotations

import base64
import io
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from http_session import stand_in
from PIL import Image
from trl.generation import vllm_client, vllm_generation

from medgr2.models.load_processor import load_processor


class FakeVllm:
    def __init__(self, path: str, max_pixels: int | None = None, name: str = "policy", **told: Any) -> None:
        self.processor = load_processor(path, max_pixels)
        self.name = name
        #: What /v1/models and /server_info say; a missing `weight_transfer_config` is a server in production mode.
        self.max_model_len = told.get("max_model_len", 4096)
        self.info = {
            "weight_transfer_config": {"backend": "nccl"},
            "model_config": {"logprobs_mode": "processed_logprobs"},
        }
        self.info.update(told.get("info", {}))
        self.asked: list[tuple[str, dict[str, Any]]] = []
        #: Of each image that came, as the server's processor makes it.
        self.pixels: list[Any] = []
        #: Of each update, names and tensors as they came.
        self.syncs: list[dict[str, Any]] = []
        self._random = random.Random(5)

    def of(self, path: str) -> list[dict[str, Any]]:
        return [body for asked, body in self.asked if asked == path]

    def answer(self, path: str, body: dict[str, Any]) -> Any:
        self.asked.append((path, body))
        match path:
            case "/health" | "/init_weight_transfer_engine" | "/start_weight_update" | "/finish_weight_update":
                return {}
            case "/update_weights":
                return {}
            case "/v1/models":
                return {"data": [{"id": self.name, "max_model_len": self.max_model_len}]}
            case "/server_info":
                return {"vllm_config": self.info}
            case "/get_world_size":
                return {"world_size": 1}
            case "/reset_prefix_cache":
                return {"success": True}
            case "/v1/chat/completions/render":
                return self._render(body["messages"])
            case "/inference/v1/generate":
                return {"choices": [self._choice(body["sampling_params"]) for _ in range(body["sampling_params"]["n"])]}
        return None

    def _render(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        images, parts = [], []
        for part in messages[0]["content"]:
            if part["type"] == "image_url":
                images.append(Image.open(io.BytesIO(base64.b64decode(part["image_url"]["url"].split(",")[1]))))
                parts.append({"type": "image"})
            else:
                parts.append(part)
        text = self.processor.apply_chat_template([{"role": "user", "content": parts}], add_generation_prompt=True)
        made = self.processor(images=images, text=[text], return_tensors="pt", add_special_tokens=False)
        self.pixels.append(made["pixel_values"])
        ids = made["input_ids"][0].tolist()
        token = self.processor.image_token_id
        place = {"offset": ids.index(token), "length": ids.count(token)}
        features = {"mm_hashes": {"image": ["h"]}, "mm_placeholders": {"image": [place]}, "kwargs_data": None}
        return {"token_ids": ids, "features": features}

    def _choice(self, sampling: dict[str, Any]) -> dict[str, Any]:
        ids = [self._random.randrange(20, 200) for _ in range(sampling["max_tokens"] - 1)]
        ids.append(sampling["stop_token_ids"][0])
        content = [{"token": f"token_id:{number}", "logprob": -3.0, "top_logprobs": []} for number in ids]
        return {"token_ids": ids, "logprobs": {"content": content}}


@contextmanager
def serving(server: FakeVllm, monkeypatch: Any) -> Iterator[str]:
    """The server's address; while it lasts TRL takes vLLM for installed and its weights' channel for open."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._reply(json.loads(raw) if raw else {})

        def _reply(self, body: dict[str, Any]) -> None:
            found = server.answer(self.path.partition("?")[0], body)
            reply = json.dumps(found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: Any) -> None:
            pass

    pretend_vllm(monkeypatch, server)
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()


def pretend_vllm(monkeypatch: Any, server: FakeVllm) -> None:
    for module in (vllm_client, vllm_generation):
        monkeypatch.setattr(module, "is_vllm_available", lambda *_, **__: True)
    if not vllm_client.is_requests_available():
        stand_in(monkeypatch, vllm_client)
    for flag in ("_HAS_STATEFUL_TRAINER_ENGINE", "_HAS_RESET_PREFIX_CACHE_SUCCESS"):
        monkeypatch.setattr(vllm_client, flag, True)

    def init_communicator(client: Any, device: Any) -> None:
        if client.get_server_info()["weight_transfer_config"] is None:
            raise RuntimeError("The vLLM server has no weight-transfer engine.")
        client.communicator = None

    def producer(iterator: Any, group: Any, src: int, post_iter_func: Any) -> None:
        server.syncs.append({item[0]: post_iter_func(item).detach().clone() for item in iterator})

    monkeypatch.setattr(vllm_client.VLLMClient, "init_communicator", init_communicator)
    monkeypatch.setattr(vllm_client, "packed_nccl_broadcast_producer", producer, raising=False)
