"""No report is forgotten, and the languages name each with all its columns."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from shared_factory_desktop import exports
from shared_factory_desktop.domain import reports
from shared_factory_desktop.domain.reports import REPORTS
from shared_factory_desktop.domain.reports.report import Code, Definition, Report, shown, title
from shared_factory_desktop.exports import REPORT_EXPORTS
from shared_factory_desktop.words import LANGUAGES, Words
from tests.domain.reports.scene import sources


def test_every_definition_of_a_report_is_listed_once() -> None:
    modules = [
        importlib.import_module(f"{reports.__name__}.{entry.name}")
        for entry in pkgutil.iter_modules(reports.__path__)
    ]
    defined = {
        value.name: value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Definition)
    }

    assert sorted(defined) == sorted(one.name for one in REPORTS)
    assert len(defined) == len(REPORTS) > 0


def test_every_output_of_reports_is_listed_once() -> None:
    modules = [
        importlib.import_module(f"{exports.__name__}.{entry.name}")
        for entry in pkgutil.iter_modules(exports.__path__)
        if entry.name.startswith("report_")
    ]

    written = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]

    assert sorted(written) == sorted(export.FORMAT for export in REPORT_EXPORTS)
    assert len(set(written)) == len(written) > 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("definition", REPORTS, ids=lambda one: one.name)
def test_a_report_is_named_and_so_is_all_it_says(definition: Definition, language: str) -> None:
    words = Words(language)
    report = definition.build(sources())

    def say(code: str) -> str:
        return words(f"reports.{code}")

    assert say(f"title.{definition.name}")
    titles = [title(column, say) for column in report.columns]
    assert len(set(titles)) == len(titles)
    assert all(_label(report, row[0], words) for row in report.rows)
    assert report.name == definition.name
    assert len(report.totals) == len(report.columns)
    assert {report.column(key).key for key in report.chart.series} <= {
        column.key for column in report.columns
    }


def _label(report: Report, value: object, words: Words) -> str:
    assert isinstance(value, str | Code)
    return shown(report.columns[0], value, lambda code: words(f"reports.{code}"))
