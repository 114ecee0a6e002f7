"""Pictures of classes from a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from seedbed.errors import BadInput
from serve.drawings.pictures import read_gallery
from serve.http.app import launch
from serve.http.settings import Settings
from serve.model.source import FolderSource

NewSettings = Callable[..., Settings]


def draw(path: Path, size: tuple[int, int] = (40, 30)) -> None:
    Image.new("RGB", size, "#884488").save(path)


def test_a_picture_belongs_to_the_class_of_its_name(tmp_path: Path) -> None:
    for name in ("SETOSA.png", "a_b.jpg", "größe x.webp"):
        draw(tmp_path / name)
    gallery = read_gallery(tmp_path)
    for label in ("Setosa", "a/b", "a b", "Größe X"):
        html = gallery.find(label)
        assert html is not None and f'alt="{label}"' in html and 'src="data:image/webp;base64,' in html
    assert gallery.find("Virginica") is None


def test_signs_belong_to_a_name(tmp_path: Path) -> None:
    for name, colour in {"A": "red", "A+": "green", "A-": "blue"}.items():
        Image.new("RGB", (4, 4), colour).save(tmp_path / f"{name}.png")
    (tmp_path / "._A+.png").write_bytes(b"what macOS leaves beside a file")
    gallery = read_gallery(tmp_path)
    assert len({str(gallery.find(label)).partition(" alt=")[0] for label in ("A", "A+", "A-")}) == 3
    assert str(gallery.find("a+")).partition(" alt=")[0] == str(gallery.find("A+")).partition(" alt=")[0]
    assert gallery.find("B+") is None and len(gallery.paths) == 3


def test_large_pictures_are_made_small(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", (3000, 2000))
    html = read_gallery(tmp_path).find("a")
    assert html is not None and len(html) < 20_000


def test_what_is_no_folder_of_pictures_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not a folder"):
        read_gallery(tmp_path / "nothing")
    with pytest.raises(BadInput, match="holds no picture"):
        read_gallery(tmp_path)
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(BadInput, match=r"a\.png cannot be read"):
        read_gallery(tmp_path)


def test_pictures_show_and_nothing_else_of_their_folder_is_served(
    page: Page, iris_folder: Path, tmp_path: Path, new_settings: NewSettings
) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    draw(real / "virginica.png")
    (real / "secret.txt").write_text("secret", encoding="utf-8")
    link.symlink_to(real)
    running = launch(FolderSource(iris_folder), new_settings(port=0, pictures=str(link)))
    page.goto(running.url + "?sepal_length=6.6&sepal_width=3&petal_length=5.6&petal_width=2")
    expect(page.get_by_role("img", name="Virginica", exact=True)).to_be_visible()
    page.locator("#seedbed-input-2 input").fill("1.4")
    expect(page.locator("#seedbed-picture svg")).to_be_visible()  # no picture of this one was given
    for name in ("secret.txt", "virginica.png"):
        answer = httpx.get(f"{running.url}gradio_api/file={real / name}", trust_env=False)
        assert answer.status_code in (403, 404)
    running.close()
