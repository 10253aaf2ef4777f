"""Every knob in one place, with its unit, default and environment name.

Each field can be set by an environment variable, ``QA_`` and the field's name in capitals, for example
``QA_CHUNK_TOKENS=200``, and in a settings file, for example ``chunk_tokens = 200``. What the environment sets goes
before what the file sets.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from qa.errors import QAError

BUNDLED_MODEL = "all-MiniLM-L6-v2"
BUNDLED_READER = "bundled"


def _open_to_all(otherwise: int, on_a_space: int) -> Callable[[], int]:
    """Return what gives a default that is stricter on a Hugging Face Space."""
    return lambda: on_a_space if os.environ.get("SYSTEM") == "spaces" else otherwise


class Settings(BaseSettings):
    """Settings of the whole product; frozen, so that one object can be shared."""

    model_config = SettingsConfigDict(env_prefix="QA_", frozen=True, extra="forbid")

    embedding_model: str = BUNDLED_MODEL
    """The bundled model, a local folder, or a Hub id that sentence-transformers can load."""
    embedding_precision: Literal["float32", "fastest"] = "float32"
    """Of the bundled model: "fastest" takes bfloat16, with the extra ``fast``, where the processor is made for it."""
    reader_model: str = BUNDLED_READER
    """The bundled reader, a local folder, or a Hub id of an extractive question-answering model."""
    batch_size: int = Field(32, ge=1, le=1024)
    """Texts embedded at once."""
    threads: int = Field(0, ge=0, le=256)
    """Processor threads for the models; 0 takes what the process may use."""

    chunk_tokens: int = Field(160, ge=16, le=8192)
    """Most tokens (tiktoken cl100k) in a chunk."""
    max_file_mb: float = Field(50.0, gt=0)
    """Largest file that is read, in megabytes of 1,000,000 bytes."""
    reading_seconds: float = Field(20.0, gt=0)
    """Most processor seconds that a file of a visitor or from a web address may take; see `qa.documents.sandbox`."""
    reading_memory_mb: float = Field(1000.0, ge=400)
    """Most memory that it may take, in megabytes of 1,000,000 bytes, program and libraries included; on Linux."""
    reading_text_mb: float = Field(50.0, gt=0)
    """Most text that it may give, in megabytes of 1,000,000 bytes in UTF-8."""
    allow_urls: bool = Field(default_factory=lambda: os.environ.get("SYSTEM") != "spaces")
    """Whether articles may be fetched from web addresses; by default not on a Hugging Face Space."""

    passage_tokens: int = Field(104, ge=1, le=8192)
    """Most tokens in a passage: a sentence that matches, with neighbours; a longer sentence is a passage alone."""
    passages_read: int = Field(8, ge=1, le=100)
    """Most passages that the reader looks at; where the first two settle a question, it looks at no more."""
    max_citations: int = Field(3, ge=1, le=20)
    """Most excerpts given with an answer; those that follow each other are shown as one."""
    citation_margin: float = Field(2.5, ge=0)
    """How far below the best excerpt's score another may be and still be cited."""
    several_margin: float = Field(3.0, ge=0)
    """The same for a question that asks for several things ("Which ships ...?")."""
    answer_threshold: float = Field(0.3, ge=0, le=1)
    """Least confidence at which an answer is given."""
    max_question_characters: int = Field(1000, ge=1)
    """Longest question, in characters."""

    index_seconds: float = Field(10.0, gt=0)
    """Most seconds to wait for each answer of a Milvus server; writing may take ten times as long."""
    index_token: SecretStr = Field(SecretStr(""), exclude=True)
    """Key for that server, or USER:PASSWORD. Never written down."""

    llm_model: str = ""
    """Name of the language model that phrases answers, as its server knows it; none if empty."""
    llm_url: str = "https://router.huggingface.co/v1"
    """Address of a server that speaks the OpenAI protocol, up to and with its ``/v1``."""
    llm_key: SecretStr = Field(SecretStr(""), exclude=True)
    """Key for that server; if empty, ``HF_TOKEN`` where the server is Hugging Face's, else none. Never written down."""
    llm_seconds: float = Field(60.0, gt=0)
    """Most seconds that an answer may take to generate, all tries together."""
    llm_silence_seconds: float = Field(20.0, gt=0)
    """Most seconds to wait for the first word, and for each that follows."""
    llm_context_tokens: int = Field(4096, ge=1024)
    """Tokens (tiktoken cl100k) of a prompt and its answer together that the language model takes."""
    llm_answer_tokens: int = Field(400, ge=16)
    """Most tokens of a generated answer."""
    llm_threshold: float = Field(0.03, ge=0, le=1)
    """Least confidence at which the language model is asked; below, the bot declines as it does without one."""

    host: str = "127.0.0.1"
    """Address that the web chat listens on."""
    port: int = Field(7860, ge=0, le=65535)
    """Port of the web chat; 0 takes a free one."""
    cases_file: str = Field(default_factory=lambda: "" if os.environ.get("SYSTEM") == "spaces" else "chat-cases.jsonl")
    """Question set to which the web chat appends answers that are kept as test cases; none if empty, nor where the chat
    is reached from other computers, or by `host_names`, without a login."""
    host_names: str = ""
    """Names, separated by commas, by which the chat may be addressed where it listens on this computer alone, besides
    this computer's own; for a proxy in front of it."""
    login: SecretStr = Field(SecretStr(""), exclude=True)
    """``user:password`` that the web chat asks for; nothing is asked for if empty. Never written down."""
    login_file: str = ""
    """File of such lines, one a user."""
    visitors: int = Field(100, ge=1)
    """Visitors of the web chat that may have articles of their own at a time."""
    visitors_mb: float = Field(default_factory=_open_to_all(1000, 400), gt=0)
    """Largest that the files of all visitors may be together, in megabytes of 1,000,000 bytes; so it is, apart, for
    what was uploaded and not read yet."""
    visitors_tokens: int = Field(default_factory=_open_to_all(10_000_000, 4_000_000), ge=1)
    """Most tokens (tiktoken cl100k) that the articles of all visitors may have together."""
    visitors_questions: int = Field(default_factory=_open_to_all(5000, 300), ge=1)
    """Most questions and searches of all visitors in a minute."""
    visitors_requests: int = Field(default_factory=_open_to_all(50_000, 3000), ge=1)
    """Most requests that give the server work, of all visitors in a minute."""
    visitors_waiting: int = Field(default_factory=_open_to_all(64, 32), ge=1)
    """Most questions and articles that wait for their turn."""
    visitor_questions: int = Field(default_factory=_open_to_all(2000, 30), ge=1)
    """Most questions and searches of a visitor in a minute; a visitor is an address on the network."""
    visitor_requests: int = Field(default_factory=_open_to_all(20_000, 300), ge=1)
    """Most requests of a visitor that give the server work, in a minute."""
    visitor_libraries: int = Field(default_factory=_open_to_all(100, 5), ge=1)
    """Most libraries that one address on the network may have at a time."""
    visitor_documents: int = Field(20, ge=0)
    """Most articles of a visitor's own."""
    visitor_mb: float = Field(20.0, gt=0)
    """Largest that all files of a visitor may be together, in megabytes of 1,000,000 bytes."""
    visitor_tokens: int = Field(200_000, ge=1)
    """Most tokens (tiktoken cl100k) that all articles of a visitor may have together."""
    visitor_minutes: float = Field(60.0, gt=0)
    """After so many minutes without use a visitor's articles are deleted."""

    @classmethod
    def from_environment(cls, file: str | Path | None = None) -> Self:
        """Read the settings from the environment, and from a settings file for what the environment leaves open.

        Parameters
        ----------
        file : str or Path, optional
            A TOML file, such as `qa calibrate` writes, of fields and values.

        Raises
        ------
        QAError
            If the file cannot be read, or it or a variable has a value that its setting does not take; names the file
            or variable, the value and the limit.
        """
        environment = EnvSettingsSource(cls)()
        try:
            return cls(**{**_read(file), **environment})
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(str(part) for part in problem["loc"])
            value = "(not shown)" if name in _SECRETS else problem["input"]
            if name in environment or file is None:
                raise QAError(f"QA_{name.upper()}={value}: {problem['msg']}") from None
            if problem["type"] == "extra_forbidden":
                raise QAError(f"{file}: no setting is named {name}; known: {', '.join(cls.model_fields)}") from None
            raise QAError(f"{file}: {name} = {value}: {problem['msg']}") from None


_SECRETS = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}


def _read(file: str | Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        values = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise QAError(f"{file}: cannot be read as a settings file: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise QAError(f"{file}: is not UTF-8 at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise QAError(f"{file}: is not TOML: {error}") from None
    for name, value in values.items():
        if isinstance(value, bool) and name != "allow_urls":
            # It would pass for 0 or 1.
            raise QAError(f"{file}: {name} = {str(value).lower()}: a number or text is needed")
    return values
