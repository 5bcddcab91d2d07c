"""The palette: legible in both schemes, told apart by readers who see colours differently."""

import itertools

import pytest
from colorspacious import cspace_convert, deltaE

from dongbei.charts import theme

PAGE = {0: "#ffffff", 1: "#121212"}
TEXT = ("ink", "muted")
LINES = [name for name in theme.COLOURS if name not in (*TEXT, *theme.LEVELS, "grid")]


def rgb(colour):
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(colour)]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("name", TEXT)
def test_text_has_the_contrast_of_wcag_aa(name, scheme):
    assert contrast(theme.COLOURS[name][scheme], PAGE[scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("name", LINES)
def test_lines_stand_out_from_the_page(name, scheme):
    assert contrast(theme.COLOURS[name][scheme], PAGE[scheme]) >= 2.1


@pytest.mark.parametrize("scheme", [0, 1])
def test_levels_are_equal_steps_on_which_ink_is_legible(scheme):
    levels = [theme.COLOURS[name][scheme] for name in theme.LEVELS]
    steps = [
        deltaE(rgb(one), rgb(other), input_space="sRGB1")
        for one, other in itertools.pairwise(levels)
    ]
    assert 10 < min(steps) <= max(steps) < 12
    brightness = [luminance(level) for level in levels]
    assert brightness == sorted(brightness, reverse=scheme == 0)
    assert min(contrast(theme.COLOURS["ink"][scheme], level) for level in levels) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("sight", ["full", "deuteranomaly", "protanomaly", "tritanomaly"])
def test_any_two_regions_are_told_apart_by_every_eye(sight, scheme):
    def seen(region):
        colour = rgb(theme.COLOURS[theme.REGIONS[region]][scheme])
        if sight == "full":
            return colour
        space = {"name": "sRGB1+CVD", "cvd_type": sight, "severity": 100}
        return cspace_convert(colour, space, "sRGB1")

    for one, other in itertools.combinations(theme.REGIONS, 2):
        assert deltaE(seen(one), seen(other), input_space="sRGB1") > 10, (one, other)


def test_the_stylesheet_defines_every_colour_in_both_schemes():
    css = theme.stylesheet()
    for name, (light, dark) in theme.COLOURS.items():
        assert f"--chart-{name}: light-dark({light}, {dark});" in css


def test_colours_become_variables_and_back():
    text = " ".join(f'"{light}"' for light, _ in theme.COLOURS.values())
    assert "#" not in theme.site_colours(text)
    assert theme.plain_colours(theme.site_colours(text)) == text


def test_an_unknown_colour_names_the_palette():
    with pytest.raises(KeyError, match="northeast"):
        theme.colour("mauve")
