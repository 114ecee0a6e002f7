"""Draw one typical flower of each variety, side by side, for the README: docs/pictures/flowers.svg."""

from __future__ import annotations

from pathlib import Path

from serve.drawings.flower import SIZE, Measures, draw_flower

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "flowers.svg"
# Medians of Fisher's table, in cm.
TYPICAL = {
    "Setosa": Measures(sepal_length=5.0, sepal_width=3.4, petal_length=1.5, petal_width=0.2),
    "Versicolor": Measures(sepal_length=5.9, sepal_width=2.8, petal_length=4.35, petal_width=1.3),
    "Virginica": Measures(sepal_length=6.5, sepal_width=3.0, petal_length=5.55, petal_width=2.0),
}
_STEP, _CAPTION = SIZE + 20, 56


def draw_flowers() -> str:
    """Return the three flowers and their names as one SVG."""
    flowers, sized = [], f'<svg width="{SIZE}" height="{SIZE}" '
    for index, (variety, measures) in enumerate(TYPICAL.items()):
        drawn = draw_flower(measures, variety=variety, position=index, name=f"f{index}")
        flowers.append(f'<g transform="translate({index * _STEP} 0)">{drawn.replace("<svg ", sized, 1)}')
        flowers.append(
            f'<text x="{SIZE // 2}" y="{SIZE + 42}" text-anchor="middle" font-family="sans-serif" font-size="30" '
            f'fill="#7a7391">{variety}</text></g>'
        )
    wide = _STEP * len(TYPICAL) - 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {SIZE + _CAPTION}" role="img" '
        'font-family="sans-serif">'
        f"<title>A typical flower of each variety, each with its own scale</title>{''.join(flowers)}</svg>\n"
    )


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw_flowers(), encoding="utf-8")
    print(PICTURE.relative_to(PICTURE.parents[2]))
