"""What can go wrong for a reason that the user can mend.

Every message names the file or value at fault, the limit it broke where there is one, and what to do. Front ends print
the message alone; a traceback means a bug of ours.
"""


class QAError(Exception):
    """Base of every error that a user can mend."""


class LoadError(QAError):
    """A document could not be read: missing, empty, encrypted, scanned, too large, badly encoded, of unknown type."""


class FetchError(QAError):
    """A web address could not be fetched: malformed, not public, failing, too large, too slow, of unknown type."""


class ModelError(QAError):
    """A model or tokenizer could not be found, loaded or verified."""


class IndexFolderError(QAError):
    """An index folder is missing, damaged, or does not fit the model or settings in use."""


class IndexServerError(QAError):
    """An index in Milvus cannot be reached, is too slow, is no index of ours, or does not fit the model or settings."""


class QuestionSetError(QAError):
    """A question set has a malformed line, or a question that the documents cannot serve."""


class ShardError(QAError):
    """Shards cannot be written or read back, or their documents end whoever works on them."""


class ClusterError(QAError):
    """A Ray cluster cannot be had: Ray is not installed, or the cluster does not start or answer."""


class LanguageModelError(QAError):
    """A language model gave no reply, or not a whole one: unreachable, refused, too busy, too slow, malformed."""


class RateLimitError(QAError):
    """A visitor, or all of them together, asked for more than the limits allow.

    Attributes
    ----------
    seconds : int
        After so many it is worth trying again.
    """

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(f"{message}; try again in {seconds} s")
        self.seconds = seconds
