"""The bundle: complete, the same bytes every time, and agreed to by the verifier it carries."""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from shared_factory_desktop.exports import statement_bundle, verifier_source
from shared_factory_desktop.exports.contract import ExportFault, ExportOptions
from shared_factory_desktop.exports.verifier_proof import FILES, SUMS, sha256
from tests.exports.bundle_scene import alone, evidence, unpacked
from tests.exports.conftest import Write

pytestmark = pytest.mark.slow

OLDEST_PYTHON = (3, 9)


@pytest.fixture(scope="module")
def source() -> str:
    return verifier_source.source()


@pytest.fixture
def bundle(write: Write) -> Path:
    document, proof = evidence()
    return write(statement_bundle, document, options=ExportOptions(evidence=proof))


def test_it_holds_all_that_was_promised_with_its_checksums(bundle: Path) -> None:
    files = unpacked(bundle.read_bytes())

    assert sorted(files) == sorted(FILES)
    written = (line.split("  ") for line in files[SUMS].decode().splitlines())
    sums = {name: digest for digest, name in written}
    assert sums == {name: sha256(content) for name, content in files.items() if name != SUMS}
    assert files["statement.pdf"].startswith(b"%PDF-")
    assert files["verify.py"].decode() == verifier_source.source()


def test_the_same_statement_gives_the_same_bytes(bundle: Path, write: Write) -> None:
    first = bundle.read_bytes()
    document, proof = evidence()

    again = write(statement_bundle, document, options=ExportOptions(evidence=proof))

    assert again.read_bytes() == first


def test_the_readme_says_in_both_languages_what_to_compare(bundle: Path) -> None:
    files = unpacked(bundle.read_bytes())
    text, statement = files["README.txt"].decode(), json.loads(files["statement.json"])

    assert text.index("如何核验") < text.index("How to check")
    assert text.count(statement["sha256"]) == text.count(sha256(files["verify.py"])) == 2
    assert text.count("ab" * 32) == 2


def test_a_statement_without_evidence_has_no_bundle(write: Write) -> None:
    document, _ = evidence()

    with pytest.raises(ExportFault) as refusal:
        write(statement_bundle, document)

    assert refusal.value.code == "no-evidence"


def test_the_verifier_agrees_alone_in_another_folder(bundle: Path, tmp_path: Path) -> None:
    script, elsewhere = tmp_path / "verify.py", tmp_path / "elsewhere"
    script.write_bytes(unpacked(bundle.read_bytes())["verify.py"])
    elsewhere.mkdir()

    told = alone(script, str(bundle), elsewhere)

    assert told.returncode == 0, told.stdout + told.stderr
    lines = told.stdout.splitlines()
    _, proof = evidence()
    priced = [line for line in lines if line.startswith("第 ")]
    assert len(priced) == len(proof.statement["lines"])
    assert all(line.endswith("一致 agrees") for line in priced)
    assert (
        lines[-1]
        == f"一致 agrees: {len(priced)} 行 lines, 0 处不符 differences, 0 项未核 not checked"
    )
    assert f"sha256 {proof.statement['sha256'][:16]}" in told.stdout
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize("arguments", [(), ("nothing.zip",)])
def test_without_a_bundle_there_is_nothing_to_check(
    source: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    script = tmp_path / "verify.py"
    script.write_text(source, encoding="utf-8")

    told = alone(script, *arguments, tmp_path)

    assert told.returncode == 2
    assert told.stdout == ""
    assert len(told.stderr.splitlines()) == 1


def test_the_verifier_is_one_file_of_the_standard_library(source: str) -> None:
    tree = ast.parse(source, feature_version=OLDEST_PYTHON)

    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert imported <= sys.stdlib_module_names
    names = Counter(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    )
    assert {name: count for name, count in names.items() if count > 1} == {}
    assert "main" in names


@pytest.mark.parametrize("module", verifier_source.MODULES, ids=lambda module: module.__name__)
def test_the_verifier_shares_no_line_with_what_it_checks(module: object) -> None:
    tree = ast.parse(Path(str(getattr(module, "__file__"))).read_text(encoding="utf-8"))  # noqa: B009 - mypy

    ours = [
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shared_factory")
    ]
    assert all(name.startswith("shared_factory_desktop.exports.verifier_") for name in ours if name)
