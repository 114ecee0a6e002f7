"""Behind a proxy, under a sub-path."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from serve.http.app import free_port, launch
from serve.http.settings import Settings
from serve.model.source import FolderSource

NewSettings = Callable[..., Settings]

PREFIX = "/flowers"


def proxy_of(target: str, *, forwarded: bool) -> Starlette:
    """Return a proxy that puts `target` under PREFIX, with or without the headers by which proxies say so."""

    async def passed_on(request: Request) -> Response:
        client = httpx.AsyncClient(trust_env=False, timeout=30)
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        if forwarded:
            headers |= {"x-forwarded-host": headers["host"], "x-forwarded-proto": "http", "x-forwarded-prefix": PREFIX}
        url = httpx.URL(target.rstrip("/") + request.url.path.removeprefix(PREFIX), query=request.url.query.encode())
        asked = client.build_request(request.method, url, headers=headers, content=await request.body())
        answer = await client.send(asked, stream=True)

        async def ended() -> None:
            await answer.aclose()
            await client.aclose()

        kept = {name: value for name, value in answer.headers.items() if name != "transfer-encoding"}
        return StreamingResponse(answer.aiter_raw(), answer.status_code, kept, background=BackgroundTask(ended))

    return Starlette(routes=[Route(PREFIX + "{rest:path}", passed_on, methods=["GET", "HEAD", "POST"])])


@pytest.fixture(params=[pytest.param(False, marks=pytest.mark.slow), True], ids=["bare", "forwarded"])
def address(request: pytest.FixtureRequest, iris_folder: Path, new_settings: NewSettings) -> Iterator[str]:
    running = launch(FolderSource(iris_folder), new_settings(port=0, root_path=PREFIX))
    port = free_port("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(proxy_of(running.url, forwarded=request.param), port=port, log_level="warning")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}{PREFIX}/"
    server.should_exit = True
    thread.join()
    running.close()


def test_page_answers_and_uploads_work(address: str, page: Page, tmp_path: Path) -> None:
    wrong: list[str] = []
    page.on("response", lambda answer: wrong.append(answer.url) if answer.status >= 400 else None)
    page.on(
        "request",
        lambda asked: wrong.append(asked.url) if asked.url.startswith("http") and PREFIX not in asked.url else None,
    )
    page.goto(address)
    expect(page.locator(".seedbed-class")).to_have_text("Setosa")
    page.locator("#seedbed-input-2 input").fill("5.6")
    expect(page.locator(".seedbed-class")).not_to_have_text("Setosa")
    file = tmp_path / "rows.csv"
    file.write_text("sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n", encoding="utf-8")
    page.get_by_role("tab", name="Many rows").click()
    page.locator("#seedbed-file input[type=file]").set_input_files(file)
    expect(page.get_by_role("heading", name="1 of 1 rows of")).to_be_visible()
    assert httpx.get(f"{address}ping", trust_env=False).text == "\n"
    assert not wrong
