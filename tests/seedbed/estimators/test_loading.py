"""The gate for stored models: which types they may be made of, and that each shipped family comes back the same."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import NMF
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, NuSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_array

from seedbed.errors import NotDone
from seedbed.estimators.loading import DamagedModel, ForbiddenTypes, UnsafeModel, is_allowed, list_trusted_types, load

X = np.random.default_rng(0).normal(size=(60, 2))
Y = np.array(["a", "b", "c"] * 20)


@pytest.mark.parametrize(
    "name",
    [
        "sklearn.neighbors._classification.KNeighborsClassifier",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.pipeline.Pipeline",
        "numpy.dtype",
        "numpy.int64",
        "numpy.dtypes.Float64DType",
    ],
)
def test_types_of_estimators_are_allowed(name: str) -> None:
    assert is_allowed(name)


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "sklearn.datasets.load_files",
        "sklearn.datasets._base.fetch_file",
        "sklearn.utils._testing.os.system",
        "sklearn.neighbors",
        "sklearn.neighbors.os system",
        "sklearn_evil.neighbors.X",
        "evil.sklearn.neighbors.X",
        "xsklearn.neighbors.X",
        "sklearn.neighbors.X\nos.system",
        "numpy.testing._private.utils.runstring",
        "numpy.f2py.compile",
        "numpy.load",
        "numpyx.dtype",
        "",
        "sklearn.tree.tests.test_tree.X",
        "sklearn.ensemble._hist_gradient_boosting.tests.test_bitset.X",
    ],
)
def test_other_types_are_not(name: str) -> None:
    assert not is_allowed(name)


FAMILIES = {
    "knn": KNeighborsClassifier(3),
    "knn-ball": KNeighborsClassifier(3, algorithm="ball_tree", leaf_size=1),
    "knn-kd": KNeighborsClassifier(3, algorithm="kd_tree", leaf_size=2, metric="chebyshev"),
    "knn-brute": KNeighborsClassifier(3, algorithm="brute", weights="distance"),
    "logistic": LogisticRegression(),
    "naive_bayes": GaussianNB(),
    "tree": DecisionTreeClassifier(random_state=0),
    "stump": DecisionTreeClassifier(max_depth=1),
    "forest": RandomForestClassifier(5, random_state=0),
    "extra_trees": ExtraTreesClassifier(5, max_leaf_nodes=6, random_state=0),
    "hgb": HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=2),
    "hgb-categories": HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=2, categorical_features=[0]),
    "svc": CalibratedClassifierCV(SVC(), cv=3),
    "svc-linear": CalibratedClassifierCV(SVC(kernel="linear"), cv=3, ensemble=False),
    "nu-svc": CalibratedClassifierCV(NuSVC(nu=0.2), cv=3),
    "mlp": MLPClassifier((4,), max_iter=2000, tol=0.1, random_state=0),
}


@pytest.mark.parametrize("scaled", [False, True], ids=["alone", "scaled"])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_comes_back_the_same(family: str, classes: int, scaled: bool, tmp_path: Path) -> None:
    x = np.column_stack([np.arange(60) % 7, X]) if "categories" in family else X
    estimator = clone(FAMILIES[family])
    whole = make_pipeline(FunctionTransformer() if "categories" in family else StandardScaler(), estimator)
    fitted = (whole if scaled else estimator).fit(x, Y if classes == 3 else np.where(Y == "a", "a", "b"))
    skops.io.dump(fitted, tmp_path / "model.skops")
    loaded = load(tmp_path / "model.skops")
    assert np.array_equal(loaded.predict_proba(x), fitted.predict_proba(x))
    assert list(loaded.predict(x)) == list(fitted.predict(x))


def test_a_score_that_selects_features_comes_back(tmp_path: Path) -> None:
    fitted = make_pipeline(SelectKBest(f_classif, k=1), KNeighborsClassifier(3)).fit(X, Y)
    skops.io.dump(fitted, tmp_path / "model.skops")
    assert list(load(tmp_path / "model.skops").predict(X)) == list(fitted.predict(X))


def test_boosting_on_a_frame_with_categories_comes_back_the_same(tmp_path: Path) -> None:
    words = pd.Categorical(np.array(["red", "blue", "green"])[np.arange(60) % 3])
    frame = pd.DataFrame({"one": X[:, 0], "colour": words, "two": X[:, 1], "kind": words})
    fitted = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=2).fit(frame, Y)
    skops.io.dump(fitted, tmp_path / "model.skops")
    assert np.array_equal(load(tmp_path / "model.skops").predict_proba(frame), fitted.predict_proba(frame))


class Foreign:
    """A type of neither scikit-learn nor numpy."""


def crafted(file: Path, module: str, name: str) -> Path:
    """Rewrite a stored estimator so that a part of it is another type."""
    skops.io.dump(KNeighborsClassifier(3).fit(X, Y), file)
    with zipfile.ZipFile(file) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(content["schema.json"])
    schema["content"]["content"]["effective_metric_params_"].update(__module__=module, __class__=name)
    content["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for key, data in content.items():
            archive.writestr(key, data)
    return file


def test_a_crafted_file_is_refused_by_the_name_of_its_type(tmp_path: Path) -> None:
    file = crafted(tmp_path / "evil.skops", "shutil", "rmtree")
    with pytest.raises(ForbiddenTypes) as raised:
        load(file)
    assert raised.value.types == ["shutil.rmtree"]
    assert str(raised.value) == (
        "The model in evil.skops holds shutil.rmtree; only types of scikit-learn and numpy that can be checked are "
        "loaded, and those that are listed in trust."
    )
    assert isinstance(raised.value, NotDone)


def test_a_function_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.skops"
    skops.io.dump(FunctionTransformer(subprocess.check_output).fit(X), file)
    with pytest.raises(ForbiddenTypes, match=r"subprocess\.check_output"):
        load(file)


def test_what_is_trusted_is_what_skops_alone_would_not_trust() -> None:
    data = skops.io.dumps(KNeighborsClassifier(3, algorithm="kd_tree").fit(X, Y))
    assert list_trusted_types(data) == sorted(skops.io.get_untrusted_types(data=data)) != []


def test_a_function_of_scikit_learn_is_refused_although_its_module_is_allowed(tmp_path: Path) -> None:
    # Built with arguments from the file, it would write one.
    file = crafted(tmp_path / "evil.skops", "sklearn.tree._export", "export_graphviz")
    assert is_allowed("sklearn.tree._export.export_graphviz")
    with pytest.raises(ForbiddenTypes, match="export_graphviz"):
        load(file)


def test_a_class_under_the_name_of_a_module_that_imports_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ForbiddenTypes, match=r"_forest\.Parallel"):
        load(crafted(tmp_path / "evil.skops", "sklearn.ensemble._forest", "Parallel"))


@pytest.mark.parametrize(
    "unchecked", [GradientBoostingClassifier(n_estimators=2), NMF(1, max_iter=1, tol=0), KMeans(2)], ids=str
)
def test_an_estimator_whose_arrays_are_not_checked_is_loaded_only_if_it_is_trusted(
    unchecked: Any, tmp_path: Path
) -> None:
    file, name = tmp_path / "model.skops", f"{type(unchecked).__module__}.{type(unchecked).__name__}"
    skops.io.dump(make_pipeline(unchecked.fit(np.abs(X), Y)), file)
    with pytest.raises(ForbiddenTypes, match=f"holds {name}; only types of scikit-learn and numpy that can be checked"):
        load(file)
    assert type(load(file, [name])[0]) is type(unchecked)


def test_a_crafted_birch_which_skops_itself_stores_none_of_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "evil.skops"
    skops.io.dump(KMeans(2).fit(X), file)
    with zipfile.ZipFile(file) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    named = content["schema.json"].replace(b"sklearn.cluster._kmeans", b"sklearn.cluster._birch")
    content["schema.json"] = named.replace(b'"KMeans"', b'"Birch"')
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    with pytest.raises(ForbiddenTypes, match=r"holds sklearn\.cluster\._birch\.Birch; only"):
        load(file)


def test_tests_of_scikit_learn_are_refused_even_if_trusted(tmp_path: Path) -> None:
    name = "sklearn.ensemble.tests.test_voting.X"
    file = crafted(tmp_path / "evil.skops", *name.rsplit(".", 1))
    with pytest.raises(ForbiddenTypes, match="test_voting"):
        load(file, [name])


def test_a_type_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    file = crafted(tmp_path / "other.skops", "sklearn.neighbors._nowhere", "X")
    with pytest.raises(UnsafeModel, match=r"needs sklearn\.neighbors\._nowhere\.X, which cannot be imported here \("):
        load(file)


@pytest.mark.parametrize("content", [b"", b"PK not a zip"])
def test_what_is_not_a_model_is_said_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.skops").write_bytes(content)
    with pytest.raises(DamagedModel, match=r"^The model in model\.skops cannot be read: .*\.$"):
        load(tmp_path / "model.skops")


COLUMN_CHECK = partial(check_array, dtype=[np.float64], ensure_all_finite=False)


@pytest.mark.parametrize(
    "function",
    [
        COLUMN_CHECK,
        partial(check_array, dtype=[np.float64]),
        partial(np.add, 1),
        partial(subprocess.check_output),
        check_array,
    ],
    ids=["elsewhere", "keywords", "numpy", "process", "bare"],
)
def test_a_function_is_refused_but_the_one_of_boosting(function: Any, tmp_path: Path) -> None:
    file = tmp_path / "model.skops"
    skops.io.dump(make_pipeline(FunctionTransformer(function), KNeighborsClassifier(3).fit(X, Y)), file)
    with pytest.raises(UnsafeModel, match="is not one that boosting makes|only types of scikit-learn"):
        load(file)


@pytest.mark.parametrize("change", ["keywords", "function", "columns", "step", "attribute"])
def test_the_preprocessing_of_boosting_is_loaded_in_its_one_shape(change: str, tmp_path: Path) -> None:
    x = np.column_stack([np.arange(60) % 7, X])
    model = HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=2, categorical_features=[0]).fit(x, Y)
    before = model._preprocessor
    _, (_, numbers, numerical), _ = before.transformers_
    if change == "keywords":
        numbers.func = partial(check_array, dtype=[np.float64], ensure_all_finite=True)
    elif change == "function":
        numbers.func = np.positive
    elif change == "columns":  # fewer come out than the nodes ask for
        numerical[2] = False
    elif change == "step":
        model._preprocessor = ColumnTransformer([("a", "passthrough", [0]), ("b", "passthrough", [1])]).fit(x)
    else:
        before._transformer_to_input_indices["numerical"] = [1]
    skops.io.dump(model, tmp_path / "model.skops")
    with pytest.raises(UnsafeModel):
        load(tmp_path / "model.skops")


OWN = """
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.tree import DecisionTreeClassifier

class MyClassifier(ClassifierMixin, BaseEstimator):
    def fit(self, x, y):
        self.inside_ = {"trees": [DecisionTreeClassifier(random_state=0).fit(x, y)]}
        self.classes_ = self.inside_["trees"][0].classes_
        return self

    def predict(self, x):
        return self.inside_["trees"][0].predict(x)
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a fitted estimator of a module that can be imported for this test alone."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "own_of_the_test.py").write_text(OWN)
    monkeypatch.syspath_prepend(folder)
    import own_of_the_test  # type: ignore[import-not-found]

    yield own_of_the_test.MyClassifier().fit(X, Y)
    sys.modules.pop("own_of_the_test", None)


TRUST = ["own_of_the_test.MyClassifier"]


def test_an_own_type_is_loaded_if_it_is_trusted(own: Any, tmp_path: Path) -> None:
    file = tmp_path / "model.skops"
    skops.io.dump(own, file)
    with pytest.raises(ForbiddenTypes, match=r"holds own_of_the_test\.MyClassifier; only"):
        load(file)
    assert list(load(file, TRUST).predict(X)) == list(own.predict(X))
    assert "own_of_the_test.MyClassifier" in list_trusted_types(file.read_bytes(), trust=TRUST)


def test_an_own_type_whose_module_is_not_there_is_said_in_a_sentence(
    own: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "model.skops"
    skops.io.dump(own, file)
    monkeypatch.undo()
    del sys.modules["own_of_the_test"]
    with pytest.raises(UnsafeModel) as raised:
        load(file, TRUST)
    assert str(raised.value) == (
        "The model in model.skops needs own_of_the_test.MyClassifier, which cannot be imported here (No module named "
        "'own_of_the_test')."
    )


def test_the_arrays_inside_of_an_own_type_are_checked_too(own: Any, tmp_path: Path) -> None:
    own.inside_["trees"][0].tree_.__getstate__()["nodes"]["left_child"][0] = 10**6
    skops.io.dump(own, tmp_path / "model.skops")
    with pytest.raises(DamagedModel, match="not a later node"):
        load(tmp_path / "model.skops", TRUST)


def test_it_imports_skops_and_the_standard_library_alone() -> None:
    program = "import sys, seedbed.estimators.loading as loading; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    own = [name for name in done.stdout.split() if name.startswith(("seedbed", "skops"))]
    assert own == ["seedbed", "seedbed.errors", "seedbed.estimators", "seedbed.estimators.loading"]
    assert not {"numpy", "sklearn"} & {*done.stdout.split()}
