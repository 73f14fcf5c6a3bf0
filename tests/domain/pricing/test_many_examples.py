"""What always holds of prices, held against two thousand random tariffs and months."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = "2000"
TESTS = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "module",
    [
        "domain/pricing/test_properties.py",
        "domain/pricing/test_stateful.py",
        "storage/test_priced_alike.py",
    ],
)
def test_the_properties_hold_for_two_thousand_examples(module: str) -> None:
    options = ("-q", "-p", "no:cacheprovider", "-o", "timeout=1700")
    tried = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(TESTS / module)],
        env={**os.environ, "PRICING_EXAMPLES": EXAMPLES},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 0, tried.stdout[-5000:] + tried.stderr[-2000:]
