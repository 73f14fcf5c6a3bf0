"""ReportLab keeps the fonts of all documents in one registry, so documents are made in turn."""

from __future__ import annotations

import threading

one_at_a_time = threading.Lock()
