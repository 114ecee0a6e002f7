"""A grid search over the same splits with MLflow's autologging: a summary run a candidate, no figure and no model each.

Autologging keeps one model: the best candidate's, refitted, with inferred requirements; `--no-model` leaves it out.
"""

import argparse

import mlflow
import mlflow.sklearn
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neighbors import KNeighborsClassifier


def main() -> None:
    """Search and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--candidates", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--no-model", action="store_true")
    parser.add_argument("--families", action="store_true", help="KNN, a logistic regression and a forest")
    options = parser.parse_args()
    mlflow.set_tracking_uri(options.uri)
    mlflow.set_experiment("iris")
    mlflow.sklearn.autolog(max_tuning_runs=None, log_models=not options.no_model)
    table = pd.read_csv(options.table, index_col="row")
    features, labels = table.drop(columns="variety"), table["variety"]
    rows = np.arange(len(table))
    splits = [
        train_test_split(rows, test_size=0.2, random_state=seed, stratify=labels) for seed in range(options.seeds)
    ]
    searches = [(KNeighborsClassifier(), {"n_neighbors": list(range(1, options.candidates + 1))})]
    if options.families:
        searches.append((LogisticRegression(max_iter=1000), {"C": [10.0**power for power in range(-3, 4)]}))
        leaves = {"max_features": ["sqrt", 0.5, 1.0], "min_samples_leaf": [1, 3, 10]}
        searches.append((RandomForestClassifier(random_state=0), leaves))
    for estimator, grid in searches:
        GridSearchCV(estimator, grid, cv=splits, n_jobs=-1, scoring="accuracy").fit(features, labels)


if __name__ == "__main__":
    main()
