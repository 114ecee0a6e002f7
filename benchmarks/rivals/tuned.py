"""The tutorial's sweep by somebody who has read `log_model`: explicit requirements, so that nothing is inferred."""

from importlib.metadata import version

import hydra
from omegaconf import DictConfig
from tutorial import record

REQUIREMENTS = [f"{name}=={version(name)}" for name in ("mlflow", "numpy", "pandas", "scikit-learn", "skops")]


@hydra.main(version_base="1.3", config_path=".", config_name="config")
def main(config: DictConfig) -> None:
    """Record one run."""
    record(config, pip_requirements=REQUIREMENTS)


if __name__ == "__main__":
    main()
