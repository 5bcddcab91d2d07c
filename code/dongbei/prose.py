"""Numbers in the text of a chapter: computed in a cell, shown by a ``{glue:text}`` role."""

from numbers import Real

from myst_nb import glue


def quote(**numbers: Real | str) -> None:
    """Keep numbers and words under their names, for the text of the chapter to show.

    Floats are rounded to ten significant digits, so that a notebook is the same on every machine.

    Raises
    ------
    ValueError
        If a number is missing or infinite.
    """
    for name, value in numbers.items():
        if isinstance(value, str):
            glue(name, value, display=False)
            continue
        plain = float(f"{float(value):.10g}")
        if plain != plain or plain in (float("inf"), float("-inf")):
            raise ValueError(f"{name} is {plain}: the text cannot quote it")
        glue(name, int(plain) if plain.is_integer() else plain, display=False)
