"""A user and a password guard everything but /ping and /health."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from playwright.sync_api import Browser, expect

from seedbed.errors import BadInput
from serve.http.app import Running, launch
from serve.http.auth import read_login
from serve.http.settings import Settings
from serve.model.source import FolderSource

NewSettings = Callable[..., Settings]

ME = ("me", "a:b ü")
CSV = "sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n"


@pytest.fixture(scope="module")
def guarded(
    iris_folder: Path, tmp_path_factory: pytest.TempPathFactory, new_settings: NewSettings
) -> Iterator[Running]:
    file = tmp_path_factory.mktemp("auth") / "login"
    file.write_text(f"{ME[0]}:{ME[1]}\n", encoding="utf-8")
    running = launch(FolderSource(iris_folder, "7"), new_settings(port=0, auth_file=str(file)))
    yield running
    running.close()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "config",
        "gradio_api/info",
        "gradio_api/startup-events",
        "theme.css",
        "invocations",
        "version",
        "login",
        "ping/",
        "x",
    ],
)
def test_every_route_asks_for_the_login(guarded: Running, path: str) -> None:
    for headers in ({}, {"authorization": "Basic x"}, {"authorization": "Bearer x"}):
        answer = httpx.get(guarded.url + path, headers=headers, trust_env=False)
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Basic"), path
    assert httpx.get(guarded.url + path, auth=("me", "wrong"), trust_env=False).status_code == 401


def test_whether_it_lives_is_told_to_everybody(guarded: Running) -> None:
    for path in ("ping", "health"):
        assert httpx.get(guarded.url + path, trust_env=False).status_code == 200


def test_programs_come_in_by_http_basic(guarded: Running) -> None:
    sign = httpx.BasicAuth(*ME)
    answer = httpx.post(
        f"{guarded.url}invocations", content=CSV, headers={"content-type": "text/csv"}, auth=sign, trust_env=False
    )
    assert answer.json() == {"predictions": ["Setosa"]}
    header = next(sign.auth_flow(httpx.Request("GET", guarded.url))).headers["authorization"]
    client = Client(guarded.url, headers={"authorization": header}, verbose=False)
    assert client.predict(5.1, 3.5, 1.4, 0.2, api_name="/predict")[0] == "Setosa"
    client.close()


def test_a_browser_comes_in(guarded: Running, browser: Browser) -> None:
    context = browser.new_context(http_credentials={"username": ME[0], "password": ME[1]})
    page = context.new_page()
    page.goto(guarded.url)
    expect(page.locator(".seedbed-class")).to_have_text("Setosa")
    page.locator("#seedbed-input-2 input").fill("5.6")
    expect(page.locator(".seedbed-class")).not_to_have_text("Setosa")
    context.close()


def test_the_login_is_read(tmp_path: Path) -> None:
    file = tmp_path / "login"
    file.write_text("a:b:c\n", encoding="utf-8")
    found = read_login(str(file), {"SEEDBED_AUTH": "x:y"})
    assert found is not None and (found.user, found.password) == ("a", "b:c") and "b:c" not in repr(found)
    assert read_login(None, {}) is None
    again = read_login(None, {"SEEDBED_AUTH": "x:y"})
    assert again is not None and again.user == "x"


@pytest.mark.parametrize("text", ["", "secret", ":secret", "secret:"])
def test_what_holds_no_login_is_said_without_it(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="SEEDBED_AUTH does not hold a user and a password") as raised:
        read_login(None, {"SEEDBED_AUTH": text})
    assert "secret" not in str(raised.value)
    with pytest.raises(BadInput, match="cannot be read"):
        read_login(str(tmp_path / "nothing"), {})


@pytest.mark.parametrize("text", ["\ufeffme:secret", "me:secret  ", "\nme:secret\r\n"])
def test_an_editor_may_leave_a_mark_and_blanks_around_the_login(text: str, tmp_path: Path) -> None:
    file = tmp_path / "login"
    file.write_text(text, encoding="utf-8")
    found = read_login(str(file), {})
    assert found is not None and (found.user, found.password) == ("me", "secret")


@pytest.mark.parametrize("text", ["me:secret\nyou:secret", "# who comes in\nme:secret", "me:secret # until May"])
def test_a_file_with_more_than_a_login_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "login"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="holds more than user:password; leave one line") as raised:
        read_login(str(file), {})
    assert "secret" not in str(raised.value)
