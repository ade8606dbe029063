# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One step of a golden image's way, kept in the catalogue of images on the controller."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.model import Outcome
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden import catalogue_file, lifecycle
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.model import (
    Capture,
    Catalogue,
    ImageError,
    State,
    Trial,
    Version,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.readiness import InDomain, Preparation, faults
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.sealing import Said, changed_since, version_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

STEPS = ("shown", "sealed", "checked", "begun", "generalised", "captured", "tested", "published", "abandoned")
SPEC = {
    "step": {"type": "str", "required": True, "choices": list(STEPS)},
    "name": {"type": "str", "required": True},
    "reference": {"type": "str"},
    "report": {"type": "dict"},
    "sysprep": {"type": "dict"},
    "seat": {"type": "dict"},
    "updates": {"type": "list", "elements": "dict", "default": []},
    "domain": {"type": "str", "choices": [one.value for one in InDomain], "default": InDomain.LEFT.value},
    "obscured_passwords": {"type": "bool", "default": False},
    "accept": {"type": "list", "elements": "str", "default": []},
    "capture": {"type": "dict"},
    "manifest": {"type": "dict"},
    "manifest_path": {"type": "str"},
    "keep": {"type": "int", "default": 3},
    "path": {"type": "path"},
    "ledger": {"type": "str"},
}


class ActionModule(ControllerTask):
    """nightshift.fleet.image_catalogue."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Take one step, and tell how the image stands then."""
        usual = self.folder / ".nightshift" / "images.json"
        path = Path(options["path"]) if options["path"] else usual
        rehearsal = self.rehearsal
        now = self.now().replace(microsecond=0)
        if options["step"] == "shown" or rehearsal:
            before = catalogue_file.read(path)
            after = self._step(before, options, now)
        else:
            with catalogue_file.alone(path):
                before = catalogue_file.read(path)
                after = self._step(before, options, now)
                if after != before:
                    catalogue_file.write(path, after)
        texts = [catalogue_file.text_of(one) if one.versions else "" for one in (before, after)]
        return {
            "changed": after != before,
            "diff": {"before": texts[0], "after": texts[1], "before_header": str(path), "after_header": str(path)},
            **_told(options["name"], before, after),
        }

    def _step(self, known: Catalogue, options: Mapping[str, Any], now: datetime) -> Catalogue:
        """Return the catalogue after the step. Raises ImageError, ProtocolError and LedgerError."""
        name, step = options["name"], options["step"]
        if step == "sealed":
            return lifecycle.sealed(known, self._sealed(known, options, now))
        if step == "checked":
            self._checked(known, options, now)
            return known
        if step == "begun":
            return lifecycle.begun(known, name, now)
        if step == "generalised":
            return lifecycle.generalised(known, name, now)
        if step == "captured":
            return lifecycle.captured(known, name, _capture(options, now))
        if step == "tested":
            return lifecycle.tested(known, name, self._test(known, options))
        if step == "published":
            return lifecycle.published(known, name, options["keep"], now)
        if step == "abandoned":
            return lifecycle.abandoned(known, name, now)
        return known

    def _sealed(self, known: Catalogue, options: Mapping[str, Any], now: datetime) -> Version:
        said = Said(_given(options, "report"), _given(options, "sysprep"), _given(options, "seat"), options["updates"])
        name, reference = options["name"], options["reference"] or self._variables["inventory_hostname"]
        return version_of(name, known.next_number(name), reference, said, _wanted(options), options["accept"], now)

    def _checked(self, known: Catalogue, options: Mapping[str, Any], now: datetime) -> None:
        """Look again, right before the reference PC is generalised. Raises ImageError."""
        candidate = _candidate(known, options["name"])
        problems = [*faults(_given(options, "sysprep"), _wanted(options))]
        problems += changed_since(candidate, _given(options, "seat"), now)
        if problems:
            raise ImageError(
                f"{candidate.reference}: not ready for {candidate.image}: {'; '.join(problems)}; correct that, or "
                "abandon the version and make the next one"
            )

    def _test(self, known: Catalogue, options: Mapping[str, Any]) -> Trial:
        """Return the last run of a room that ended well with the candidate, from the ledger. Raises ImageError."""
        candidate = _candidate(known, options["name"])
        url = self.ledger_url(options)
        with open_ledger(url, read_only=True).read() as tx:
            runs = [run for run in tx.rooms.history() if run.image == candidate.image and run.outcome is Outcome.DONE]
        if not runs:
            raise ImageError(f"image {candidate.image}: no room has been given it and shown it yet; test it in one")
        last = max(runs, key=lambda run: run.started)
        return Trial(last.room, last.started)


def _candidate(known: Catalogue, name: str) -> Version:
    candidate = known.candidate(name)
    if candidate is None:
        raise ImageError(f"image {name}: no version is being made; begin with the reference PC")
    return candidate


def _wanted(options: Mapping[str, Any]) -> Preparation:
    return Preparation(InDomain(options["domain"]), options["obscured_passwords"])


def _given(options: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = options[name]
    if not isinstance(value, Mapping):
        raise ImageError(f"{name}: it is missing; step {options['step']} needs it")
    return value


def _capture(options: Mapping[str, Any], now: datetime) -> Capture:
    """Return how the capture ended, as the engine claims it and the manifest proves. Raises ImageError."""
    capture, manifest = _given(options, "capture"), _given(options, "manifest")
    if capture.get("claim") != "done":
        detail = capture.get("detail") or "no word why"
        raise ImageError(f"image {options['name']}: the capture is not done but {capture.get('claim')} ({detail})")
    if not manifest.get("checksum") or not options["manifest_path"]:
        raise ImageError(
            f"image {options['name']}: there is no manifest of its files; make it where the engine keeps them"
        )
    return Capture(
        str(capture["job"]), now, options["manifest_path"], manifest["checksum"], int(manifest.get("size", 0))
    )


def _told(name: str, before: Catalogue, after: Catalogue) -> dict[str, Any]:
    candidate, published = after.candidate(name), after.published(name)
    shown = candidate or published
    was = {one.image for one in before.versions if one.state is State.RETIRED}
    gone = [one.image for one in after.of(name) if one.state is State.RETIRED and one.image not in was]
    step = after.step(name)
    told = candidate.image if candidate else f"{name}-{after.next_number(name)}"
    return {
        "msg": f"{told}: next step {step.value}" + (f"; published: {published.image}" if published else ""),
        "nightshift_image": {
            "step": step.value,
            "image": told,
            "version": catalogue_file.as_data(shown) if shown else None,
            "like": published.image if published else "",
            "retired": gone,
            "all": [{"image": one.image, "state": one.state.value} for one in after.of(name)],
        },
    }
