"""Many runs as one sweep: a multirun's words come in, a parent run in MLflow with one run a cell goes out.

What the process that was typed imports (`grid`, `composer`, `messages`, `sweep`, `controller`, `search`, `progress`) is
light; `cells` and `lifecycle`, which need MLflow and scikit-learn, run in processes that have imported them already.
"""
