"""A sweep as tutorials write it: Hydra's basic launcher, MLflow's fluent calls, a fresh figure, inferred requirements.

The one thing a tutorial may leave out is `skops_trusted_types`: without it today's MLflow refuses this model.
"""

import time

import hydra
import matplotlib
import mlflow
import mlflow.data
import mlflow.sklearn
import numpy as np
import pandas as pd
import seaborn
from mlflow.exceptions import MlflowException
from omegaconf import DictConfig, OmegaConf
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    classification_report,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
)
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from tags import tags_of

matplotlib.use("Agg")
import matplotlib.pyplot as plt

TRUSTED = ["sklearn.metrics._dist_metrics.EuclideanDistance64", "sklearn.neighbors._kd_tree.KDTree"]


def record(config: DictConfig, **model_options: object) -> None:
    """Do one run and record it; `model_options` go to `log_model`."""
    mlflow.set_tracking_uri(config.tracking.uri)
    mlflow.set_experiment(config.dataset.name)
    table = pd.read_csv(config.dataset.path, index_col="row")
    features, labels = table.drop(columns=config.dataset.target), table[config.dataset.target]
    x_train, x_test, y_train, y_test = train_test_split(
        features,
        labels,
        test_size=config.split.test_size,
        random_state=config.split.seed,
        stratify=labels if config.split.stratify else None,
    )
    settings = OmegaConf.to_container(config.estimator)
    del settings["name"]
    params = params_of(config)
    name = f"n_neighbors={config.estimator.n_neighbors} seed={config.split.seed}"
    with mlflow.start_run(run_name=name, tags=tags_of(params)):
        mlflow.log_params(params)
        source = mlflow.data.from_pandas(table, config.dataset.path, config.dataset.target, config.dataset.name)
        try:
            mlflow.log_input(source, context="training")
        except MlflowException:  # of two processes that note a new table at once MLflow refuses one; now it is known
            mlflow.log_input(source, context="training")
        model = KNeighborsClassifier(**settings)
        began = time.perf_counter()
        model.fit(x_train, y_train)
        fitted = time.perf_counter()
        prediction, probabilities = model.predict(x_test), model.predict_proba(x_test)
        seconds = {"fit_seconds": fitted - began, "predict_seconds": time.perf_counter() - fitted}
        counts = {"n_train": len(x_train), "n_test": len(x_test)}
        scores = scores_of(y_test, prediction, probabilities, model.classes_)
        mlflow.log_metrics({**scores, "train_accuracy": model.score(x_train, y_train), **counts, **seconds})
        log_figure(y_test, prediction, model.classes_)
        report = classification_report(y_test, prediction, output_dict=True, zero_division=0)
        mlflow.log_dict(report, "classification_report.json")
        predicted = {"row": x_test.index, "truth": y_test, "prediction": prediction}
        chances = {f"probability/{name}": probabilities[:, place] for place, name in enumerate(model.classes_)}
        mlflow.log_text(pd.DataFrame({**predicted, **chances}).to_csv(index=False), "predictions.csv")
        mlflow.log_text(OmegaConf.to_yaml(config), "config.yaml")
        mlflow.sklearn.log_model(
            model, name="model", input_example=x_train.head(2), skops_trusted_types=TRUSTED, **model_options
        )


def params_of(config: DictConfig) -> dict[str, object]:
    """Return what was chosen, flat; not where things lie."""
    groups = OmegaConf.to_container(config)
    flat = {f"{group}.{key}": value for group, content in groups.items() for key, value in content.items()}
    return {key: value for key, value in flat.items() if key not in ("dataset.path", "dataset.name", "tracking.uri")}


def scores_of(truth: pd.Series, prediction: np.ndarray, probabilities: np.ndarray, classes: np.ndarray) -> dict:
    """Return the metrics of one split."""
    precision, recall, f1, _ = precision_recall_fscore_support(truth, prediction, average="macro", zero_division=0)
    scores = {
        "accuracy": accuracy_score(truth, prediction),
        "balanced_accuracy": balanced_accuracy_score(truth, prediction),
        "macro_precision": precision,
        "macro_recall": recall,
        "macro_f1": f1,
        "log_loss": log_loss(truth, probabilities, labels=classes),
    }
    each = precision_recall_fscore_support(truth, prediction, labels=classes, zero_division=np.nan)
    for name, values in zip(("precision", "recall", "f1"), each[:3], strict=True):
        scores |= {f"{name}/{label}": value for label, value in zip(classes, values, strict=True)}
    return scores


def log_figure(truth: pd.Series, prediction: np.ndarray, classes: np.ndarray) -> None:
    """Draw the confusion matrix and log it."""
    figure, axes = plt.subplots()
    matrix = confusion_matrix(truth, prediction, labels=classes)
    seaborn.heatmap(matrix, annot=True, fmt="d", xticklabels=classes, yticklabels=classes, ax=axes)
    axes.set(title="Confusion matrix", xlabel="Predicted", ylabel="True")
    mlflow.log_figure(figure, "confusion_matrix.png")
    plt.close(figure)


@hydra.main(version_base="1.3", config_path=".", config_name="config")
def main(config: DictConfig) -> None:
    """Record one run."""
    record(config)


if __name__ == "__main__":
    main()
