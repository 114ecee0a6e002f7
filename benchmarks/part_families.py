"""What a run of other families costs beside `floor`'s, and a sweep of three families beside a search of each."""

from __future__ import annotations

from collections.abc import Mapping

from claims import Claim, Fact, Outcome, ratios
from commands import RIVALS, TRAIN, lines_of, python, timed
from part_floor import PAIR
from progress import Say
from stores import Place, Workshop
from turns import TURN, in_turns

ORDER = 3
SIZES = {"rounds": 3, "logistic": 400, "forest": 160}
COMMAND = 'make bench ARGS="families"'
SEEDS = 10
AXES = {
    "logistic": lambda values: "estimator.C=" + ",".join(str(10 ** (power / 4)) for power in range(-8, values - 8)),
    "forest": lambda values: f"estimator.min_samples_leaf=range(1,{values + 1})",
}
SWEEP = ["estimator=knn,logistic,forest", "estimator.n_neighbors=range(1,15)"]  # 14 + 7 + 9 candidates


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Measure all of it; who has the first turn changes from round to round."""
    found: dict[str, dict[str, list[float]]] = {family: {name: [] for name in PAIR} for family in AXES}
    whole: dict[str, list[float]] = {"autolog": [], "seedbed": []}
    for number in range(sizes["rounds"]):
        order = PAIR[:: -1 if number % 2 else 1]
        for family in AXES:
            most = max(2, sizes[family] // SEEDS)
            say(f"families, round {number + 1} of {sizes['rounds']}: {family}, {most * SEEDS} runs each")
            less, more = (at_work(shop, order, family, values) for values in (most // 2, most))
            for name in PAIR:
                found[family][name].append((more[name] - less[name]) / ((most - most // 2) * SEEDS))
        for name in list(whole)[:: -1 if number % 2 else 1]:
            say(f"families, round {number + 1} of {sizes['rounds']}: three families by {name}")
            place = shop.place(wal=name == "seedbed")
            whole[name].append(timed(words_of_sweep(shop, place, name), place.folder).seconds)
    say("families: writing models")
    names = ("knn", *AXES)
    written = dict(line.split() for line in lines_of(python(RIVALS.parent / "timed_models.py", *names), shop.folder))
    return outcome(found, whole, {family: float(milliseconds) for family, milliseconds in written.items()})


def at_work(shop: Workshop, order: tuple[str, ...], family: str, values: int) -> dict[str, float]:
    """Return how long each was at work, in seconds."""
    places: dict[str, Place] = {name: shop.place(wal=True) for name in order}
    who = {
        "floor": python(
            *(RIVALS / "floor.py", "--uri", places["floor"].uri, "--table", str(shop.csv), "--digest", shop.digest),
            *("--family", family, "--candidates", str(values), "--seeds", str(SEEDS)),
        ),
        "seedbed": python(
            *(TRAIN, "-m", f"tracking.uri={places['seedbed'].uri}"),
            f"hydra.sweep.dir={places['seedbed'].folder / 'sweep'}",
            *(f"estimator={family}", *["estimator.max_features=sqrt"] * (family == "forest"), AXES[family](values)),
        ),
    }
    turns = in_turns({name: (who[name], places[name].folder) for name in order})
    for name in order:
        if (ended := len(places[name].ends())) != values * SEEDS:
            raise RuntimeError(
                f"{values * SEEDS} runs were asked for, {ended} are FINISHED in {places[name].database}."
            )
    return {name: turns[name].seconds for name in order}


def words_of_sweep(shop: Workshop, place: Place, name: str) -> list[str]:
    """Return the words of a sweep of three families."""
    if name == "seedbed":
        return python(TRAIN, "-m", f"tracking.uri={place.uri}", f"hydra.sweep.dir={place.folder / 'sweep'}", *SWEEP)
    data = ("--uri", place.uri, "--table", str(shop.csv), "--candidates", "14", "--families")
    return python(RIVALS / "autolog.py", *data)


def outcome(
    found: Mapping[str, Mapping[str, list[float]]], whole: Mapping[str, list[float]], written: Mapping[str, float]
) -> Outcome:
    """Compare them."""
    claims = [
        Claim(
            what=f"a run of `estimator={family}` against `floor`'s",
            measured=ratios(*(found[family][name] for name in reversed(PAIR))),
            limit=1.1,
            command=COMMAND,
        )
        for family in AXES
    ]
    claims.append(
        Claim(
            what="300 complete runs of three families against `autolog`'s 30 summary runs, wall time",
            measured=ratios(whole["seedbed"], whole["autolog"]),
            command=COMMAND,
        )
    )
    each = [
        Fact(what=f"{name}, a run of {family}, in turns", measured=[1000 * one for one in values], unit=" ms")
        for family, own in found.items()
        for name, values in own.items()
    ]
    models = [
        Fact(what=f"writing a model of {family}", measured=[value], unit=" ms") for family, value in written.items()
    ]
    sweeps = [Fact(what=f"{name}, three families", measured=values, unit=" s") for name, values in whole.items()]
    note = (
        f"Families and `floor` are compared in turns of {TURN:g} s, as runs of KNN are; a run is the difference of two "
        "sweeps, the model written too. A search of three families by `autolog` is three searches, one after another."
    )
    return Outcome(claims=claims, facts=[*each, *models, *sweeps], notes=[note])
