"""The suites by which Hydra accepts a launcher and a sweeper."""

from __future__ import annotations

import pytest
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.test_utils.launcher_common_tests import BatchedSweeperTestSuite, IntegrationTestSuite, LauncherTestSuite
from hydra.version import _UNSPECIFIED_, VersionBase

OURS = "hydra/sweeper=seedbed"
QUIET = ["hydra/job_logging=disabled", "hydra/hydra_logging=disabled"]
# Hydra's own apps for these tests name no version of it, which Hydra mentions.
pytestmark = [
    pytest.mark.filterwarnings("ignore:\nThe version_base parameter is not specified:UserWarning"),
    pytest.mark.filterwarnings("ignore:Future Hydra versions will no longer change working directory:UserWarning"),
]


@pytest.fixture(autouse=True)
def _hydra_as_in_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back the version of Hydra's behaviour that other tests of this process chose; these choose none."""
    monkeypatch.setattr(VersionBase.instance(), "version_base", _UNSPECIFIED_)


def test_both_are_found() -> None:
    plugins = Plugins.instance()
    assert "SeedbedLauncher" in [found.__name__ for found in plugins.discover(Launcher)]
    assert "SeedbedSweeper" in [found.__name__ for found in plugins.discover(Sweeper)]


@pytest.mark.parametrize(
    ("launcher_name", "overrides"),
    [("seedbed", []), ("seedbed", [OURS]), ("basic", [OURS])],
    ids=["launcher", "both", "sweeper"],
)
class TestLauncher(LauncherTestSuite):
    """Our launcher with Hydra's sweeper, both of ours, our sweeper with Hydra's launcher."""


@pytest.mark.parametrize(
    ("launcher_name", "overrides"), [("seedbed", ["hydra/sweeper=basic", "hydra.sweeper.max_batch_size=2"])]
)
class TestBatches(BatchedSweeperTestSuite):
    """Our launcher, given jobs in batches."""


@pytest.mark.parametrize(
    ("task_launcher_cfg", "extra_flags"), [({}, ["-m", "hydra/launcher=seedbed", OURS, *QUIET])], ids=["both"]
)
class TestIntegration(IntegrationTestSuite):
    """Real programs, both of ours."""
