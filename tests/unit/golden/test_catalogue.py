# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way of a version from candidate to retired, and the file that keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.load import load_cloning
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden import catalogue_file, lifecycle
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.model import (
    Capture,
    Catalogue,
    ImageError,
    State,
    Step,
    Trial,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.seal import seal
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.golden.golden_scenes import NOW, candidate, changed, sealed

CAPTURE = Capture("capture-1", NOW, "/m.sha256", "ab" * 32, 9)
STEPS: dict[Step, Callable[[Catalogue], Catalogue]] = {
    Step.SEAL: lambda c: lifecycle.sealed(c, sealed(c.next_number("classroom"))),
    Step.GENERALISE: lambda c: lifecycle.generalised(lifecycle.begun(c, "classroom", NOW), "classroom", NOW),
    Step.CAPTURE: lambda c: lifecycle.captured(c, "classroom", CAPTURE),
    Step.TEST: lambda c: lifecycle.tested(c, "classroom", Trial("b12", NOW + timedelta(days=9))),
    Step.PUBLISH: lambda c: lifecycle.published(c, "classroom", 2, NOW),
}
ORDER = list(Step)


def test_a_version_goes_its_way_step_by_step() -> None:
    known = Catalogue()
    for step in ORDER:
        assert known.step("classroom") is step
        known = STEPS[step](known)
    assert known.step("classroom") is Step.SEAL
    assert [one.state for one in known.of("classroom")] == [State.PUBLISHED]


@given(st.lists(st.sampled_from(ORDER), max_size=25))
def test_no_step_is_taken_before_its_turn_or_twice(asked: list[Step]) -> None:
    """Whatever is asked in whatever order, only the due step changes anything; who is published had them all."""
    known = Catalogue()
    for step in asked:
        due = known.step("classroom")
        if step is due:
            known = STEPS[step](known)
        else:
            with pytest.raises(ImageError):
                STEPS[step](known)
    for one in known.versions:
        if one.state is State.PUBLISHED:
            assert one.generalised and one.capture and one.test and one.published
    assert sum(one.state is State.PUBLISHED for one in known.versions) <= 2
    assert len({one.number for one in known.versions}) == len(known.versions)


def test_only_the_newest_versions_stay_published() -> None:
    known = Catalogue()
    for _ in range(4):
        known = candidate(4, known)
    states = [(one.number, one.state) for one in known.of("classroom")]
    assert states == [(1, State.RETIRED), (2, State.RETIRED), (3, State.PUBLISHED), (4, State.PUBLISHED)]


def test_the_number_of_a_version_that_was_given_up_is_not_used_again() -> None:
    known = lifecycle.abandoned(candidate(2), "classroom", NOW)
    assert known.step("classroom") is Step.SEAL
    assert known.next_number("classroom") == 2
    assert lifecycle.abandoned(known, "classroom", NOW) == known


def test_a_test_that_is_older_than_the_image_proves_nothing() -> None:
    with pytest.raises(ImageError, match="older than the image"):
        lifecycle.tested(candidate(2), "classroom", Trial("b12", NOW))


@pytest.mark.parametrize("step", range(5))
def test_what_was_written_is_what_is_read(step: int, tmp_path: Path) -> None:
    path = tmp_path / "kept" / "images.json"
    known = candidate(step, candidate(4))
    catalogue_file.write(path, known)
    assert catalogue_file.read(path) == known


def test_there_is_no_catalogue_at_first(tmp_path: Path) -> None:
    assert catalogue_file.read(tmp_path / "images.json") == Catalogue()


@pytest.mark.parametrize(
    ("break_it", "word"),
    [
        (lambda rows: rows[0].pop("made"), "images[0].made is missing"),
        (lambda rows: rows[0].update(state="gold"), "images[0].state"),
        (lambda rows: rows[0]["windows"].update(ubr="7"), "images[0].windows.ubr"),
        (lambda rows: rows[0]["windows"].update(ubr=7), "it was changed by hand"),
        (lambda rows: rows[0]["files"][0].update(sha256="00" * 32), "it was changed by hand"),
        (lambda rows: rows.append(rows[0]), "classroom-1 is there twice"),
    ],
)
def test_a_catalogue_that_cannot_be_meant_so_is_refused_at_its_place(
    break_it: Callable[..., object], word: str
) -> None:
    content = json.loads(catalogue_file.text_of(candidate(4)))
    break_it(content["images"])
    with pytest.raises(ImageError) as refused:
        catalogue_file.parse(json.dumps(content), "images.json")
    assert word in str(refused.value)


def test_a_reference_pc_that_is_only_off_is_not_generalised() -> None:
    with pytest.raises(ImageError, match="Sysprep was not started there; switch it on"):
        lifecycle.generalised(candidate(0), "classroom", NOW)


def test_half_a_file_is_refused() -> None:
    with pytest.raises(ImageError, match="take the file from a backup"):
        catalogue_file.parse(catalogue_file.text_of(candidate(4))[:90], "images.json")


def test_what_rooms_are_given_is_published_and_what_they_test_was_captured() -> None:
    known = candidate(2, candidate(4))
    assert list(catalogue_file.policy_images(known, candidates=False)) == ["classroom-1"]
    assert list(catalogue_file.policy_images(known, candidates=True)) == ["classroom-1", "classroom-2"]
    assert list(catalogue_file.policy_images(candidate(1), candidates=True)) == []


def test_the_policy_of_rooms_takes_what_the_catalogue_gives() -> None:
    images = catalogue_file.policy_images(candidate(4), candidates=False)
    raw = {
        "zone": "UTC",
        "seasons": [{"name": "summer", "from": "07-01", "to": "08-31"}],
        "windows": [{"days": ["mon"], "start": "22:00", "end": "06:00"}],
        "image": "classroom-1",
        "images": images,
    }
    image = load_cloning(raw, "group_vars/rooms.yml").images["classroom-1"]
    version = candidate(4).versions[0]
    assert (image.version, image.checksum, image.build) == ("1", version.checksum, (26100, 7171))
    assert image.files == version.files


def test_the_seal_is_of_the_content_and_not_of_its_order() -> None:
    one = sealed()
    files = (*one.files, type(one.files[0])("D:\\x", "33" * 32))
    assert seal("classroom-1", one.windows, files) == seal("classroom-1", one.windows, reversed(files))
    assert seal("classroom-1", one.windows, files) != seal("classroom-1", one.windows, one.files)
    assert seal("classroom-2", one.windows, files) != seal("classroom-1", one.windows, files)


def test_a_retired_version_can_not_be_published_by_asking_again() -> None:
    gone = changed(candidate(3), state=State.RETIRED)
    with pytest.raises(ImageError, match="no version is being made"):
        lifecycle.published(gone, "classroom", 2, NOW)
