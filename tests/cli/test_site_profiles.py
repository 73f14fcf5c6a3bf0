"""A site's own meter profile works when it is right, and is told with all its mistakes when not."""

from __future__ import annotations

from pathlib import Path

from drivers.profile_file import PROFILES_FOLDER
from tests.cli.conftest import Cli

SHIPPED = (PROFILES_FOLDER / "eastron-sdm120.toml").read_text("utf-8")


def put(data: Path, text: str, name: str = "eastron-sdm120") -> None:
    folder = data / "profiles"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text, "utf-8")


def test_a_sites_profile_wins_over_the_shipped_one_of_its_name(metered: Cli, data: Path) -> None:
    put(data, SHIPPED.replace('scale = "1000"', 'scale = "2000"'))

    read = metered("meter", "read", "M-001", "--json")

    values = {each["quantity"]: each["value"] for each in read.json["readings"]}
    assert (read.status, values["energy_wh"]) == (0, "24690000")


def test_every_mistake_of_a_sites_profile_is_told_at_once(metered: Cli, data: Path) -> None:
    put(data, SHIPPED.replace("count = 14", "count = 999").replace('"12000"', "12000.5"))

    refused = metered("meter", "read", "M-001")

    assert (refused.status, refused.out) == (2, "")
    for seen in ("999", "12000.5"):
        assert seen in refused.err


def test_a_floor_is_not_imported_past_a_broken_profile(
    cli: Cli, data: Path, floor_file: Path
) -> None:
    put(data, SHIPPED.replace('"modbus"', '"modbas"'), "acme-e1")

    refused = cli("import", floor_file)

    assert refused.status == 2
    assert "acme-e1.toml: protocol: 'modbas'; expected one of modbus" in refused.err
