"""The documents are held to the code: links, commands, outputs, keys, metrics; and no file names this machine."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from seedbed import errors
from seedbed.config import schema
from seedbed.config.constraints import list_keys
from seedbed.config.schema import Estimator

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
VERBS = {
    name: getattr(schema, name.title())
    for name in ("train", "explore", "compare", "promote", "reproduce", "prune", "predict", "serve")
}


def tracked() -> list[Path]:
    """Return the files that git has."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# Links


def links(text: str) -> Iterator[tuple[str, str]]:
    """Yield the file and the heading of each relative link and picture."""
    outside_code = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", outside_code):
        place = next(filter(None, target))
        if not re.match(r"[a-z]+:", place):
            file, _, heading = place.partition("#")
            yield file, heading


def headings(path: Path) -> set[str]:
    """Return the anchors of a document, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


@pytest.mark.parametrize("document", documents(), ids=ids)
def test_every_link_leads_somewhere(document: Path) -> None:
    for file, heading in links(document.read_text(encoding="utf-8")):
        target = (document.parent / file).resolve() if file else document
        assert target.exists(), f"{ids(document)} links to {file}"
        assert not heading or heading in headings(target), f"{ids(document)} links to {file}#{heading}"


def test_every_folder_that_one_clicks_says_what_it_is() -> None:
    for name in (
        "conf",
        "experiments",
        "src/seedbed",
        "src/hydra_plugins",
        "serve",
        "tests",
        "scripts",
        "docs",
        "mlruns",
    ):
        lines = (ROOT / name / "README.md").read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 10, name


def test_every_picture_is_shown() -> None:
    shown = {(path.parent / file).resolve() for path in documents() for file, _ in links(path.read_text("utf-8"))}
    pictures = {path for path in tracked() if path.parent == ROOT / "docs" / "pictures"}
    assert {path for path in pictures if path.suffix == ".png"} <= shown


# Commands


def blocks(text: str, language: str) -> list[str]:
    return [re.sub(r"(?m)^  ", "", block) for block in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)]


def commands() -> list[str]:
    """Return every command of the documents: the lines of their bash blocks, and what they quote in a sentence."""
    found: set[str] = set()
    for path in documents():
        text = path.read_text(encoding="utf-8")
        found |= {line for block in blocks(text, "bash") for line in block.splitlines()}
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        quoted = re.findall(r"`([^`\n]+)`", prose)
        found |= {code for code in quoted if re.match(r"make [a-z]|python (experiments/|-m serve)|mlflow ui -", code)}
    return sorted(found)


@pytest.mark.parametrize("line", commands())
def test_every_command_is_one(line: str, config_of: Callable[..., Any]) -> None:
    words = shlex.split(line)
    variables = [words.pop(0) for _ in range(len(words)) if re.match(r"[A-Z_]+=", words[0])]
    program = Path(words[0]).name
    if program in ("python", "python3"):
        check_python(words[1:], config_of)
    elif program == "make":
        check_make(words[1:])
    elif program == "mlflow":
        # A bare `mlflow ui` opens another file, and only the variable leads to the registry.
        assert "--backend-store-uri" in words or (words[1] == "models" and "MLFLOW_TRACKING_URI=" in variables[0])
    elif program == "curl":
        assert words[1].endswith(":7860/invocations")
        assert "dataframe_split" in json.loads(words[words.index("-d") + 1])
    else:
        assert program in ("eval", "source")


def check_make(words: list[str]) -> None:
    named = {word for word in words if "=" not in word}
    variables = {word.partition("=")[0] for word in words if "=" in word}
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert named <= set(targets)
    assert variables <= {"ARGS", "PYTHON", "HOST", "PORT", "ALLOW"}


def check_python(words: list[str], config_of: Callable[..., Any]) -> None:
    if words[0] == "-m":
        assert words[1] in ("pytest", "pip", "venv", "jupyter", "serve", "serve.export")
    else:
        assert (ROOT / words[0]).exists()
    if words[:2] == ["-m", "serve"]:
        check_verb(config_of, "serve", words[2:])
    elif words[0].startswith("experiments/"):
        check_verb(config_of, Path(words[0]).stem, words[1:])


def check_verb(config_of: Callable[..., Any], verb: str, words: list[str]) -> None:
    """Compose what the words make; of a sweep the first and the last job."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from seedbed.execution.sweep.grid import format_override, parse_grid

    typed = [word for word in words if word not in ("-m", "-sc", "install=bash")]
    grid = parse_grid(OverridesParser.create(), typed)
    jobs = [tuple(map(format_override, job)) for job in grid.jobs] if "-m" in words else [tuple(typed)]
    for job in {jobs[0], jobs[-1]}:
        assert config_of(VERBS[verb], *job)


def test_the_readme_is_a_front_page_that_begins_with_a_picture_and_two_commands() -> None:
    assert len(README.splitlines()) <= 200
    start = README.splitlines()[:29]
    assert any("docs/pictures/page.png" in line for line in start)
    assert {"make demo", "make test"} <= set(start)


# Outputs


@dataclass(frozen=True)
class Shown:
    """A command in a document and the output below it."""

    command: str
    output: str

    @property
    def verb(self) -> str:
        return Path(shlex.split(self.command)[1]).stem

    @property
    def words(self) -> list[str]:
        return shlex.split(self.command)[2:]


def shown() -> dict[str, Shown]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in documents())
    pairs = re.findall(r"```bash\n(python experiments/[^\n]*)\n```\n\n```text\n(.*?)```", text, re.DOTALL)
    return {command: Shown(command, output) for command, output in pairs}


def same_as_shown(output: str, printed: str) -> None:
    """Compare by line; … stands for what differs from one to the next, and so do ids, places and times."""
    # Where the store is another one than the checkout's, so is the command that opens it.
    printed = re.sub(r"`mlflow ui --backend-store-uri [^`]*`", "`make ui`", printed)
    for expected in filter(None, steady(output).splitlines()):
        pattern = re.escape(expected).replace("…", ".*")
        assert re.search(rf"(?m)^{pattern} *$", steady(printed)), f"{expected}\nis not in\n{printed}"


def steady(text: str) -> str:
    text = re.sub(r"(?m)^\d+/\d+ runs, .*\n", "", text)  # progress
    return re.sub(r"(Sweep|in|takes|about|with|run) [0-9a-f.]+( s| ms| MB| workers)?\b", r"\1 …", text)


@pytest.mark.parametrize(
    "line",
    [
        "python experiments/explore.py",
        "python experiments/train.py",
        "python experiments/train.py +experiment=tutorial",
        "python experiments/train.py -m estimator.n_neighbors=1,3,5,7 'split.seed=range(20)' dry_run=true",
    ],
)
def test_the_output_is_what_the_documents_show(line: str, command: Callable[..., Any], store_uri: str) -> None:
    asked = shown()[line]
    done = command(asked.verb, *asked.words, environ={"MLFLOW_TRACKING_URI": store_uri})
    assert done.code == 0
    same_as_shown(asked.output, done.out)


def test_a_run_done_again_says_what_the_documents_show(command: Callable[..., Any], store_uri: str) -> None:
    assert command("train", environ={"MLFLOW_TRACKING_URI": store_uri}).code == 0
    done = command("reproduce", environ={"MLFLOW_TRACKING_URI": store_uri})
    assert done.code == 0
    same_as_shown(shown()["python experiments/reproduce.py"].output, done.out)


@pytest.mark.slow
def test_the_sweep_and_its_choice_are_what_the_documents_show(command: Callable[..., Any], store_uri: str) -> None:
    for line in ("train.py -m", "compare.py", "promote.py"):
        asked = shown()[f"python experiments/{line}"]
        done = command(asked.verb, *asked.words, environ={"MLFLOW_TRACKING_URI": store_uri})
        assert done.code == 0
        same_as_shown(asked.output, done.out + done.err)


@pytest.mark.slow
@pytest.mark.skipif("PENGUINS" not in os.environ, reason="PENGUINS=FILE names penguins.csv, which is not ours to keep")
def test_the_penguins_do_what_their_page_shows(
    real_command: Callable[..., Any], store_uri: str, tmp_path: Path
) -> None:
    text = (ROOT / "docs" / "penguins.md").read_text(encoding="utf-8")
    shutil.copy(os.environ["PENGUINS"], tmp_path / "penguins.csv")
    (tmp_path / "new.csv").write_text(blocks(text, "csv")[0], encoding="utf-8")
    found = [one for line, one in shown().items() if "penguins" in line]
    assert [one.verb for one in found] == ["explore", "train", "compare", "promote", "predict"]
    for asked in found:
        done = real_command(asked.verb, *asked.words, folder=tmp_path, environ={"MLFLOW_TRACKING_URI": store_uri})
        assert done.code == (asked.verb == "predict"), done.err
        same_as_shown(asked.output, done.out + done.err)
    written = (tmp_path / "predicted.csv").read_text(encoding="utf-8")
    assert re.sub(r"\d\.\d+(e-\d+)?", lambda number: f"{float(number[0]):.2f}", written) == blocks(text, "csv")[1]


def test_plain_scikit_learn_gives_the_tutorials_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    tutorial = (ROOT / "docs" / "coming-from-the-tutorial.md").read_text(encoding="utf-8")
    (code,) = blocks(tutorial, "python")
    exec(compile(code, "coming-from-the-tutorial.md", "exec"), {})
    accuracy = capsys.readouterr().out.strip()
    assert f'print(f"{{accuracy:.4f}}")  # {accuracy}' in code
    assert f"accuracy {accuracy} " in shown()["python experiments/train.py +experiment=tutorial"].output


@pytest.mark.parametrize("name", ["coming-from-gridsearchcv", "library"])
def test_the_code_of_a_page_prints_what_the_page_shows(
    name: str,
    command: Callable[..., Any],
    store_uri: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store_uri)
    if name == "library":
        assert command("train", "-m", "estimator.n_neighbors=1,9", "split.seed=range(5)").code == 0
    text, names = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8"), dict[str, Any]()
    for code, output in re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", text, re.DOTALL):
        exec(compile(code, f"{name}.md", "exec"), names)
        printed = capsys.readouterr().out
        assert not output or printed == output


# Tables


def table(heading: str, document: str) -> list[list[str]]:
    """Return the cells of the table of a page of docs/ whose first row starts with `heading`."""
    lines = (ROOT / "docs" / f"{document}.md").read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def keys(schema: type[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key of a schema that takes a value, with its default."""
    hints, value = get_type_hints(schema), schema()
    for item in fields(schema):
        if hints[item.name] is Estimator:
            yield f"{prefix}estimator.name", value.estimator.name  # the others are those of its file
        elif is_dataclass(hints[item.name]):
            yield from keys(hints[item.name], f"{prefix}{item.name}.")
        else:
            yield prefix + item.name, getattr(value, item.name)


def as_typed(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else '""' if value == "" else str(value)


def test_the_table_of_keys_is_the_schema() -> None:
    expected: dict[str, tuple[str, list[str]]] = {}
    for verb, value in VERBS.items():
        for key, default in keys(value):
            if key in value.without_effect:
                continue
            expected.setdefault(f"`{key}`", (f"`{as_typed(default)}`", []))[1].append(verb)
    found = {
        key: (default, list(VERBS) if verbs == "all" else verbs.split(", "))
        for key, default, _, verbs in table("key", "keys")
        if default != "the file's"
    }
    assert found == expected


def test_the_table_of_keys_says_what_the_code_allows() -> None:
    told = {key.strip("`"): takes for key, _, takes, _ in table("key", "keys")}
    keys = {key: item.constraint for verb in VERBS.values() for key, item in list_keys(verb).items()}
    allowed = {key: constraint.allowed for key, constraint in keys.items() if constraint}
    assert allowed == {key: told[key] for key in allowed}


def test_the_table_of_metrics_is_what_a_run_leaves(config_of: Callable[..., Any]) -> None:
    from seedbed.data.table import load_table
    from seedbed.execution.run import compute, prepare
    from seedbed.reports.figures import ConfusionFigure

    asked = config_of(schema.Train)
    read = load_table(asked.dataset)
    record, _ = compute(prepare(asked, read), read, ConfusionFigure(read.classes))
    left = {f"`{re.sub(r'/.*', '/CLASS', name)}`" for name in (*record.metrics, *record.timings)}
    assert {row[0] for row in table("metric", "metrics") if row[-1] == "yes"} == left


def test_the_table_of_metrics_is_made_from_the_code() -> None:
    from seedbed.metrics.metric import METRICS

    def said(truth: bool) -> str:
        return "yes" if truth else "no"

    rows = [
        [
            f"`{name}{'/CLASS' * metric.per_class}`",
            metric.about,
            metric.better if metric.chooses else "chooses nothing",
            f"from {metric.bounds[0]:g}{'' if metric.bounds[1] == math.inf else f' to {metric.bounds[1]:g}'}",
            said(metric.needs_probabilities),
            said(metric.of_rows),
            "–" if metric.compute is None else "within splits" if metric.within_splits else "pooled",
            said(metric.logged),
        ]
        for name, metric in METRICS.items()
    ]
    wanted = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    assert table("metric", "metrics") == rows, f"docs/metrics.md has to have these lines:\n{wanted}"


def test_the_table_of_checks_is_made_from_the_code() -> None:
    from seedbed.selection.checks import CHECKS

    rows = [[f"`{code}`", one.about, "closes" if one.at_close else "is compared"] for code, one in CHECKS.items()]
    wanted = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    assert table("code", "checks") == rows, f"docs/checks.md has to have these lines:\n{wanted}"


def test_the_figures_of_large_tables_are_those_that_were_measured() -> None:
    measured = (ROOT / "benchmarks" / "large.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in measured if line.startswith("|")]
    assert table("rows", "large-tables") == rows[2:]


def test_every_file_of_a_run_is_named() -> None:
    from seedbed.tracking.names import RunFiles

    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert all(f"`{file}`" in text for file in (RunFiles.FIGURE, RunFiles.REPORT, RunFiles.PREDICTIONS))
    assert all(f"`{file}`" in text for file in (RunFiles.CONFIG, RunFiles.GRID, RunFiles.CHECKS))
    assert f"`{RunFiles.SWEEP_PREDICTIONS}`" in text


def test_the_table_of_exit_codes_is_the_code() -> None:
    from seedbed.cli import INTERRUPTED

    codes = [0, errors.NotDone.exit_code, errors.BadInput.exit_code, INTERRUPTED]
    assert [int(code) for code, _ in table("exit code", "keys")] == codes


# What no file names


def test_no_file_names_a_machine_or_an_index() -> None:
    # In parts, so that this file does not hold what it looks for.
    places = [f"{place}/" for place in (ROOT, Path.home()) if len(place.parts) > 1]
    usual = ["/ro" + "ot/", "/Us" + "ers/", "/wo" + "rk/"]
    hosts = ["py" + "pi.", "python" + "hosted", "artif" + "actory", "--in" + "dex-url", "--extra-in" + "dex-url"]
    unwanted = re.compile(r"(?<![\w.~-])(" + "|".join(map(re.escape, places + usual + hosts)) + ")")
    for path in tracked():
        if path.suffix not in (".png", ".parquet", ".xlsx"):
            found = unwanted.search(path.read_bytes().decode("utf-8", "replace"))
            assert found is None, f"{ids(path)}: {found}"
