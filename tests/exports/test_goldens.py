"""The printed text and the CSV of one statement with one of everything, in both languages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shared_factory_desktop.domain.statement import StatementDocument
from shared_factory_desktop.exports import fonts, statement_csv, statement_pdf
from tests.exports.documents import GOLDEN, draft_of, sample

VARIANTS = [("zh_CN", sample()), ("en", draft_of(sample()))]


@pytest.mark.parametrize(("language", "document"), VARIANTS)
def test_csv(language: str, document: StatementDocument, write: Callable[..., Path]) -> None:
    made = write(statement_csv, document, language)
    golden = GOLDEN / f"statement.{language}.csv"
    assert made.read_bytes() == golden.read_bytes(), f"if meant, copy {made} to {golden}"


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
@pytest.mark.parametrize(("language", "document"), VARIANTS)
def test_pdf(
    language: str,
    document: StatementDocument,
    write: Callable[..., Path],
    pdf_text: Callable[[Path], str],
) -> None:
    if fonts.find(None, None).file.name != "wqy-microhei.ttc":
        pytest.skip("line breaks of the golden file are those of WenQuanYi Micro Hei")
    text = re.sub(r"[ \n]*\n", "\n", pdf_text(write(statement_pdf, document, language)))
    made = re.sub(r" {2,}", "  ", text)
    assert made == (GOLDEN / f"statement.{language}.txt").read_text(encoding="utf-8")
