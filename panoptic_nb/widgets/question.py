"""What every question of the browser has."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

#: Characters of the id of a question; nobody has a longer one.
MAX_ID = 200


class BaseQuestion(BaseModel):
    """A question is answered once, by its id."""

    model_config = ConfigDict(extra="ignore", strict=True)
    id: str = Field(max_length=MAX_ID)
