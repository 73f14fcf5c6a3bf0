"""Every shipped profile is proved by a transcript of its meter on the wire."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drivers.device import read_meter
from drivers.profile_file import load_profile, shipped_profiles
from drivers.transports.replay import ReplayLine

RECORDINGS = Path(__file__).parents[1] / "recordings"


def recording(profile_id: str) -> dict[str, Any]:
    return tomllib.loads((RECORDINGS / f"{profile_id}.toml").read_text("utf-8"))


def wire(exchange: dict[str, str], side: str) -> bytes:
    """Give one side of an exchange, recorded in hex or, under `…_text`, as the text it is."""
    text = exchange.get(f"{side}_text")
    return bytes.fromhex(exchange[side]) if text is None else text.encode()


def place(transcript: dict[str, Any]) -> int | str:
    """Tell where on the line the meter was: its unit, its address, or alone."""
    found: int | str = transcript.get("unit", transcript.get("address", ""))
    return found


@pytest.mark.parametrize("profile", shipped_profiles(), ids=lambda profile: profile.id)
def test_profile_reads_its_recording_exactly(profile: Any) -> None:
    transcript = recording(profile.id)
    line = ReplayLine(
        (wire(each, "request"), wire(each, "answer")) for each in transcript["exchange"]
    )

    read = read_meter(line, profile, place(transcript))

    values = {sample.quantity: sample.value for sample in read.samples}
    assert values == {q: Decimal(value) for q, value in transcript["expected"].items()}
    assert not read.faults
    assert not line.unasked


def test_no_recording_is_left_without_its_profile() -> None:
    recorded = {path.stem for path in RECORDINGS.glob("*.toml")}

    assert recorded == {profile.id for profile in shipped_profiles()}


@pytest.mark.parametrize(
    "profile_id",
    [
        "eastron-sdm120", "eastron-sdm230", "eastron-sdm630", "chint-dtsu666",
        "chint-dtsu666-4028", "chint-ddsu666", "counter-32bit", "dc-ampere-hour",
        "kraftpowercon-flexkraft", "dlt645-2007-single-phase", "dlt645-2007-three-phase",
        "dlt645-1997", "marlin", "moonraker", "octoprint", "prusalink",
    ],
)  # fmt: skip
def test_promised_profiles_are_there(profile_id: str) -> None:
    assert load_profile(profile_id).id == profile_id


def test_a_replay_gives_silence_for_what_was_not_recorded() -> None:
    read = read_meter(ReplayLine(()), load_profile("counter-32bit"), 5)

    assert [(sample.value, sample.fault) for sample in read.samples] == [(None, "comm_error")]
