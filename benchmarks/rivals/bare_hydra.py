"""A Hydra program that does nothing: what `--help` costs at least."""

import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path=".", config_name="config")
def main(config: DictConfig) -> None:
    """Do nothing."""


if __name__ == "__main__":
    main()
