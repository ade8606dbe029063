# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the benchmarks keep and tell of what they measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.results import OtherMachine, Row, line, read, table, with_row, write

ROW = Row("few", "sqlite", 1, 200, 6, 1, 0.0, 3.0, 4.0, 200 * 2**20, 0.1)
SIZES = (200, 1000, 5000, 10000)


@given(start=st.floats(0.1, 100), each=st.floats(1e-4, 1))
def test_costs_on_a_line_are_nowhere_off_it(start: float, each: float) -> None:
    found = line([(devices, start + each * devices) for devices in SIZES])
    assert found is not None
    assert found.start == pytest.approx(start, rel=1e-3)
    assert found.each == pytest.approx(each, rel=1e-3)
    assert found.off < 1e-6


def test_costs_that_grow_as_the_square_are_far_off_a_line() -> None:
    found = line([(devices, 2 + devices**2 / 1e5) for devices in SIZES])
    assert found is not None
    assert found.off > 0.3


def test_two_sizes_say_nothing_about_a_line() -> None:
    assert line([(200, 1.0), (1000, 9.0)]) is None


def test_the_table_tells_the_cost_of_a_device_beside_that_in_the_smallest_fleet() -> None:
    rows = with_row([replace(ROW, devices=1000, cpu=30.0)], ROW)
    header, small, large = table(rows)
    assert len(header) == len(small) == len(large)
    assert small.split()[-5:] == ["20.0", "ms", "1.00", "200", "MiB"]
    assert large.split()[-5:] == ["30.0", "ms", "1.50", "200", "MiB"]


def test_the_makespan_is_what_was_waited_for_and_what_was_worked() -> None:
    assert "1503.0 s" in table([replace(ROW, virtual=1500.0)])[1]


def test_targets_are_judged_over_ten_thousand_devices() -> None:
    met, _ = table([replace(ROW, devices=10_000, seconds=59.0)])[-2:]
    missed, memory = table([replace(ROW, devices=10_000, seconds=61.0, peak=501 * 2**20)])[-2:]
    assert met.endswith("59 s, target 60 s: met")
    assert missed.endswith("61 s, target 60 s: MISSED")
    assert memory.endswith("501 MiB, target 500 MiB: MISSED")
    assert len(table([ROW])) == 2


def test_growth_is_judged_from_three_sizes_on_and_for_each_kind_alone() -> None:
    rows = [replace(ROW, devices=devices, cpu=2 + devices / 1e3, seconds=devices**2 / 1e5) for devices in SIZES]
    several = [replace(ROW, slices=4, devices=10_000)]
    controller, processor = (one for one in table(rows + several) if "farthest" in one)
    assert controller.startswith("controller of few, sqlite, 1 at once: ")
    assert controller.endswith("target 10%: MISSED")
    assert processor == (
        "processor of few, sqlite, 1 at once: 2.0 s and 1.00 ms a device; farthest from that 0%, target 10%: met"
    )


def test_what_is_measured_again_takes_the_place_of_what_was(tmp_path: Path) -> None:
    file = tmp_path / "scale.json"
    assert read(file, "two cores") == []
    write(file, "two cores", [ROW])
    again, other = replace(ROW, cpu=5.0), replace(ROW, ledger="postgresql")
    write(file, "two cores", with_row(with_row(read(file, "two cores"), again), other))
    assert read(file, "two cores") == [other, again]


def test_figures_of_another_machine_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "scale.json", "two cores", [ROW])
    with pytest.raises(OtherMachine, match=r"taken on two cores; this is four cores: name another file"):
        read(tmp_path / "scale.json", "four cores")
