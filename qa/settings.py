"""All settings, with their units, defaults and limits.

Each field can be set by an environment variable, ``QA_`` and the field's name in capitals, for example
``QA_CHUNK_TOKENS=200``, and in a settings file, for example ``chunk_tokens = 200``. Environment variables override the
settings file.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from qa.errors import QAError
from qa.files import as_path

_log = logging.getLogger(__name__)

BUNDLED_MODEL = "bundled"
BUNDLED_READER = "bundled"
NO_LIBRARY = "off"
_DAY = 86_400  # seconds; the system's timers have a limit, too
LLAMA = "llama:"
"""Prefix of the names of language models that run in this process."""


def _default(local: int, public: int) -> Callable[[], int]:
    """Return a default factory: `public` on a Hugging Face Space, else `local`."""
    return lambda: public if os.environ.get("SYSTEM") == "spaces" else local


class Settings(BaseSettings):
    """All settings; frozen, so that one object can be shared."""

    model_config = SettingsConfigDict(env_prefix="QA_", frozen=True, extra="forbid", allow_inf_nan=False)

    embedding_model: str = BUNDLED_MODEL
    """The bundled model, a folder that `qa models export` wrote, or a folder or Hub id that sentence-transformers can
    load."""
    reader_model: str = BUNDLED_READER
    """The bundled reader, a local folder, or a Hub id of an extractive question-answering model."""
    coefficients: str = ""
    """File that `qa fit` wrote, with ranking and confidence fitted to the models that are set; if empty, those for the
    bundled models."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Device of the models, except bundled and exported ones, which run on the CPU; "auto" is a GPU if torch finds
    one."""
    backend: Literal["auto", "onnx", "openvino", "torch"] = "auto"
    """Runtime of these models: "auto" is torch on a GPU; on the CPU, onnxruntime if the model can be exported, else
    torch. "openvino" is for embedding models and needs ``sentence-transformers[openvino]``."""
    batch_size: int = Field(32, ge=1, le=1024)
    """Number of texts embedded at once."""
    threads: int = Field(0, ge=0, le=256)
    """Processor threads for the models; 0 uses all that the process may use."""

    chunk_tokens: int = Field(160, ge=16, le=8192)
    """Maximum tokens (tiktoken cl100k) in a chunk."""
    max_file_mb: float = Field(50.0, gt=0)
    """Maximum size of a file, in megabytes (1,000,000 bytes)."""
    parse_timeout_seconds: float = Field(20.0, gt=0, le=_DAY)
    """Maximum processor seconds for parsing a visitor's file or a web page; see `qa.documents.sandbox`."""
    ocr_timeout_seconds: float = Field(40.0, ge=0, le=_DAY)
    """Maximum processor seconds for recognising text in the images of such a file, beyond those for parsing it; further
    pages are left out. A page takes 2 or 3."""
    parse_memory_mb: float = Field(1000.0, ge=400, le=1_000_000)
    """Maximum memory of the process that parses such a file, in megabytes (1,000,000 bytes), libraries included; on
    Linux."""
    parse_output_mb: float = Field(50.0, gt=0, le=10_000)
    """Maximum text taken from such a file, in megabytes (1,000,000 bytes) of UTF-8."""
    allow_unreadable: bool = False
    """Whether a document is loaded even if its text cannot be decoded; see `qa.documents.gibberish`."""
    allow_urls: bool = Field(default_factory=lambda: os.environ.get("SYSTEM") != "spaces")
    """Whether articles may be fetched from web addresses; by default not on a Hugging Face Space."""

    passage_tokens: int = Field(104, ge=1, le=8192)
    """Maximum tokens in a passage: a matching sentence and its neighbours. A longer sentence is a passage alone."""
    passages_read: int = Field(8, ge=1, le=100)
    """Maximum passages that the reader reads; it stops after two if they give a confident answer."""
    max_citations: int = Field(3, ge=1, le=20)
    """Maximum excerpts cited with an answer; adjoining excerpts are shown as one."""
    citation_margin: float = Field(2.5, ge=0)
    """How far below the best excerpt's score another excerpt may score and still be cited."""
    multi_citation_margin: float = Field(3.0, ge=0)
    """The same for a question that asks for several things ("Which ships ...?")."""
    answer_threshold: float = Field(0.5, ge=0, le=1)
    """Minimum confidence at which an answer is given."""
    max_question_characters: int = Field(1000, ge=1)
    """Longest question, in characters."""

    milvus_index: Literal["HNSW", "AUTOINDEX", "FLAT"] = "HNSW"
    """Type of the vector index to create on a Milvus server; FLAT compares every vector."""
    index_timeout_seconds: float = Field(10.0, gt=0, le=_DAY)
    """Timeout of a request to the server of an index, in seconds; writes may take ten times as long."""
    index_token: SecretStr = Field(SecretStr(""), exclude=True)
    """Token for that server, or USER:PASSWORD. Never written to a file or log."""

    llm_model: str = ""
    """Name of the language model that writes answers, as its server names it; or ``llama:`` and a GGUF file, or
    ``llama:OWNER/REPOSITORY/FILE.gguf`` of the Hugging Face Hub, to run in this process; none if empty."""
    llm_url: str = "https://router.huggingface.co/v1"
    """Base URL of an OpenAI-compatible server, ``/v1`` included."""
    llm_key: SecretStr = Field(SecretStr(""), exclude=True)
    """API key for that server; if empty, ``HF_TOKEN`` for Hugging Face's server, else none. Never written to a file or
    log."""
    llm_timeout_seconds: float = Field(60.0, gt=0, le=_DAY)
    """Timeout of a whole reply of the language model, in seconds, retries included; the answer and the verdicts on it
    are two replies."""
    llm_idle_timeout_seconds: float = Field(20.0, gt=0, le=_DAY)
    """Timeout between two pieces of a reply from a server, in seconds, and for the first one."""
    llm_context_tokens: int = Field(16_384, ge=1024)
    """Maximum tokens (tiktoken cl100k) of a prompt and its answer together; lower if the server reports a lower limit
    of its model."""
    llm_answer_tokens: int = Field(800, ge=16)
    """Maximum tokens of a generated answer."""
    llm_threshold: float = Field(0.0, ge=0, le=1)
    """Minimum confidence at which the language model is asked; below it, no answer is given."""
    llm_style: Literal["short", "full"] = "short"
    """How long generated answers are: "short" is as few sentences as the question needs."""
    llm_calls: int = Field(6, ge=1, le=50)
    """Maximum calls of the language model to take notes on documents that do not fit in one prompt, for summaries,
    comparisons and lists."""
    llm_prompt_price: float = Field(0.0, ge=0)
    """Price of a million tokens sent, in any currency, for the cost of a run; it applies to the judge too."""
    llm_answer_price: float = Field(0.0, ge=0)
    """Price of a million tokens received."""
    judge: str = "same"
    """Model that judges whether the evidence entails each generated sentence: "same" is the language model itself,
    "off" is none. Otherwise the name of another model, on the same server unless `judge_url` is set, or a cross-encoder
    for natural-language inference that runs in this process, such as ``cross-encoder/nli-deberta-v3-base`` or
    ``nli:FOLDER``."""
    judge_url: str = ""
    """Base URL of the judge's server; that of the language model if empty."""
    judge_key: SecretStr = Field(SecretStr(""), exclude=True)
    """API key for `judge_url`; that of the language model is never sent there. Never written to a file or log."""
    judge_threshold: float = Field(0.5, ge=0, le=1)
    """Minimum probability of entailment at which a cross-encoder's verdict is "supported"."""
    judge_calibration: str = ""
    """File that `qa calibrate --judge` wrote, with a threshold fitted to the cross-encoder; replaces
    `judge_threshold`."""
    judge_trust_remote_code: bool = False
    """Whether to run code that comes with a cross-encoder."""

    host: str = "127.0.0.1"
    """Network address that the web chat listens on."""
    port: int = Field(7860, ge=0, le=65535)
    """Port of the web chat; 0 chooses a free one."""
    cases_file: str = Field(default_factory=lambda: "" if os.environ.get("SYSTEM") == "spaces" else "chat-cases.jsonl")
    """Question set to which the web chat appends answers kept as test cases; none if empty, and none where other
    computers can reach the chat, directly or by `host_names`, without a login."""
    host_names: str = ""
    """Host names, separated by commas, that a proxy in front of the chat uses for it, where the chat listens on this
    computer only."""
    login: SecretStr = Field(SecretStr(""), exclude=True)
    """``user:password`` required by the web chat; no login if empty. Never written to a file or log."""
    login_file: str = ""
    """File of such lines, one per user."""
    library: str = ""
    """Folder of the web chat's library, which keeps articles and conversations; "off" for none. If empty, it is in the
    user's data folder (``~/.local/share/cited-qa`` on Linux) where only this computer can reach the chat or a login is
    set, and off elsewhere and on a Hugging Face Space."""
    library_mb: float = Field(2000.0, gt=0)
    """Maximum size of the articles of one user of that library together, in megabytes (1,000,000 bytes)."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """Minimum level that is logged: "info" includes requests and slow steps, "debug" also files and health checks."""
    log_format: Literal["text", "json"] = "text"
    """Format of the log, and of what `qa serve` prints; "json" is one object per line."""
    shutdown_seconds: float = Field(20.0, ge=0, le=_DAY)
    """How long a stopping web chat waits for the answers in progress, in seconds."""
    max_visitors: int = Field(100, ge=1)
    """Maximum visitors with articles of their own at the same time."""
    total_visitor_mb: float = Field(default_factory=_default(1000, 400), gt=0)
    """Maximum size of all visitors' files together, in megabytes (1,000,000 bytes); uploads that are not read yet are
    counted separately, up to the same limit."""
    total_visitor_tokens: int = Field(default_factory=_default(10_000_000, 4_000_000), ge=1)
    """Maximum tokens (tiktoken cl100k) of all visitors' articles together."""
    total_questions_per_minute: int = Field(default_factory=_default(5000, 300), ge=1)
    """Maximum questions and searches of all visitors per minute."""
    total_requests_per_minute: int = Field(default_factory=_default(50_000, 3000), ge=1)
    """Maximum requests of all visitors per minute that cause work on the server."""
    max_waiting: int = Field(default_factory=_default(64, 32), ge=1)
    """Maximum questions and articles waiting in the queue."""
    per_visitor_questions_per_minute: int = Field(default_factory=_default(2000, 30), ge=1)
    """Maximum questions and searches of one visitor per minute; a visitor is a network address."""
    per_visitor_requests_per_minute: int = Field(default_factory=_default(20_000, 300), ge=1)
    """Maximum requests of one visitor per minute that cause work on the server."""
    per_visitor_libraries: int = Field(default_factory=_default(100, 5), ge=1)
    """Maximum libraries of one network address at the same time."""
    per_visitor_documents: int = Field(20, ge=0)
    """Maximum articles of one visitor."""
    per_visitor_mb: float = Field(20.0, gt=0)
    """Maximum size of one visitor's files together, in megabytes (1,000,000 bytes)."""
    per_visitor_tokens: int = Field(200_000, ge=1)
    """Maximum tokens (tiktoken cl100k) of one visitor's articles together."""
    visitor_idle_minutes: float = Field(60.0, gt=0)
    """Minutes without use after which a visitor's articles are deleted."""

    if not TYPE_CHECKING:  # mypy then checks the names and types of the fields

        def __init__(self, *positional: object, **values: object) -> None:
            if positional:
                # Without the value, since it may contain a password. Otherwise it would be ignored.
                found = type(positional[0]).__name__
                raise QAError(
                    f"Settings: got {found}, expected names and values, for example Settings(answer_threshold=0.6);"
                    " Settings.from_environment(FILE) reads a file"
                )
            super().__init__(**values)

    @property
    def llm_name(self) -> str:
        """The name of the language model for display, without the folder of a file."""
        return Path(self.llm_model).stem if self.llm_is_local else self.llm_model

    @property
    def llm_is_local(self) -> bool:
        """Whether the language model runs in this process."""
        return self.llm_model.startswith(LLAMA)

    @property
    def has_login(self) -> bool:
        """Whether visitors of the web chat must log in."""
        return bool(self.login.get_secret_value() or self.login_file)

    @classmethod
    def given(cls, settings: Settings | None) -> Settings:
        """Return the settings, or those of the environment for None; raise a `QAError` for anything else."""
        if settings is None:
            return cls.from_environment()
        if not isinstance(settings, Settings):
            # Without the value, since it may contain a password.
            found = type(settings).__name__
            raise QAError(f"settings: got {found}, expected Settings, for example Settings(answer_threshold=0.6)")
        return settings

    @classmethod
    def from_environment(cls, file: str | Path | None = None) -> Self:
        """Read the settings from the environment and from a settings file; the environment takes precedence.

        Parameters
        ----------
        file : str or Path, optional
            A TOML file of fields and values, such as `qa calibrate` writes.

        Raises
        ------
        QAError
            If the file cannot be read, or a value in it or in a variable is not valid; the message names the file or
            variable, the value and the limit.
        """
        environment = EnvSettingsSource(cls)()
        for variable in os.environ:
            prefix, _, name = variable.lower().partition("_")
            if prefix == "qa" and name not in cls.model_fields:
                _warn_of_unknown(variable)
        try:
            return cls(**{**_read(file), **environment})
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(str(part) for part in problem["loc"])
            value = "(not shown)" if name in _SECRETS else problem["input"]
            if name in environment or file is None:
                raise QAError(f"QA_{name.upper()}={value}: {problem['msg']}") from None
            if problem["type"] == "extra_forbidden":
                near = _nearest(name)
                known = f"did you mean {near}?" if near else f"known: {', '.join(cls.model_fields)}"
                raise QAError(f"{file}: no setting is named {name}; {known}") from None
            raise QAError(f"{file}: {name} = {value}: {problem['msg']}") from None


_SECRETS = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}


def _nearest(name: str) -> str | None:
    """Return the setting whose name is most like a mistyped one; None if none is."""
    return next(iter(get_close_matches(name, Settings.model_fields, 1, 0.8)), None)


@cache
def _warn_of_unknown(variable: str) -> None:
    """Warn once, since a mistyped limit or login would have no effect."""
    near = _nearest(variable.removeprefix("QA_").lower())
    what_to_do = f"did you mean QA_{near.upper()}?" if near else "correct or unset it"
    _log.warning("%s is ignored: no setting has this name; %s", variable, what_to_do)


def _read(file: str | Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        values = tomllib.loads(as_path("the settings file", file).read_text(encoding="utf-8"))
    except OSError as error:
        raise QAError(f"{file}: cannot be read as a settings file: {error.strerror}; check the path") from None
    except UnicodeDecodeError as error:
        raise QAError(f"{file}: is not UTF-8 at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise QAError(f"{file}: is not TOML: {error}") from None
    for name, value in values.items():
        if isinstance(value, bool) and name not in {"allow_urls", "allow_unreadable", "judge_trust_remote_code"}:
            # Pydantic would accept it as 0 or 1.
            raise QAError(f"{file}: {name} = {str(value).lower()}: a number or text is needed")
    return values
