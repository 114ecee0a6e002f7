"""What cannot be used: one sentence that names key, value and what is allowed; exit code 2; nothing recorded."""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedbed.errors import hide_secrets

CASES = Path(__file__).resolve().parents[1] / "cases"
CSV = "dataset=csv dataset.target=label"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the tables of the cases in it."""
    place = tmp_path_factory.mktemp("typed")
    for file in CASES.iterdir():
        shutil.copy(file, place)
    return place


@pytest.fixture
def refused(command: Any, folder: Path, tmp_path: Path) -> Callable[..., str]:
    """Return a function that runs words and returns the sentence of their refusal, having seen that nothing is left."""

    def run(words: str, verb: str = "train", code: int = 2) -> str:
        tables = sorted(folder.iterdir())
        place = tmp_path / "store"
        place.mkdir()
        outcome = command(
            verb, *shlex.split(words), folder=folder, environ={"MLFLOW_TRACKING_URI": f"sqlite:///{place}/m.db"}
        )
        sentence: str = outcome.sentence
        assert outcome.code == code, sentence
        assert list(place.iterdir()) == [] and sorted(folder.iterdir()) == tables
        assert len(sentence) < 600
        return sentence

    return run


SHARE = "expected a share above 0 and below 1."
WHOLE = "expected an integer of at least 1."
BAD_VALUES = {
    "estimator.n_neighbors=abc": WHOLE,
    "estimator.n_neighbors=5.0": WHOLE,
    "estimator.n_neighbors=true": WHOLE,
    "estimator.n_neighbors=null": WHOLE,
    "estimator.n_neighbors=0": WHOLE,
    "split.test_size=1.5": SHARE,
    "split.test_size=nan": SHARE,
    "split.test_size=inf": SHARE,
    "split.test_size=abc": SHARE,
    "split.seed=[1,2]": "expected an integer from 0 to 4294967295.",
    "split.seed=99999999999": "expected an integer from 0 to 4294967295.",
    "split.stratify=maybe": "expected true or false.",
    "split.folds=1": "expected an integer of at least 2.",
    "split.folds=2.5": "expected an integer of at least 2.",
    "estimator.metric=euclid": "expected one of braycurtis, canberra, chebyshev,",
    "estimator.algorithm=tree": "expected one of auto, ball_tree, brute, kd_tree.",
    "dataset.labels=3": "expected a mapping such as {name: value}.",
    "dataset.holdout={a:1}": "expected a share of at least 0 and below 1.",
    "output=xml": "expected one of text, json.",
    "max_failures=-1": "expected an integer of at least 0, or null.",
    "split.folds=???": "expected an integer of at least 2.",
    "split.stratify=???": "expected a value.",
    "dataset.start=nan": "expected a number in every box of the page, or null for the values of a typical row.",
    "dataset.sliders.petal_width=3": "expected a list such as [1, 10].",
    "hydra.job.name=[1]": "expected a string.",
    "hydra.run.dir=null": "expected a value other than null.",
    "hydra.launcher.n_jobs=abc": "expected an integer.",
    "hydra.mode=NOPE": "expected one of RUN, MULTIRUN.",
}


@pytest.mark.parametrize("word", BAD_VALUES)
def test_a_bad_value_is_named_with_what_its_key_takes(word: str, refused: Callable[..., str]) -> None:
    sentence = refused(f"'{word}'")
    assert sentence.startswith(f"{word} is not valid: ") and BAD_VALUES[word] in sentence


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("split.test_size=0", "0.0"),
        ("split.test_size=1", "1.0"),
        ("estimator.n_neighbors=", "''"),
        ("estimator.n_neighbors=1e1", "10.0"),
        ("'estimator.metric=[1,2]'", "[1, 2]"),
    ],
)
def test_the_edges_and_nothing_at_all(word: str, shown: str, refused: Callable[..., str]) -> None:
    key = word.strip("'").partition("=")[0]
    assert refused(word).startswith(f"{key}={shown} is not valid: expected ")


SENTENCES = {
    # Keys
    "estimator.n_neighbours=3": "There is no key estimator.n_neighbours; did you mean estimator.n_neighbors?",
    "+estimator.k=3": "There is no key estimator.k; the keys are estimator.algorithm, estimator.leaf_size, ",
    "estimator=svc estimator._spec_.calibrated=false": "There is no key estimator._spec_.calibrated; ",
    "'~estimator._spec_'": "There is no key estimator._spec_; the keys are ",
    "estimator=logistic 'estimator.class_weight={Setosa:1,Virginica:2}'": (
        "estimator.class_weight={{'Setosa': 1, 'Virginica': 2}} is not valid: expected a number, "
    ),
    "estimator=own estimator._target_=sklearn.ensemble.GradientBoostingClassifier": (
        "estimator._target_=sklearn.ensemble.GradientBoostingClassifier is not of scikit-learn, or its models cannot "
        "be checked; they are loaded again only if that is typed: 'trust=[sklearn.ensemble._gb.GradientBoost"
    ),
    "estimator={k:3}": "There is no key estimator.k; the keys are estimator.C, ",
    "+seed=3": "There is no key seed; the keys are baselines, dataset, ",
    "sed=3": "There is no key sed; did you mean split.seed?",
    "~split.sed": "There is no key split.sed; did you mean split.seed?",
    "~split.seed": "split.seed cannot be left out; type split.seed=… to change it.",
    "~split.seed=0": "split.seed cannot be left out; type split.seed=… to change it.",
    "~resume": "resume cannot be left out; ",
    "~force": "force cannot be left out; ",
    "~estimator": "estimator cannot be left out; type estimator=… to change it.",
    "~estimator=knn": "estimator cannot be left out; ",
    "~estimator=svm": "estimator cannot be left out; ",
    "~dataset": "dataset cannot be left out; ",
    "~": "There is no key ''; the keys are baselines, dataset, ",
    "+new.key=3": "There is no key new.key; the keys are baselines, dataset, ",
    "++new.key=3": "There is no key new.key; the keys are baselines, dataset, ",
    "SPLIT.SEED=3": "There is no key SPLIT; did you mean split?",
    "split..seed=3": "There is no key split..seed; did you mean split.seed?",
    "split.seed[0]=3": "There is no key split.seed[0]; did you mean split.seed?",
    "'split.seed =3'": "There is no key 'split.seed '; did you mean split.seed?",
    "split.seed.x=3": "There is no key split.seed.x; ",
    "=3": "=3 does not name a key; type for example split.seed=1.",
    "dataset.labels.stem=Stem": "dataset.labels.stem is not in the config yet; type +dataset.labels.stem=…",
    "dataset.sliders.petal_width=[3,1]": "dataset.sliders={{'petal_width': [3.0, 1.0]}} is not valid: ",
    "+split.seed=3": "split.seed is in the config already; type split.seed=… without the +.",
    "+dataset=csv": "dataset is in the config already; type dataset=… without the +.",
    "hydra.foo=1": "There is no key hydra.foo; --cfg hydra shows the keys of Hydra itself.",
    "-m --cfg job": "Only one of --run, --multirun, --cfg, --info and --shell_completion can be specified; leave -m",
    "nonsense": "nonsense is not of the form key=value; type for example split.seed=1.",
    # Groups
    "dataset=iri": "There is no dataset called iri; there is csv, file, iris.",
    "estimator=svm": "There is no estimator called svm; there is extra_trees, forest, ",
    "estimator=null": "estimator=null is not valid; type the name of an option: estimator=NAME.",
    "estimator=[1,2]": "estimator=[1,2] is not valid; type the name of an option: estimator=NAME.",
    "+estimator@x=knn": "estimator/knn cannot be put at x, which is not part of the config; ",
    "outputs=train": "There is no key outputs; did you mean output?",
    # Hydra's own
    "'hydra.job_logging={version:2}'": "hydra.job_logging or hydra.hydra_logging cannot be used: Unsupported version",
    "--shell-completion": "Expecting one subcommand from ['install', 'uninstall', 'query'] to be set.",
    "--config-name=nope": "Cannot find primary config 'nope'. Check that it's in your config search path.",
    "experiment=tutorial": "experiment is not in the config yet; type +experiment=tutorial",
    "+experiment=nope": "There is no experiment called nope; there is tutorial.",
    "selection.metric=acuracy": "There is no metric acuracy; there is accuracy, average_precision, balanced_accuracy, ",
    # Against the table
    "estimator.p=null": "estimator.p=null is not valid: expected a number above 0 with estimator.m",
    "estimator.n_neighbors=97": "estimator.n_neighbors=97 is more than the 96 training rows; choose 1 to 96.",
    "split.test_size=0.01": "split.test_size=0.01 makes 2 test and 118 training rows of 120, fewer than the 3 classes",
    "split.folds=5": "split.folds=5 belongs to split=kfold and split=grouped, and split=random draws its test ",
    "split=kfold split.test_size=0.3": "split.test_size=0.3 belongs to split=random, and split=kfold tests a fold at a",
    "split=kfold split.folds=41": "Class Setosa has 40 of the 120 rows for training and test, fewer than split.folds=4",
    "split=grouped": "split=grouped needs the column whose rows stay together; type dataset.group=COLUMN.",
    "split=grouped dataset.group=stem": "There is no column beside variety for dataset.group in package:iris.csv",
    "dataset=csv dataset.path=package:iris.csv dataset.target=kind": (
        "There is no column for dataset.target in package:iris.csv called kind; there is"
    ),
    "dataset=csv dataset.path=nowhere.csv": "dataset.path={folder}/nowhere.csv is not there",
    "dataset.path=nowhere.csv": (
        "dataset.path=nowhere.csv is not of the table iris, which is the default; type dataset=csv dataset.path=nowhere"
    ),
    "+experiment=tutorial dataset.name=x dataset.target='a b'": (
        "dataset.target=a b is not of the table iris, which is the default; type dataset=csv 'dataset.target=a b'"
    ),
    "dataset=csv": "dataset.path is missing; give dataset=csv dataset.path=FILE_OR_URL dataset.target=COLUMN.",
    "dataset=csv dataset.path=52-order.csv": "dataset.target is missing; the columns of {folder}/52-order.csv are",
    "dataset.name=Default": "dataset.name=Default is the experiment that MLflow itself makes, ",
    "dataset.name=team/data": "dataset.name='team/data' cannot name a registered model",
    f"{CSV} dataset.path=http://127.0.0.1:9/x.csv": "http://127.0.0.1:9/x.csv cannot be read",
    "estimator.metric=mahalanobis": "estimator.metric=mahalanobis is not valid: expected one of braycurtis, ",
    "estimator.metric=euclidean estimator.p=1": "estimator.p=1 has an effect only with estimator.metric=minkowski; ",
    # What several values mean
    "estimator.n_neighbors=1,3": "estimator.n_neighbors=1,3 is read as several values, 1 and 3; to run each",
    "'estimator.n_neighbors=range(1,5)'": "estimator.n_neighbors=range(1,5) is several values; add -m to run",
    f"{CSV} dataset.path=01-a,b.csv": (
        "dataset.path=01-a,b.csv is read as several values, 01-a and b.csv; to run each of them add -m, to mean one "
        """value with a comma type 'dataset.path="01-a,b.csv"'"""
    ),
    # Switches of a sweep
    "resume=latest": "resume applies to a sweep; add -m, or leave it out for one run.",
    # Stores
    "tracking.uri=./mlruns": (
        "tracking.uri=./mlruns is not a supported MLflow tracking URI; type tracking.uri=sqlite:///{folder}/mlruns/mlflow.db."
    ),
}


@pytest.mark.parametrize("words", SENTENCES)
def test_one_run_is_refused_in_one_sentence(words: str, refused: Callable[..., str], folder: Path) -> None:
    assert refused(words).startswith(SENTENCES[words].format(folder=folder))


@pytest.mark.parametrize(
    "word",
    [
        "dataset.path=https://h/x.csv?a=1",
        "dataset.path=~/x.csv",
        "dataset.path=/d/a#b.csv",
        "dataset.path=/d/a(1).csv",
        "dataset.path=/d/it's.csv",
        "dataset.target=variété",
    ],
)
def test_signs_of_the_grammar_come_back_with_the_form_to_type(
    word: str, command: Any, folder: Path, tmp_path: Path
) -> None:
    environ = {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/m.db"}
    key, _, value = word.partition("=")
    sentence = command("train", "dataset=csv", word, folder=folder, environ=environ).sentence
    assert sentence.startswith(
        f"{hide_secrets(word)} contains characters that are special in Hydra's override syntax; type "
    )
    typed = shlex.split(sentence.partition("; type ")[2])
    again = command("train", "--cfg", "job", "--package", key, "dataset=csv", *typed, folder=folder)
    assert again.out.strip().strip("'").replace("''", "'") == hide_secrets(value)
    assert list(tmp_path.iterdir()) == []


SWEEPS = {
    "estimator.n_neighbors=1,300": "estimator.n_neighbors=300 is more than the 96 training rows; choose 1 to 96.",
    "estimator.n_neighbors=1,x": "estimator.n_neighbors=x is not valid: ",
    "split.seed=0,-1": "split.seed=-1 is not valid: ",
    "estimator.n_neighbours=1,3": "There is no key estimator.n_neighbours; did you mean estimator.n_neighbors?",
    "estimator.metric=euclidean,euclid": "estimator.metric=euclid is not valid: ",
    "'split.test_size=range(0.1,1.2,0.1)'": "split.test_size=1.0 is not valid: ",
    "+foo=1,2": "There is no key foo; ",
    "estimator.n_neighbors=interval(1,5)": "estimator.n_neighbors=interval(1,5) is an interval; ",
    "'split.seed=range(1,9,0)'": "split.seed=range(1,9,0) never ends; a range takes finite numbers, and a step other",
    "'split.seed=range(inf)'": "split.seed=range(inf) never ends; ",
    "'split.seed=range(nan)'": "split.seed=range(nan) never ends; ",
    "'split.seed=range(100000000)'": "split.seed=range(100000000) has 100000000 values, and a sweep takes 100000 runs",
    "'split.seed=range(90000)'": "estimator.n_neighbors (2) × split.seed (90000) makes 180000 runs, and a sweep takes",
    "estimator.n_neighbors=1,???": "estimator.n_neighbors=??? is not valid: ",
    "~estimator": "estimator cannot be left out; ",
    "+new.key=1,2": "There is no key new.key; ",
    "estimator=knn,1": "estimator=knn,1 is not valid; type the name of an option: estimator=NAME.",
    "max_failures=-1": "max_failures=-1 is not valid: ",
    "selection.metric=f1/Rose": "There is no metric f1/Rose; there is accuracy, ",
    "estimator.metric=minkowski,manhattan estimator.p=null": "estimator.p=null is not valid: ",
    "hydra.launcher=1": "hydra.launcher=1 is not valid; type the name of an option: hydra/launcher=NAME.",
    "hydra.launcher.n_jobs=0": "hydra.launcher.n_jobs=0 is not valid: ",
    "~hydra/sweeper": "hydra/launcher and hydra/sweeper cannot be left out; ",
    "'estimator.n_neighbors=range(10,1)'": "estimator.n_neighbors=range(10,1) has no values, so there is nothing",
    "estimator=knn,svm": "There is no estimator called svm; there is extra_trees, forest, ",
    "resume=a,b": "resume=a,b is not valid: expected one value for all runs of a sweep.",
    "force=true,false": "force=True,False is not valid: ",
    "split=kfold estimator.n_neighbors=1,97": "estimator.n_neighbors=97 is more than the 96 training rows; ",
    "split=random,kfold": "split has the values random, kfold; a sweep keeps one kind of split, ",
    "split=kfold split.folds=4,5": "split.folds has the values 4, 5; a sweep keeps one kind of split, ",
    "split=kfold split.test_size=0.2,0.3": "split.test_size=0.2 belongs to split=random, ",
    "dataset=csv dataset.path=package:iris.csv dataset.target=variety,kind": (
        "dataset.target has the values variety, kind; a sweep keeps one table"
    ),
    f"{CSV} dataset.path=01-a,b.csv": (
        "dataset.path is read as several values, 01-a and b.csv, and a sweep keeps one table; to mean one with a comma "
        """in its name type 'dataset.path="01-a,b.csv"'"""
    ),
    "dataset=csv dataset.path=nowhere.csv": "dataset.path={folder}/nowhere.csv is not there",
    "dataset.path=nowhere.csv dataset.target=x": (
        "dataset.path=nowhere.csv is not of the table iris, which is the default; type dataset=csv "
        "dataset.path=nowhere.csv dataset.target=x"
    ),
    "estimator.metric=euclidean,cosine estimator.p=1,2": "estimator.p=1 has an effect only with estimator.metric=",
}


@pytest.mark.parametrize("words", SWEEPS)
def test_one_bad_cell_stops_a_sweep_before_its_first_run(words: str, refused: Callable[..., str], folder: Path) -> None:
    assert refused(f"-m split.seed=0,1 estimator.n_neighbors=1,2 {words}").startswith(
        SWEEPS[words].format(folder=folder)
    )


PROMOTIONS = {
    "sweep=latest": (1, "There are no runs yet: no store at "),
    "run=latest": (1, "There are no runs yet: no store at "),
    "swep=1": (2, "There is no key swep; did you mean sweep?"),
    "selection.rule=best": (2, "selection.rule=best is not valid: expected one of highest_mean, "),
    "selection.tolerance=-1": (2, "selection.tolerance=-1.0 is not valid: expected a difference of at least 0 such as"),
    "selection.order=[knn]": (2, "selection.order=knn has no effect without a tolerance; type selection.tol"),
    "selection=nope": (2, "There is no selection called nope; there is highest_mean, one_standard_error."),
}


@pytest.mark.parametrize("words", PROMOTIONS)
def test_promote_refuses_in_one_sentence_and_makes_no_store(words: str, refused: Callable[..., str]) -> None:
    code, sentence = PROMOTIONS[words]
    assert refused(words, "promote", code).startswith(sentence)


def test_help_lists_the_groups_that_one_can_choose_from(command: Any) -> None:
    listed = re.findall(r"^\+?(\w+)=(\S*)$", command("train", "--help").out, re.MULTILINE)
    assert [group for group, _ in listed] == [
        *("dataset", "tracking", "preprocess", "estimator", "split", "experiment")
    ]
    assert dict(listed)["split"] == "grouped|kfold|random"
    for verb in ("compare", "promote", "prune"):
        listed = re.findall(r"^\+?(\w+)=(\S*)$", command(verb, "--help").out, re.MULTILINE)
        chooses = ["selection"] * (verb != "prune")
        assert [group for group, _ in listed] == ["dataset", "tracking", *chooses]


@pytest.mark.parametrize("verb", ["explore", "compare", "promote", "prune", "reproduce"])
@pytest.mark.parametrize("word", ["-m", "--multirun", "hydra.mode=MULTIRUN"])
def test_only_a_sweep_takes_m(verb: str, word: str, refused: Callable[..., str]) -> None:
    assert refused(word, verb) == f"-m makes a sweep, and {verb} does one thing once; leave -m out."


NO_EFFECT = {
    "promote": ["dataset.holdout=0.3", "dataset.target=x", "dataset.title=x", "+dataset.labels.x=X"],
    "compare": ["tracking.keep_data=false", "dataset.group=x"],
    "explore": ["dataset.start=3", "+dataset.units.x=cm"],
    "prune": ["selection.rule=one_standard_error", "selection.tolerance=0.01"],
    "train": ["selection.rule=one_standard_error", "selection.order=[knn]"],
    "train -m": ["selection.rule=one_standard_error"],
}


@pytest.mark.parametrize(("verb", "word"), [(verb, word) for verb, words in NO_EFFECT.items() for word in words])
def test_a_key_without_effect_is_refused(verb: str, word: str, refused: Callable[..., str]) -> None:
    name, *option = verb.split()
    key = word.lstrip("+").partition("=")[0]
    assert refused(" ".join([*option, word]), name) == f"{key} has no effect on {name}; leave it out."


@pytest.mark.parametrize(
    ("verb", "word"),
    [
        ("train", "selection=one_standard_error"),
        ("train -m", "selection=highest_mean"),
        ("prune", "selection=one_standard_error"),
    ],
)
def test_a_choice_without_effect_is_refused(verb: str, word: str, refused: Callable[..., str]) -> None:
    name, *option = verb.split()
    assert refused(" ".join([*option, word]), name) == f"{word} has no effect on {name}; leave it out."


@pytest.mark.parametrize(
    ("words", "idle", "beside"),
    [
        ("run=0123 sweep=4567", "sweep", "run"),
        ("version=1 run=0123", "run", "version"),
        ("run=0123 selection=one_standard_error", "selection", "run"),
        ("run=0123 selection.metric=macro_f1", "selection", "run"),
        ("version=1 force=true", "force", "version"),
        ("history=true dry_run=true", "dry_run", "history"),
        ("history=true version=1", "version", "history"),
    ],
)
def test_promote_takes_one_way_at_a_time(words: str, idle: str, beside: str, refused: Callable[..., str]) -> None:
    assert refused(words, "promote") == f"{idle} has no effect beside {beside}; leave one of them out."


@pytest.mark.parametrize(
    "word", ["estimator=knn", "+estimator=knn", "split=kfold", "+preprocess.name=none", "experiment=tutorial"]
)
def test_a_group_of_another_command_is_refused_at_once(word: str, refused: Callable[..., str]) -> None:
    key = word.lstrip("+").partition("=")[0]
    assert refused(word, "promote").startswith(f"There is no key {key}; the keys are checks, dataset, ")


def test_a_file_of_a_table_may_hold_any_key(command: Any, folder: Path, store_uri: str, tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    keys = ["target: month", "holdout: 0.2", "title: T", "labels: {width: W}", "units: {width: cm}", "name: t"]
    (tmp_path / "dataset" / "own.yaml").write_text("\n".join([f"path: {folder / '52-order.csv'}", *keys]))
    words = ("--config-dir", str(tmp_path), "dataset=own", f"tracking.uri={store_uri}")
    grid = ("split.seed=0,1", "estimator.n_neighbors=1,3")
    for verb in ("explore", "train", "compare"):
        outcome = command(verb, *(("-m", *words, *grid) if verb == "train" else words))
        assert outcome.code == 0, outcome.err


def test_a_path_counts_as_the_name(command: Any, folder: Path, store_uri: str) -> None:
    words = ("dataset=csv", "dataset.path=52-order.csv", f"tracking.uri={store_uri}")
    more = ("dataset.target=month", "estimator.n_neighbors=1,3", "split.seed=0,1")
    assert command("train", "-m", *words, *more, folder=folder).code == 0
    assert command("compare", *words, folder=folder).code == 0


@pytest.mark.parametrize("option", ["", "-m split.seed=0,1"])
def test_a_name_that_is_not_text_is_refused(option: str, refused: Callable[..., str]) -> None:
    """As a shell gives the bytes of another encoding to Python."""
    sentence = refused(f"""{option} dataset=csv 'dataset.path="gr\udcf6e.csv"' dataset.target=label""")
    assert sentence.endswith("gr\\udcf6e.csv' is not text in this shell's encoding; rename it, or type it in UTF-8.")


@pytest.mark.parametrize("text", ["on", "010", "1e3", "true", "8"])
def test_a_columns_name_that_yaml_reads_otherwise_is_refused(text: str, command: Any, tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    rows = (f"{row},{'ab'[row % 2]},1,2,{row * row}" for row in range(30))
    (tmp_path / "t.csv").write_text("\n".join([f"x,{text},True,8.0,1000.0", *rows]))
    file = tmp_path / "dataset" / "own.yaml"
    words = ("-m", "--config-dir", str(tmp_path), "dataset=own", "tracking.uri=sqlite:///m.db", "dry_run=true")
    file.write_text(f"path: {tmp_path}/t.csv\ntarget: {text}\n")
    sentence = command("train", *words, folder=tmp_path).sentence
    assert sentence.startswith("dataset.target=") and "put a column's name in quotes: target: '…'" in sentence
    file.write_text(f"path: {tmp_path}/t.csv\ntarget: '{text}'\n")
    outcome = command("train", *words, "estimator.n_neighbors=1", "split.seed=0", folder=tmp_path)
    assert outcome.code == 0, outcome.err


@pytest.mark.parametrize("text", ["1e3", "010", "true", "1_0"])
@pytest.mark.parametrize("option", [(), ("-m", "split.seed=0,1", "estimator.n_neighbors=1,3")])
def test_a_typed_columns_name_is_text(text: str, option: tuple[str, ...], command: Any, tmp_path: Path) -> None:
    rows = (f"{row},{row % 3},{'ab'[row % 2]}" for row in range(30))
    (tmp_path / "t.csv").write_text("\n".join([f"x,y,{text}", *rows]))
    words = ("dataset=csv", "dataset.path=t.csv", f"dataset.target={text}", "tracking.uri=sqlite:///m.db")
    outcome = command("train", *option, *words, folder=tmp_path)
    assert outcome.code == 0, outcome.err


def test_explore_refuses_in_one_sentence(refused: Callable[..., str]) -> None:
    words = "dataset=csv dataset.path=package:iris.csv dataset.target=kind"
    assert refused(words, "explore").startswith("There is no column for dataset.target")


@pytest.mark.parametrize("verb", ["train", "train -m", "explore", "promote", "compare"])
@pytest.mark.parametrize("store", ["folder", "scheme", "no folder", "off", "no database"])
def test_a_store_that_cannot_be_used_is_one_sentence_within_seconds(
    verb: str, store: str, command: Any, tmp_path: Path
) -> None:
    (tmp_path / "text.db").write_text("this is no database" * 300)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri, code = {
        "folder": (f"file://{tmp_path}/x", 2),
        "scheme": ("databricks", 2),
        "no folder": (f"sqlite:///{tmp_path}/no/such/m.db", 1),
        "off": (f"http://127.0.0.1:{port}", 1),
        "no database": (f"sqlite:///{tmp_path}/text.db", 1),
    }[store]
    name, *words = verb.split()
    began = time.monotonic()
    outcome = command(name, *words, folder=tmp_path, environ={"MLFLOW_TRACKING_URI": uri})
    assert time.monotonic() - began < 15  # five seconds and a crowded machine
    assert outcome.code == code and uri.removeprefix("sqlite:///") in outcome.sentence
    assert [file.name for file in tmp_path.iterdir()] == ["text.db"]


def test_as_a_process_of_its_own_it_is_the_same_sentence(real_command: Any, tmp_path: Path) -> None:
    environ = {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/m.db"}
    outcome = real_command("train", "estimator.n_neighbors=500", environ=environ)
    assert outcome.code == 2
    assert outcome.sentence == "estimator.n_neighbors=500 is more than the 96 training rows; choose 1 to 96."
    outcome = real_command("train", "-m", "estimator.n_neighbors=1,500", environ=environ)
    assert outcome.code == 2
    assert outcome.sentence == "estimator.n_neighbors=500 is more than the 96 training rows; choose 1 to 96."
    assert list(tmp_path.iterdir()) == []
