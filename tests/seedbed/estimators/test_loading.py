"""Which types a stored model may be made of."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from seedbed.estimators.loading import ForbiddenTypes, is_allowed, list_trusted_types, load

X = np.random.default_rng(0).normal(size=(30, 2))
Y = np.array(["a", "b", "c"] * 10)


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
    ],
)
def test_other_types_are_not(name: str) -> None:
    assert not is_allowed(name)


@pytest.mark.parametrize(
    "estimator",
    [
        KNeighborsClassifier(3),
        KNeighborsClassifier(3, algorithm="ball_tree"),
        make_pipeline(StandardScaler(), KNeighborsClassifier(3, algorithm="kd_tree")),
        RandomForestClassifier(3, random_state=0),
    ],
    ids=str,
)
def test_a_fitted_estimator_comes_back_the_same(estimator: object, tmp_path: Path) -> None:
    file = tmp_path / "model.skops"
    skops.io.dump(estimator.fit(X, Y), file)
    assert np.array_equal(load(file).predict_proba(X), estimator.predict_proba(X))


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
        "The model in evil.skops holds shutil.rmtree; only types of scikit-learn and numpy are loaded."
    )


def test_a_function_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.skops"
    skops.io.dump(FunctionTransformer(subprocess.check_output).fit(X), file)
    with pytest.raises(ForbiddenTypes, match=r"subprocess\.check_output"):
        load(file)


def test_what_is_trusted_is_what_skops_alone_would_not_trust() -> None:
    data = skops.io.dumps(KNeighborsClassifier(3, algorithm="kd_tree").fit(X, Y))
    assert list_trusted_types(data) == sorted(skops.io.get_untrusted_types(data=data)) != []


def test_it_imports_skops_and_the_standard_library_alone() -> None:
    program = "import sys, seedbed.estimators.loading as loading; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    own = [name for name in done.stdout.split() if name.startswith(("seedbed", "skops"))]
    assert own == ["seedbed", "seedbed.estimators", "seedbed.estimators.loading"]
