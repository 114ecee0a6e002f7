"""A page as the tutorial writes it: gradio, mlflow and seaborn imported, the model loaded by mlflow.

Words: the model's URI and a port.
"""

import sys

import gradio as gr
import mlflow.sklearn
import pandas as pd
import seaborn  # noqa: F401

COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]

if __name__ == "__main__":
    model = mlflow.sklearn.load_model(sys.argv[1])

    def predict(sepal_length, sepal_width, petal_length, petal_width):
        """Return the class of one flower."""
        row = pd.DataFrame([[sepal_length, sepal_width, petal_length, petal_width]], columns=COLUMNS)
        return model.predict(row)[0]

    inputs = [gr.Number(value=1.0, label=name) for name in COLUMNS[:3]] + [gr.Slider(1, 10, value=1, label=COLUMNS[3])]
    gr.Interface(fn=predict, inputs=inputs, outputs=gr.Text(), live=True, api_name="predict").launch(
        server_port=int(sys.argv[2]), quiet=True
    )
