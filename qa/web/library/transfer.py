"""Export and import of a collection as one zip archive.

::

    collection.json                   name, list of articles, conversations
    articles/0001.safetensors         index entry of an article
    originals/0001.pdf                its file, if kept

An imported file is untrusted. Only the entries that `collection.json` names are read, each up to a limit, and nothing
is unpacked to disk. Everything is checked before the library is changed.
"""

from __future__ import annotations

import json
import re
import secrets
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from qa.documents.archives import open_archive
from qa.errors import QAError
from qa.index.serialization import DocumentFields
from qa.pipeline import QA
from qa.web import notices
from qa.web.library.answers import readable_answer, stored_answer, stored_turn
from qa.web.library.articles import StoredArticle
from qa.web.library.collection_registry import CollectionRegistry
from qa.web.library.conversations import StoredConversation, StoredTurn
from qa.web.library.database import LibraryDatabase
from qa.web.library.saved import check_room, embedding_fingerprint, stored_entry
from qa.web.library.sqlite_file import MAX_NAME_CHARACTERS

SUFFIX = ".cited-qa.zip"
FORMAT = 1
_CONTENTS = "collection.json"
_MAX_CONTENTS_BYTES = 500_000_000
_MAX_ARTICLE_BYTES = 1_000_000_000
_MAX_QUESTION_CHARACTERS = 20_000
_UNSAFE = re.compile(r"[^\w -]+")  # in the name of a downloaded file
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}

_Count = Annotated[int, Field(ge=0, le=2**50)]
_Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Article(_Strict):
    fields: DocumentFields
    made_with: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    added: AwareDatetime
    tokens: _Count
    size: _Count
    original: bool


class _Turn(_Strict):
    question: Annotated[str, Field(min_length=1, max_length=_MAX_QUESTION_CHARACTERS)]
    answer: dict[str, object]


class _Conversation(_Strict):
    name: _Name
    created: AwareDatetime
    changed: AwareDatetime
    turns: list[_Turn]


class _Contents(_Strict):
    format: Literal[1]
    name: _Name
    articles: list[_Article]
    conversations: list[_Conversation]


def export_collection(database: LibraryDatabase, collection: int, name: str, target: IO[bytes]) -> None:
    """Write a collection as one file, without damaged articles and answers, which could not be imported."""
    articles: list[dict[str, object]] = []
    conversations = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for article in _readable_articles(database, collection):
            number = len(articles) + 1
            original = database.articles.original(article.id)
            archive.writestr(_entry_name(number), article.entry)
            if original is not None:
                archive.writestr(_original_name(number), original)
            articles.append(
                {
                    "fields": json.loads(article.fields),
                    "made_with": article.made_with,
                    "added": article.added,
                    "tokens": article.tokens,
                    "size": article.size,
                    "original": original is not None,
                }
            )
        for conversation in database.conversations.search(collection, limit=-1):
            turns = [
                {"question": turn.question, "answer": json.loads(turn.answer)}
                for turn in database.conversations.turns(collection, conversation.id)
                if readable_answer(turn)
            ]
            kept = {"name": conversation.name, "created": conversation.created, "changed": conversation.changed}
            conversations.append({**kept, "turns": turns})
        contents = {"format": FORMAT, "name": name, "articles": articles, "conversations": conversations}
        archive.writestr(_CONTENTS, json.dumps(contents))


def download_endpoint(collections: CollectionRegistry, folder: Path) -> Callable[[Request], Response]:
    """Return the endpoint for a ticket of `CollectionRegistry.ticket`; the file is in `folder` until it is sent.

    Starlette calls it in a thread.
    """

    def respond(request: Request) -> Response:
        collection = collections.redeem(request.path_params["ticket"])
        if collection is None:
            return PlainTextResponse(f"{notices.DOWNLOAD_EXPIRED.sentence()}\n", 404)
        try:
            name = collections.name_of(collection)
        except QAError as error:
            return PlainTextResponse(f"{notices.sentence(str(error))}\n", 404)
        folder.mkdir(exist_ok=True)
        with NamedTemporaryFile(dir=folder, delete=False) as file:
            written = Path(file.name)
            try:
                export_collection(collections.database, collection, name, file)
            except BaseException:
                written.unlink()
                raise
        return FileResponse(
            written,
            media_type="application/zip",
            filename=f"{_UNSAFE.sub('_', name)[:100].strip() or 'collection'}{SUFFIX}",
            background=BackgroundTask(written.unlink, missing_ok=True),
        )

    return respond


def _readable_articles(database: LibraryDatabase, collection: int) -> Iterator[StoredArticle]:
    """Yield the articles of a collection, except damaged ones and those deleted meanwhile."""
    for number in database.articles.ids(collection):
        try:
            article = database.articles.get(collection, number)
            stored_entry(article)
        except Exception:  # noqa: S112 -- NumPy and SQLite raise many kinds of errors for damaged data
            continue
        yield article


def import_collection(database: LibraryDatabase, user: str, file: Path, name: str, bot: QA) -> int:
    """Add a collection for a user from a file that `export_collection` wrote, and return its id.

    The bot's settings limit the size; with its model, the vectors' width is checked.

    Raises
    ------
    QAError
        If the file is not an export, is damaged, or does not fit; nothing is changed then.
    """
    with open_archive(file, name) as archive:
        contents = _contents(archive, name)
        unpacked = sum(entry.file_size for entry in archive.infolist())
        check_room(database, bot.settings.library_mb, user, name, unpacked)
        conversations = [_conversation(each, name) for each in contents.conversations]
        articles = _articles(archive, contents, name, bot)
        return database.insert(user, contents.name, articles, conversations)


def _contents(archive: zipfile.ZipFile, name: str) -> _Contents:
    try:
        found = json.loads(_read(archive, _CONTENTS, _MAX_CONTENTS_BYTES, name))
        version = found.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise notices.EXPORT_NEWER.error(name, found=version, known=FORMAT)
        return _Contents.model_validate(found)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise _damaged(name, _CONTENTS, f"{where}: {problem['msg']}") from None
    except (ValueError, AttributeError, RecursionError) as error:
        raise _damaged(name, _CONTENTS, type(error).__name__) from None


def _articles(archive: zipfile.ZipFile, contents: _Contents, name: str, bot: QA) -> Iterator[StoredArticle]:
    ours = embedding_fingerprint(bot)
    for number, article in enumerate(contents.articles, start=1):
        entry = _read(archive, _entry_name(number), _MAX_ARTICLE_BYTES, name)
        data = _read(archive, _original_name(number), _MAX_ARTICLE_BYTES, name) if article.original else None
        try:
            stored = StoredArticle(
                article.fields.model_dump_json(),
                entry,
                article.made_with,
                article.added.isoformat(),
                article.tokens,
                len(entry) + len(data or b""),
                data,
            )
            found = stored_entry(stored)
            found.document.text.encode()
            if article.made_with == ours:
                found.check_shapes(bot.embedder.dimension)
        except Exception as error:  # NumPy raises many kinds of errors for a forged file
            raise _damaged(name, _entry_name(number), error) from error
        yield stored


def _conversation(found: _Conversation, name: str) -> tuple[StoredConversation, list[StoredTurn]]:
    turns = []
    for turn in found.turns:
        try:
            answer = stored_answer(StoredTurn(turn.question, json.dumps(turn.answer), ""))
        except (ValueError, RecursionError) as error:
            raise _damaged(name, f"an answer of {found.name!r}", type(error).__name__) from None
        turns.append(stored_turn(turn.question, answer))
    created, changed = found.created.isoformat(), found.changed.isoformat()
    return StoredConversation(secrets.token_hex(8), found.name, created, changed), turns


def _read(archive: zipfile.ZipFile, entry: str, limit: int, name: str) -> bytes:
    info = archive.NameToInfo.get(entry)
    if info is None or info.flag_bits & 1 or info.compress_type not in _COMPRESSIONS or info.file_size > limit:
        raise notices.NOT_AN_EXPORT.error(name, entry=entry)
    with archive.open(info) as file:
        # The declared size is within the limit; reading beyond it verifies the checksum.
        return file.read(info.file_size + 1)


def _damaged(name: str, part: str, problem: object) -> QAError:
    return notices.EXPORT_DAMAGED.error(name, part=part, problem=problem)


def _entry_name(number: int) -> str:
    return f"articles/{number:04}.safetensors"


def _original_name(number: int) -> str:
    return f"originals/{number:04}.pdf"
