"""Why an answer is what it is, by the family of the estimator."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from seedbed.errors import BadInput
from serve.model.explanations import Contributions, Curve, explain, trace_curves
from serve.model.neighbors import find_neighborhood
from serve.model.predictions import Prediction, answer, predict_rows
from serve.model.source import FolderSource, ServedModel
from serve.model.upload import format_download, read_upload
from serve.ui.answers import render_verdict, render_why

NewVersion = Callable[..., Path]
MakeModel = Callable[..., ServedModel]

ADDED_UP: dict[str, Any] = {
    "logistic": LogisticRegression(max_iter=1000),
    "ridge": RidgeClassifier(),
    "lda": LinearDiscriminantAnalysis(),
    "naive_bayes": GaussianNB(),
}
TRACED: dict[str, Any] = {
    "tree": DecisionTreeClassifier(random_state=0),
    "forest": RandomForestClassifier(10, random_state=0),
    "extra_trees": ExtraTreesClassifier(10, random_state=0),
    "hgb": HistGradientBoostingClassifier(max_iter=5, random_state=0),
    "svc": CalibratedClassifierCV(SVC(), ensemble=False),
    "svc without probabilities": SVC(),
    "mlp": MLPClassifier((5,), solver="lbfgs", max_iter=5000, random_state=0),
}
# Between Versicolor and Virginica, within the training rows of the first two, and one that is rare.
ROWS = [[6.2, 2.7, 4.9, 1.6], [5.1, 3.5, 1.4, 0.2], [4.3, 4.4, 6.9, 0.1]]


def count_questions(estimator: Any) -> tuple[Any, list[tuple[str, int]]]:
    """Return an estimator that notes what it is asked, and of how many rows, and its notes."""
    counted, asked = copy.copy(estimator), []
    for name in ("predict", "predict_proba"):
        if hasattr(estimator, name):

            def ask(rows: Any, name: str = name) -> Any:
                asked.append((name, len(rows)))
                return getattr(estimator, name)(rows)

            setattr(counted, name, ask)
    return counted, asked


@pytest.fixture(scope="module")
def iris_model(
    tmp_path_factory: pytest.TempPathFactory, new_iris_version: NewVersion, iris_table: pd.DataFrame
) -> Callable[[str, bool], ServedModel]:
    """Return a function that gives the Iris model of a family, fitted once."""
    made: dict[tuple[str, bool], ServedModel] = {}

    def make(family: str, scale: bool = False) -> ServedModel:
        if (family, scale) not in made:
            folder = tmp_path_factory.mktemp("family") / "v"
            new_iris_version(folder, estimator={**ADDED_UP, **TRACED}[family], scale=scale)
            made[family, scale] = FolderSource(folder, "1").load()
        return made[family, scale]

    return make


def contributions(model: ServedModel, row: list[float]) -> Contributions:
    found = explain(model, answer(model, row))
    assert isinstance(found, Contributions)
    return found


def curves(model: ServedModel, row: list[float]) -> list[Curve]:
    found = explain(model, answer(model, row))
    assert isinstance(found, list)
    return found


def test_neighbours_speak_for_themselves(iris_folder: Path) -> None:
    model = FolderSource(iris_folder).load()
    assert explain(model, answer(model, ROWS[0])) == []
    assert "seedbed-reasons" not in render_why(model, answer(model, ROWS[0]))


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("family", ADDED_UP)
@given(data=st.data())
@settings(max_examples=20)
def test_contributions_sum_to_the_difference_of_the_scores(
    iris_model: MakeModel, family: str, scale: bool, data: Any
) -> None:
    model = iris_model(family, scale)
    row = data.draw(st.tuples(*[st.floats(-20, 20)] * 4).map(list))
    found, said = contributions(model, row), answer(model, row)
    names = list(model.estimator.classes_)
    rows = model.rows([row])
    if hasattr(model.estimator, "predict_joint_log_proba"):
        scores = model.estimator.predict_joint_log_proba(rows)[0]
    elif family == "naive_bayes":
        scores = model.estimator[-1].predict_joint_log_proba(model.estimator[:-1].transform(rows))[0]
    else:
        scores = model.estimator.decision_function(rows)[0]
    others = [score for name, score in zip(names, scores, strict=True) if name != said.predicted]
    assert scores[names.index(found.runner_up)] == max(others)
    expected = scores[names.index(said.predicted)] - max(others)
    scale_of_sums = 1 + sum(map(abs, found.parts.values())) + abs(found.start)
    assert found.difference == pytest.approx(expected, abs=1e-9 * scale_of_sums) and found.difference >= -1e-9
    if found.log_odds and said.probabilities[found.runner_up] > 1e-9:
        ratio = said.probabilities[said.predicted] / said.probabilities[found.runner_up]
        assert found.difference == pytest.approx(math.log(ratio), abs=1e-6)
    assert found.log_odds == (family != "ridge")


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("family", ADDED_UP)
def test_of_two_classes_each_is_explained_against_the_other(
    family: str, scale: bool, tmp_path: Path, iris_table: pd.DataFrame, new_version: NewVersion
) -> None:
    two = iris_table[iris_table["variety"] != "Setosa"]
    folder = new_version(tmp_path / "v", two, "variety", estimator=ADDED_UP[family], scale=scale)
    model = FolderSource(folder).load()
    for row in ([5.0, 2.5, 3.5, 1.1], [7.0, 3.2, 6.0, 2.2]):
        found, said = contributions(model, row), answer(model, row)
        assert {said.predicted, found.runner_up} == {"Versicolor", "Virginica"} and found.difference > 0
        assert found.parts["petal_width"] > 0
        if family != "naive_bayes":
            score = model.estimator.decision_function(model.rows([row]))[0]
            assert found.difference == pytest.approx(abs(score))


def test_the_average_row_has_no_contributions_to_a_linear_score(iris_model: MakeModel) -> None:
    model = iris_model("logistic")
    assert model.training is not None
    found = contributions(model, model.training.rows.mean().tolist())
    assert list(found.parts.values()) == pytest.approx([0] * 4) and found.origin == "an average row"


@pytest.mark.parametrize("family", ADDED_UP)
def test_a_pipeline_is_explained_as_its_estimator_on_scaled_values(
    family: str, tmp_path: Path, iris_table: pd.DataFrame, iris_model: MakeModel, new_version: NewVersion
) -> None:
    piped = iris_model(family, True)
    scaler = StandardScaler().fit(iris_table.iloc[:, :4].to_numpy())
    scaled = iris_table.assign(
        **dict(zip(iris_table, scaler.transform(iris_table.iloc[:, :4].to_numpy()).T, strict=False))
    )
    plain = FolderSource(new_version(tmp_path / "v", scaled, "variety", estimator=ADDED_UP[family])).load()
    for row in ROWS:
        values = scaler.transform([row])[0].tolist()
        found, same = contributions(piped, row), contributions(plain, values)
        assert found.runner_up == same.runner_up and found.start == pytest.approx(same.start, abs=1e-6)
        assert found.parts == pytest.approx(same.parts, abs=1e-6)


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("family", TRACED)
def test_curves_pass_through_the_answer_at_what_is_typed(iris_model: MakeModel, family: str, scale: bool) -> None:
    model = iris_model(family, scale)
    assert model.training is not None
    for row in (ROWS[0], ROWS[2]):
        said = answer(model, row)
        found = curves(model, row)
        for curve in found:
            here = curve.points.index(curve.typed)
            low, high = model.training.rows[curve.feature].min(), model.training.rows[curve.feature].max()
            assert curve.points[0] == min(low, curve.typed) and curve.points[-1] == max(high, curve.typed)
            assert curve.points == sorted(curve.points) and len(curve.points) == len(curve.classes) >= 24
            assert curve.classes[here] == said.predicted
            if said.probabilities:
                assert curve.shares[here] == pytest.approx(said.probabilities[said.predicted])
                assert len(curve.shares) == len(curve.points) and all(0 <= share <= 1 for share in curve.shares)
            else:
                assert family == "svc without probabilities" and curve.shares == []
        assert found[0].feature == "petal_length"
        assert answer(model, [*row[:2], found[0].points[7], row[3]]).predicted == found[0].classes[7]


@pytest.mark.parametrize(
    ("family", "questions"),
    [
        ("tree", ["predict_proba"]),
        ("forest", ["predict_proba"]),
        ("extra_trees", ["predict_proba"]),
        ("svc", ["predict_proba"]),
        ("hgb", ["predict_proba"]),
        ("mlp", ["predict_proba"]),
        ("svc without probabilities", ["predict"]),
    ],
)
def test_the_points_of_all_curves_are_asked_together(iris_model: MakeModel, family: str, questions: list[str]) -> None:
    model = iris_model(family)
    counted, asked = count_questions(model.estimator)
    said = answer(replace(model, estimator=counted), ROWS[0])
    assert asked == [(question, 1) for question in questions]
    asked.clear()
    assert model.training is not None
    found = trace_curves(replace(model, estimator=counted), model.training, said)
    # Where two classes are nearly as probable anywhere on a curve, `predict` is asked as well, for all points at once.
    assert asked[0][0] == questions[0] and len(asked) == len(set(asked)) <= 2
    assert {points for _, points in asked} == {sum(len(curve.points) for curve in found)}


@pytest.mark.parametrize("family", TRACED)
def test_classes_are_those_that_scikit_learn_predicts(
    iris_model: MakeModel, iris_table: pd.DataFrame, family: str
) -> None:
    for scale in (False, True):
        model = iris_model(family, scale)
        rows = model.rows(np.random.default_rng(1).uniform(0, 8, (400, 4)).round(1))
        assert list(model.classify(rows)[0]) == list(model.estimator.predict(rows))


def test_contributions_without_end_give_way_to_curves(tmp_path: Path, new_version: NewVersion) -> None:
    table = pd.DataFrame(
        {"x": [1.0, 1.0, 1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.0, 4.0, 5.0, 7.0, 9.0], "z": list("aaabbb")}
    )
    model = FolderSource(new_version(tmp_path / "v", table, "z", estimator=GaussianNB(var_smoothing=0))).load()
    with np.errstate(divide="ignore", invalid="ignore"):  # in scikit-learn too
        said = answer(model, [2.5, 6.0])
        assert isinstance(explain(model, said), list)
        assert f"Why {said.predicted}?" in render_why(model, said)


@pytest.mark.parametrize("family", [*ADDED_UP, *TRACED])
def test_nearest_rows_are_shown_beside_every_reason(iris_model: MakeModel, family: str) -> None:
    model = iris_model(family)
    said = answer(model, ROWS[1])
    html = render_why(model, said)
    assert said.predicted == "Setosa" and said.neighbors is not None and said.neighbors.votes is None
    assert said.neighbors.rows[0] == 0 and said.neighbors.distances[0] == 0 and len(said.neighbors.rows) == 5
    assert "For comparison, the 5 nearest training rows. Distances are in standard deviations." in html
    assert "decide" not in html and html.index("seedbed-reasons") < html.index("seedbed-scatter")


@pytest.mark.parametrize("family", [*ADDED_UP, *TRACED])
def test_what_is_unlike_any_seen_is_said_for_every_family(iris_model: MakeModel, family: str) -> None:
    model = iris_model(family)
    assert "Unlike any seen" in render_verdict(model.card, answer(model, ROWS[2]))
    assert not any(answer(model, row).unlike_any for row in ROWS[:2])


def test_no_training_row_is_unlike_any_seen(iris_model: MakeModel) -> None:
    model = iris_model("logistic")
    assert model.training is not None
    rows = model.training.rows.to_numpy(float).tolist()
    assert not any(answer(model, row).unlike_any for row in rows[::7])


def test_nearest_rows_are_those_of_standardised_distances(iris_model: MakeModel) -> None:
    model = iris_model("naive_bayes")
    assert model.training is not None
    rows = model.training.rows.to_numpy(float)
    distances = np.linalg.norm((rows - ROWS[0]) / rows.std(axis=0), axis=1)
    found = answer(model, ROWS[0]).neighbors
    assert found is not None and found.distances == pytest.approx(np.sort(distances)[:5].tolist())


@pytest.mark.parametrize("family", ["ridge", "svc without probabilities"])
def test_probabilities_that_there_are_none_of_are_not_invented(iris_model: MakeModel, family: str) -> None:
    model = iris_model(family)
    said = answer(model, ROWS[0])
    assert said.probabilities == {} and said.tied == ()
    html = render_verdict(model.card, said)
    assert "The model gives a class without probabilities." in html and "%" not in html and "seedbed-bars" not in html
    data = b"sepal_length,sepal_width,petal_length,petal_width\n6.2,2.7,4.9,1.6\n,2,3,4\n"
    upload = read_upload(data, model.card, max_rows=9)
    text = format_download(model, upload, predict_rows(model, upload.rows))
    assert text.splitlines() == [
        "sepal_length,sepal_width,petal_length,petal_width,prediction",
        f"6.2,2.7,4.9,1.6,{said.predicted}",
        ",2,3,4,",
    ]


@pytest.fixture
def wide(tmp_path: Path, new_version: NewVersion) -> Callable[[Any], ServedModel]:
    """Return a function that fits an estimator to 40 columns: the last one tells most, and one is constant."""
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(60, 40)) + np.outer(np.arange(60) % 2, np.linspace(0, 3, 40))
    table = pd.DataFrame(rows, columns=[f"c{number:02}" for number in range(40)]).assign(c39=7.0)
    table["label"] = ["even", "odd"] * 30

    def make(estimator: Any) -> ServedModel:
        return FolderSource(new_version(tmp_path / "v", table, "label", estimator=estimator)).load()

    return make


def test_of_many_columns_the_telling_ones_get_curves_and_that_is_said(wide: Callable[[Any], ServedModel]) -> None:
    model = wide(DecisionTreeClassifier(max_depth=2, random_state=0))
    assert model.training is not None
    row = model.training.rows.iloc[0].tolist()
    assert [curve.feature for curve in curves(model, row)] == model.training.telling[:6]
    assert "the 6 measurements that tell the classes apart best" in render_why(model, answer(model, row))


def test_of_many_columns_the_rest_contributes_together(wide: Callable[[Any], ServedModel]) -> None:
    model = wide(GaussianNB(var_smoothing=1e-3))
    assert model.training is not None
    row = model.training.rows.iloc[0].tolist()
    assert len(contributions(model, row).parts) == 40
    html = render_why(model, answer(model, row))
    assert "32 others together" in html and html.count("seedbed-from-zero") == 10


@pytest.mark.parametrize("estimator", [DecisionTreeClassifier(), RandomForestClassifier(2)])
def test_one_training_row_is_enough(estimator: Any, tmp_path: Path, new_version: NewVersion) -> None:
    table = pd.DataFrame({"x": [1.0], "y": [2.0], "label": ["a"]})
    model = FolderSource(new_version(tmp_path / "v", table, "label", estimator=estimator)).load()
    same, other = answer(model, [1, 2]), answer(model, [1, 3])
    assert same.predicted == "a" and not same.unlike_any and other.unlike_any
    html = render_why(model, other)
    assert explain(model, other) == [] and "the nearest training row." in html


def test_whole_numbers_stay_whole(tmp_path: Path, new_version: NewVersion) -> None:
    table = pd.DataFrame({"x": [0, 1, 2, 3], "label": ["a", "a", "b", "b"]})
    folder = new_version(tmp_path / "v", table, "label", estimator=DecisionTreeClassifier())
    path = folder / "page" / "card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    card["features"][0]["whole"] = True
    path.write_text(json.dumps(card), encoding="utf-8")
    (curve,) = curves(FolderSource(folder).load(), [1])
    assert curve.points == [0, 1, 2, 3] and curve.classes == ["a", "a", "b", "b"] and curve.shares == [1, 1, 0, 0]


def test_a_value_that_trees_cannot_hold_is_refused_in_a_sentence(iris_model: MakeModel) -> None:
    with pytest.raises(BadInput, match="The model does not take these values: "):
        answer(iris_model("forest"), [1e39, 1, 1, 1])
    assert answer(iris_model("logistic"), [1e39, 1, 1, 1]).unlike_any


def test_a_version_without_training_rows_has_answers_without_reasons(tmp_path: Path, iris_model: MakeModel) -> None:
    (tmp_path / "model.skops").write_bytes((iris_model("forest").folder / "model.skops").read_bytes())
    model = FolderSource(tmp_path).load()
    said = answer(model, ROWS[0])
    assert render_why(model, said) == "" and said.neighbors is None and not said.unlike_any


def test_neighbours_of_other_rows_are_not_shown(tmp_path: Path, iris_table: pd.DataFrame, iris_folder: Path) -> None:
    estimator = FolderSource(iris_folder).load().estimator
    assert isinstance(estimator, KNeighborsClassifier)
    model = FolderSource(iris_folder).load()
    assert model.training is not None
    fewer = replace(model.training, rows=model.training.rows.iloc[:100])
    assert find_neighborhood(estimator, model.card.features, fewer, by_position=True) is None


class Threshold:
    """An estimator of one's own, which goes by names and knows nothing of probabilities."""

    classes_ = np.array([1, 2])

    def predict(self, rows: pd.DataFrame) -> Any:
        return np.where(rows["petal_width"] > 1.5, 2, 1)


def test_an_estimator_of_ones_own_is_explained_by_its_answers_alone(iris_model: MakeModel) -> None:
    plain, own = iris_model("tree"), Threshold()
    card = replace(plain.card, classes=("1", "2"))
    model = replace(plain, estimator=own, card=card, by_position=False)
    model = replace(model, neighborhood=find_neighborhood(own, model.card.features, model.training, by_position=False))
    said, found = answer(model, ROWS[0]), {curve.feature: curve for curve in curves(model, ROWS[0])}
    assert said.predicted == "2" and said.probabilities == {} and not said.unlike_any
    assert set(found["petal_length"].classes) == {"2"} and found["petal_width"].classes == ["1"] * 14 + ["2"] * 11
    assert "Becomes 1 at 1.46" in render_why(model, said)
    assert predict_rows(model, [ROWS[1]])[0] == Prediction(predicted="1", probabilities={}, tied=())


def test_a_subclass_of_a_linear_classifier_is_not_taken_for_one(iris_model: MakeModel) -> None:
    class Reversed(LogisticRegression):
        def decision_function(self, X: Any) -> Any:
            return -super().decision_function(X)

    plain = iris_model("logistic")
    assert plain.training is not None
    own = Reversed(max_iter=1000).fit(plain.training.rows.to_numpy(float), plain.training.classes)
    assert isinstance(explain(replace(plain, estimator=own), answer(plain, ROWS[0])), list)
