"""Every message of the page and its library, each in two parts: what happened and why, and what to do.

Messages of the rest of the package, such as those about a file that cannot be read, are where the error is raised;
replies to requests that no page sends are in `qa.web.server`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from qa.errors import QAError


@dataclass(frozen=True, slots=True)
class Notice:
    """A message: what happened and why, and what to do, in the imperative. Names in braces are filled in."""

    happened: str
    remedy: str

    def text(self, **values: object) -> str:
        """Return the message as "what happened: why; what to do"."""
        return f"{self.happened}; {self.remedy}".format(**values)

    def sentence(self, **values: object) -> str:
        """Return the message as a sentence."""
        return sentence(self.text(**values))

    def error(self, name: str = "", **values: object) -> QAError:
        """Return the message as an error, after the name of the article that it is about."""
        return QAError(f"{name}: {self.text(**values)}" if name else self.text(**values))


def sentence(message: str) -> str:
    """Return a message with a capital letter and a full stop."""
    return f"{message[:1].upper()}{message[1:]}."


# Asking
LONG_QUESTION = Notice(
    "the question has {characters:,} characters: the limit is {limit:,}",
    "shorten it, or add the text as an article and ask about it",
)
LONG_PASTE = Notice(
    "the pasted text has {characters} characters: the limit of the question box is {limit}",
    "add it as an article here, and ask about it",
)
INVALID_CONVERSATION = Notice("invalid conversation: {where}: {problem}", "reload the page")
NO_SERVER = Notice("the server is not responding", "try again, or reload the page")
NOT_SAVED = Notice(
    "the conversation was not saved: it is too long, or the server is not responding",
    "try again, or print the page",
)
NO_SERVER_YET = Notice("the server is not responding: it may have stopped", "wait while this page keeps trying")

# Articles
NO_ARTICLES = Notice("no articles are loaded", "add one to ask about it")
ARTICLE_GONE = Notice("this article is no longer available", "open another one from the list, or add it again")
PASSAGE_GONE = Notice("the article has changed: this passage no longer exists", "ask the question again")
NOT_YOURS = Notice("not one of your articles", 'choose one that has a "Remove" button')

# A visitor's library
UNKNOWN_LIBRARY = Notice(
    "unknown library key: it may be from before a restart of the server", "add your articles again"
)
EXPIRED = Notice("your articles were deleted after {minutes:g} minutes without use", "add them again")
ARTICLES_LOST = Notice(
    "your articles are no longer on this server: it was restarted, or they were not used for too long",
    "add them again",
)
NO_KEY = Notice("the library key is missing", "reload the page")
MANY_VISITORS = Notice("too many visitors have articles of their own: the limit is {limit}", "try again later")
MANY_LIBRARIES = Notice(
    "too many libraries: the limit is {limit} per visitor", "use the key of one that you have, or try again later"
)

# A saved library
COLLECTION_DELETED = Notice("this collection was deleted", "choose another one, or reload the page")
ANSWER_DAMAGED = Notice("this answer is damaged: its stored text cannot be read", "ask the question again")
ARTICLE_DAMAGED = Notice("this article is damaged: its stored text cannot be read", "remove it, and add it again")
GONE = Notice("it is no longer in this library: it was deleted or moved", "reload the page")
NO_NAME = Notice("the name is empty", "type at least one character")
LIBRARY_FULL = Notice(
    "too large: it has {size:,} bytes and your other articles {own:,}, and the limit is {megabytes:g} MB in total",
    "remove some articles, or raise QA_LIBRARY_MB",
)
LIBRARY_IN_USE = Notice(
    "this library is open in another server{process}",
    "stop that server, or choose another folder with --library",
)
LIBRARY_NOT_WRITABLE = Notice(
    "the library cannot be written: {problem}", "choose another folder with --library, or use --library off"
)
LIBRARY_NOT_READABLE = Notice(
    "the library cannot be opened: {problem}", "restore it from a backup, or choose another folder with --library"
)
LIBRARY_NEWER = Notice(
    "was written by a newer version: it has format {found}, and this version reads {known}",
    "update Cited QA, or choose another folder with --library",
)
LIBRARY_SHARED = Notice(
    "everyone who can reach this server would share the library",
    "set QA_LOGIN_FILE so that each user has their own, listen on 127.0.0.1, or leave out --library",
)
LIBRARY_NOT_WRITTEN = Notice("the library could not be written: {problem}", "try again once there is more space")
NOTHING_TO_MOVE = Notice("no article of this collection is selected", "choose some in the list of articles")
NOT_MOVED = Notice("cannot be moved", "choose one of your own articles, once it has been read")

EXPORT_NEWER = Notice("has format {found}, and this version reads {known}", "update Cited QA")
EXPORT_DAMAGED = Notice("this file is damaged: {part}: {problem}", "export the collection again")
NOT_AN_EXPORT = Notice(
    "is not a collection exported by Cited QA: {entry} is missing or too large", "export the collection again"
)
DOWNLOAD_EXPIRED = Notice("this link has expired", "export the collection again")

# Adding
ADDRESSES_OFF = Notice("adding web addresses is turned off", "save the page and add the file")
ALREADY_ADDED = Notice("already in the library as {title}", "ask that article")
EMPTY_ARCHIVE = Notice("has no files", "add another archive")
UPLOAD_FAILED = Notice("upload failed: upload storage is full, or the connection was lost", "try again later")
LARGE_FILE = Notice("too large: it has {size} bytes, and the limit is {limit}", "add a part of it")
NOT_READ = Notice("left out, not in a format that is read: {files}", "save them in another format to add them")
MANY_FILES = Notice("the limit is {limit} files of a folder at a time", "add the others after these")
EMPTY_FOLDER = Notice("has no files in it", "choose another folder")
LONG_FIELD = Notice("the {field} has {size} bytes: the limit is {limit}", "shorten it, or add it as a file")
UPLOAD_GONE = Notice("the upload was not found", "add the file again")
STORAGE_FULL = Notice("storage for visitors' articles is full: the limit is {megabytes:g} MB", "try again later")
MANY_ARTICLES = Notice("the limit is {limit} articles per visitor", "remove one first")
MANY_BYTES = Notice(
    "too large: it has {size:,} bytes and your other articles {own:,}, and the limit is {megabytes:g} MB in total",
    "remove an article, or add a part of this one",
)
MANY_TOKENS = Notice(
    "too long: it has {tokens:,} tokens and your other articles {own:,}, and the limit is {limit:,} in total",
    "remove an article, or add a part of this one",
)
TOKENS_FULL = Notice(
    "too long: it has {tokens:,} tokens and all visitors' articles {everyone:,}, and the limit is {limit:,} in total",
    "try again later",
)

# Language model
MODEL_FILE = Notice("a model in a file is chosen where the server is started", "set QA_LLM_MODEL to it")

# Test cases
CASES_OFF = Notice("saving test cases is off", "set QA_CASES_FILE to a file to save them in")
UNKNOWN_VERDICT = Notice("the verdict is unknown", "choose one of {verdicts}")
LONG_CASE = Notice("the {what} has {characters} characters: the limit is {limit}", "shorten it")
ANSWER_CHANGED = Notice("the answer to this question has changed", "ask it again first")
CASE_SAVED = Notice("saved in {file}", "run it with qa eval")

# Names in braces are filled in there.
_IN_THE_BROWSER = {
    "NO_SERVER": NO_SERVER.sentence(),
    "NOT_SAVED": NOT_SAVED.sentence(),
    "NO_SERVER_YET": NO_SERVER_YET.sentence(),
    "UPLOAD_FAILED": UPLOAD_FAILED.text(),
    "LARGE_FILE": LARGE_FILE.text(size="{size}", limit="{limit}"),
    "NOT_READ": NOT_READ.text(files="{files}"),
    "MANY_FILES": MANY_FILES.text(limit="{limit}"),
    "EMPTY_FOLDER": EMPTY_FOLDER.text(),
    "LONG_PASTE": LONG_PASTE.sentence(characters="{characters}", limit="{limit}"),
    "LONG_FIELD": LONG_FIELD.sentence(field="{field}", size="{size}", limit="{limit}"),
    "ARTICLES_LOST": ARTICLES_LOST.sentence(),
}


def for_scripts() -> str:
    """Return the script that defines `NOTICES`, the messages that the browser shows, by name."""
    return f"const NOTICES = {json.dumps(_IN_THE_BROWSER)};\n"
