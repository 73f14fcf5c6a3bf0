"""What was changed in a bundle is found, be it one byte or a forgery with checksums made anew."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared_factory_desktop.domain.chain import link
from shared_factory_desktop.domain.corrections import cut, joined
from shared_factory_desktop.domain.sessions import SessionUse
from shared_factory_desktop.exports import statement_bundle, verifier_source
from shared_factory_desktop.exports.contract import ExportOptions
from shared_factory_desktop.exports.statement_bundle import sealed
from shared_factory_desktop.exports.verifier import Verified, verified
from shared_factory_desktop.exports.verifier_proof import FILES, canonical, sha256
from shared_factory_desktop.words import Words
from tests.domain.pricing.scene import at
from tests.exports.bundle_scene import alone, evidence, forged, rehashed, unpacked, uses

pytestmark = pytest.mark.slow

CHANGED_BYTES = 500
READ = ("chain", "context", "floor", "holidays", "late", "statement", "usage")
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    target = tmp_path_factory.mktemp("bundle") / "statement.zip"
    document, proof = evidence()
    options = ExportOptions(evidence=proof)
    statement_bundle.write(document, target, Words("zh_CN"), lambda _done, _all: None, options)
    return target.read_bytes()


@pytest.fixture
def files(bundle: bytes) -> Files:
    return unpacked(bundle)


def test_an_untouched_bundle_holds(bundle: bytes) -> None:
    found = verified(bundle)

    assert found.holds, found.problems()
    assert len(found.lines) == len(evidence()[1].statement["lines"])
    assert [check.what for check in found.checks if check.holds is None] == []


def test_packing_the_same_files_again_changes_nothing(bundle: bytes, files: Files) -> None:
    assert forged(files) == bundle


def test_a_changed_byte_is_found_wherever_it_is(bundle: bytes) -> None:
    chosen = random.Random(20261123)
    places = chosen.sample(range(len(bundle)), CHANGED_BYTES)
    missed = [place for place in places if verified(_changed(bundle, place, chosen)).holds]

    assert missed == []


def test_each_byte_around_the_files_counts(files: Files) -> None:
    small = sealed({name: files[name][:20] for name in FILES})
    chosen = random.Random(1)

    missed = [
        place
        for place in range(len(small))
        if next(iter(verified(_changed(small, place, chosen)).checks)).holds
    ]

    assert missed == []


@pytest.mark.parametrize("length", [0, 1, 22, 64, 5000])
def test_what_is_no_bundle_is_told(bundle: bytes, length: int) -> None:
    assert not verified(bundle[:length]).holds
    assert not verified(bytes(length)).holds


def test_a_byte_of_a_file_names_the_file(bundle: bytes, files: Files) -> None:
    place = bundle.index(b"statement.pdf") + 2000

    found = verified(bundle[:place] + bytes([bundle[place] ^ 1]) + bundle[place + 1 :])

    assert [check.what for check in found.checks if not check.holds] == [
        "封印 seal",
        "校验和 checksum statement.pdf",
    ]
    assert len(files) == len(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(files: Files, name: str) -> None:
    rest = {one: content for one, content in files.items() if one != name}

    found = verified(sealed(rest) if name == "SHA256SUMS" else forged(rest))

    assert any(f"'{name}'" in problem for problem in found.problems())


def test_a_file_that_does_not_belong_is_found(files: Files) -> None:
    found = verified(forged({**files, "invoice.exe": b"MZ"}))

    assert any("invoice.exe" in problem for problem in found.problems())


def _more(statement: Any) -> None:
    statement["lines"][0]["gross"] = "0.01"


def _totals(statement: Any) -> None:
    statement["gross"] = "1.00"


def _words(statement: Any) -> None:
    statement["gross_uppercase"] = "人民币壹元整"


def _one_less(statement: Any) -> None:
    del statement["lines"][1]


def _one_more(statement: Any) -> None:
    statement["lines"].append(statement["lines"][0])


def _detail(statement: Any) -> None:
    statement["lines"][0]["details"][0]["price"] = "61"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_more, "第 1 行 line S-2 time 0.01 不一致 DIFFERS: 应为 expected gross "),
        (_totals, "合计 total gross 不一致 DIFFERS: 1.00 ≠ "),
        (_words, "大写 capitals 不一致 DIFFERS: 人民币壹元整 ≠ "),
        (_one_less, "不一致 DIFFERS: 应为 expected "),
        (_one_more, "不一致 DIFFERS: 应为 expected "),
        (_detail, "第 1 行 line S-2 time 365.75 不一致 DIFFERS: 应为 expected details "),
    ],
)
def test_a_statement_changed_with_all_its_hashes_is_worked_out_again(
    files: Files, change: Callable[[Any], None], told: str
) -> None:
    statement, chain = json.loads(files["statement.json"]), json.loads(files["chain.json"])
    change(statement)
    statement = rehashed(statement)
    chain["numbers"][-1]["sha256"] = statement["sha256"]
    chain["entry"]["after"]["sha256"] = statement["sha256"]
    chain["hash"] = link(chain["previous"], chain["entry"])

    found = _verified(files, {"statement.json": statement, "chain.json": chain})

    assert any(told in problem for problem in found.problems()), found.problems()


@pytest.mark.parametrize(
    ("name", "path", "value", "told"),
    [
        ("statement.json", ["lines", 0, "gross"], "0.01", "对账单哈希"),
        ("statement.json", ["number"], "DZ-2026-000003", "本单编号"),
        ("statement.json", ["issued_at"], "2026-12-01T09:02:00+08:00", "开具时刻"),
        ("chain.json", ["numbers", 0, "seq"], 2, "编号连续"),
        ("chain.json", ["numbers", 0, "number"], "DZ-2026-000002", "编号唯一"),
        ("chain.json", ["entry", "actor"], "nobody", "审计链"),
        ("chain.json", ["entry", "object"], "DZ-2026-000009", "审计条目"),
        ("chain.json", ["anchor", "hash"], "00" * 32, "审计锚"),
        ("chain.json", ["previous"], "00" * 32, "锚后首条"),
        ("context.json", ["terms", "now"], "2027-01-01T00:00:00+08:00", "冻结依据"),
        ("floor.json", ["tariff", 0, "charge", 0, "price"], "61.00", "价格依据"),
        ("holidays.json", [0, "rest_days"], [], "节假日"),
        ("late.json", [0, "billed"], [], "补计"),
        ("usage.json", ["sessions", 1, "readings", "energy_wh", 1, 1], "4501", "表计读数"),
        ("usage.json", ["sessions", 1, "working", 0, 1], "2026-11-09T08:14:00+08:00", "第 1 行"),
    ],
)
def test_a_value_changed_with_its_checksum_is_found_at_its_place(
    files: Files, name: str, path: list[Any], value: object, told: str
) -> None:
    document = json.loads(files[name])
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value

    found = _verified(files, {name: document})

    assert any(told in problem for problem in found.problems()), found.problems()


def test_a_changed_reading_is_found_by_its_hash_and_its_link(files: Files) -> None:
    rows = files["readings.csv"]

    edited = _verified(files, {"readings.csv": rows.replace(b"4500.5", b"4400.5")})
    lines = rows.splitlines(keepends=True)
    dropped = _verified(files, {"readings.csv": b"".join(lines[:3] + lines[4:])})

    assert "读数 reading ws-1 4 不一致" in "\n".join(edited.problems())
    assert "表计读数 register S-2 energy_wh" in {
        one.what for one in dropped.checks if not one.holds
    }


def test_use_without_readings_of_ours_is_told_and_is_no_difference(files: Files) -> None:
    head = files["readings.csv"].splitlines(keepends=True)[0]

    found = _verified(files, {"readings.csv": head})

    assert found.holds
    assert [check.what for check in found.checks if check.holds is None] == [
        "表计读数 register S-1 energy_wh",
        "表计读数 register S-2 energy_wh",
        "表计读数 register S-3 energy_wh",
    ]


def test_a_cut_session_has_not_more_than_was_read_and_a_forged_part_has(tmp_path: Path) -> None:
    late, night, runs = uses()
    first, second = cut(night, at("11-09 03:00:01"))
    parts = [replace(first, id="S-2a"), replace(second, id="S-2b")]
    joint = replace(joined(first, second), id="S-2")
    series = second.readings["energy_wh"]
    more = (series[0], (series[1][0], series[1][1] + 1))
    forged_part = replace(parts[1], readings={"energy_wh": more})

    cut_in_two, put_together, too_much = (
        _exported([late, *chosen, runs], tmp_path)
        for chosen in (parts, [joint], [parts[0], forged_part])
    )

    assert cut_in_two.holds, cut_in_two.problems()
    assert put_together.holds, put_together.problems()
    [problem] = too_much.problems()
    assert problem == "表计读数 register S-2b energy_wh 不一致 DIFFERS: 9001 ≠ 9000 – 9000"


@pytest.mark.parametrize("name", READ)
def test_a_file_that_cannot_be_read_is_a_finding_not_a_crash(files: Files, name: str) -> None:
    for content in (b"", b"[]", b"{}", b"null", b'{"lines": 1e999}', b"[" * 100_000):
        assert not verified(forged({**files, f"{name}.json": content})).holds


def test_the_file_alone_finds_what_the_modules_find(
    bundle: bytes, files: Files, tmp_path: Path
) -> None:
    script, changed = tmp_path / "verify.py", tmp_path / "changed.zip"
    script.write_text(verifier_source.source(), encoding="utf-8")
    changed.write_bytes(bundle[:-1] + b"x")
    statement = rehashed({**json.loads(files["statement.json"]), "gross": "1.00"})
    again = tmp_path / "forged.zip"
    again.write_bytes(forged({**files, "statement.json": canonical(statement)}))

    broken, forgery = (alone(script, file, tmp_path) for file in (changed, again))

    assert (broken.returncode, forgery.returncode) == (1, 1)
    assert "封印 seal 不一致 DIFFERS" in broken.stdout
    assert "合计 total gross 不一致 DIFFERS: 1.00 ≠" in forgery.stdout
    assert broken.stderr == forgery.stderr == ""


def _exported(corrected: list[SessionUse], folder: Path) -> Verified:
    target = folder / "statement.zip"
    document, proof = evidence(corrected)
    options = ExportOptions(evidence=proof)
    statement_bundle.write(document, target, Words("zh_CN"), lambda _done, _all: None, options)
    return verified(target.read_bytes())


def _verified(files: Files, changes: dict[str, Any]) -> Verified:
    written = {
        name: value if isinstance(value, bytes) else canonical(value)
        for name, value in changes.items()
    }
    assert all(sha256(content) != sha256(files[name]) for name, content in written.items())
    return verified(forged({**files, **written}))


def _changed(bundle: bytes, place: int, chosen: random.Random) -> bytes:
    other = (bundle[place] + chosen.randrange(1, 256)) % 256
    return bundle[:place] + bytes([other]) + bundle[place + 1 :]
