"""Which models exist: a config comes in, an estimator of scikit-learn's goes out, or a stored one that is safe."""
