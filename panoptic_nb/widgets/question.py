"""What every question of the browser has."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class BaseQuestion(BaseModel):
    """A question is answered once, by its id."""

    model_config = ConfigDict(extra="ignore", strict=True)
    id: str = Field(max_length=200)
