"""Numbers with units, and their conversion."""

from __future__ import annotations

import pytest

from qa.text.units import measures


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        pytest.param("5 km", {"length": {5000.0}}, id="number-and-unit"),
        pytest.param("a 5-kilometre run", {"length": {5000.0}}, id="adjective"),
        pytest.param("5 to 10 km", {"length": {5000.0, 10_000.0}}, id="range"),
        pytest.param("6 feet 8 inches", {"length": {1.8288, 0.2032, 2.032}}, id="parts-make-a-whole"),
        pytest.param("6 feet, 2 days", {"length": {1.8288}, "time": {172_800.0}}, id="no-parts"),
        pytest.param("-10 \u00b0C", {"temperature": {-10.0}}, id="below-zero"),
        pytest.param("20\u201325\u00b0C", {"temperature": {20.0, 25.0}}, id="a-dash-is-no-minus"),
        pytest.param("50 degrees Fahrenheit", {"temperature": {10.0}}, id="fahrenheit"),
        pytest.param("50 degrees", {}, id="degrees-of-no-scale"),
        pytest.param("2 square kilometres", {"area": {2e6}}, id="square"),
        pytest.param("2 m\u00b2 and 3 km2", {"area": {2.0, 3e6}}, id="exponents"),
        pytest.param("36 km/h", {"length/time": {10.0}}, id="speed"),
        pytest.param("12 pounds", {"pound": {12.0}, "mass": {5.443104}}, id="two-meanings"),
        pytest.param("12 volumes in 1990", {}, id="no-unit"),
    ],
)
def test_amounts_are_read_in_base_units(text: str, amounts: dict[str, set[float]]) -> None:
    found: dict[str, set[float]] = {}
    for one in measures(text):
        base = (one.amount - one.unit.zero) * one.unit.size
        found.setdefault(one.unit.dimension, set()).add(round(base, 6))
    assert found == amounts


def test_an_amount_is_converted_to_another_unit() -> None:
    [miles] = measures("1 mile")
    [celsius] = measures("-40 \u00b0C")
    [fahrenheit] = measures("0 \u00b0F")
    assert measures("8 km")[0].converted(miles.unit) == pytest.approx(4.97, abs=0.01)
    assert celsius.converted(fahrenheit.unit) == pytest.approx(-40)
