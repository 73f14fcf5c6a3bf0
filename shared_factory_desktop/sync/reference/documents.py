"""The documents of the platform contract as a platform describes them to the world (OpenAPI)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

SOURCE = r"^urn:shared-factory:[A-Za-z0-9._-]+:[A-Za-z0-9._-]+$"
TYPE = r"^cn\.sharedfactory\.[a-z-]+\.[a-z-]+\.v1$"

Id = Annotated[str, Field(pattern=r"^[0-9]{12}$")]


class Event(BaseModel):
    """One record as a CloudEvent 1.0."""

    model_config = ConfigDict(extra="allow")

    specversion: Literal["1.0"]
    id: Id
    source: Annotated[str, Field(pattern=SOURCE)]
    type: Annotated[str, Field(pattern=TYPE)]
    time: AwareDatetime
    subject: str
    datacontenttype: Literal["application/json"]
    sequence: Id
    recordedtime: AwareDatetime
    data: dict[str, Any]


class Fault(BaseModel):
    """Why a record or a request is not taken."""

    code: str
    message: str


class Result(BaseModel):
    """The answer to one record."""

    source: str
    id: str
    status: Literal["accepted", "duplicate", "rejected"]
    receipt: str | None = None
    error: Fault | None = None


class Results(BaseModel):
    """The answer to a batch."""

    results: list[Result]


class Day(BaseModel):
    """Sums of one local date; `energy_wh` is a decimal as text."""

    date: str
    events: int
    energy_wh: str
    gross_fen: int


class Checkpoint(BaseModel):
    """What the platform has of one source; `last_id` is null where it has nothing."""

    count: int
    last_id: str | None
    days: list[Day]


class Health(BaseModel):
    """A sign of life."""

    status: Literal["ok"] = "ok"
