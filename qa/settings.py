"""Every knob in one place, with its unit, default and environment name.

Each field can be set by an environment variable: ``QA_`` and the field's name in capitals, for example
``QA_CHUNK_TOKENS=200``.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from qa.errors import QAError

BUNDLED_MODEL = "all-MiniLM-L6-v2"


class Settings(BaseSettings):
    """Settings of the whole product; frozen, so that one object can be shared."""

    model_config = SettingsConfigDict(env_prefix="QA_", frozen=True, extra="forbid")

    embedding_model: str = BUNDLED_MODEL
    """The bundled model, a local folder, or a Hub id that sentence-transformers can load."""
    batch_size: int = Field(32, ge=1, le=1024)
    """Texts embedded at once."""
    threads: int = Field(0, ge=0, le=256)
    """Processor threads for the model; 0 takes what the process may use."""

    chunk_tokens: int = Field(160, ge=16, le=8192)
    """Most tokens (tiktoken cl100k) in a chunk."""
    max_file_mb: float = Field(50.0, gt=0)
    """Largest file that is read, in megabytes of 1,000,000 bytes."""

    passages_read: int = Field(8, ge=1, le=100)
    """Passages that the reader looks at."""
    max_citations: int = Field(3, ge=1, le=20)
    """Most excerpts given with an answer; those that follow each other are shown as one."""
    citation_margin: float = Field(0.5, ge=0)
    """How far below the best excerpt's score another may be and still be cited."""
    answer_threshold: float = Field(0.5, ge=0, le=1)
    """Least confidence at which an answer is given."""
    max_question_characters: int = Field(1000, ge=1)
    """Longest question, in characters."""

    host: str = "127.0.0.1"
    """Address that the web chat listens on."""
    port: int = Field(7860, ge=0, le=65535)
    """Port of the web chat; 0 takes a free one."""

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings from the environment.

        Raises
        ------
        QAError
            If a variable has a value that its setting does not take; names the variable, the value and the limit.
        """
        try:
            return cls()
        except ValidationError as error:
            problem = error.errors()[0]
            variable = "QA_" + "_".join(str(part) for part in problem["loc"]).upper()
            raise QAError(f"{variable}={problem['input']}: {problem['msg']}") from None
