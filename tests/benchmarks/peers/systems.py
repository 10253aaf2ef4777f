"""One system, one task, one process: ``systems.py SYSTEM TASK WORK MODEL FOLDER`` prints its figures as JSON.

Each system is used as its documentation shows for a local library, with sentence-transformers and MiniLM from a folder,
and an index on disk. It runs in the environment that its libraries are in, so nothing else is imported here.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Protocol

Texts = list[tuple[str, str]]
"""Ids and texts. The id of a piece that was cut beforehand is that of its document, a # and its number."""
FOUND = 5


class System(Protocol):
    """What is measured of a system. All work is done in these four; construction loads the embedding model."""

    def warm(self) -> None:
        """Embed a word, so that nothing is left to load."""

    def index(self, documents: Texts, folder: Path) -> None:
        """Cut documents in the system's own way, embed and save them."""

    def index_pieces(self, pieces: Texts, folder: Path) -> None:
        """Embed and save pieces as they are."""

    def open(self, folder: Path) -> None:
        """Open the saved index."""

    def search(self, question: str) -> Texts:
        """Return the documents' ids and the texts of the five best pieces, best first."""


class Ours:
    """This project."""

    def __init__(self, _model: str) -> None:
        from qa.pipeline import QA

        self._bot = QA()

    def warm(self) -> None:
        self._bot.embedder.embed(["warm"])

    def index(self, documents: Texts, folder: Path) -> None:
        from qa.types import Document

        self._bot.add([Document(name, text, name, name) for name, text in documents])
        self._bot.save(folder)

    def index_pieces(self, pieces: Texts, folder: Path) -> None:
        raise NotImplementedError("the pieces are those of this system")

    def open(self, folder: Path) -> None:
        from qa.pipeline import QA

        self._bot = QA.from_index(folder)

    def search(self, question: str) -> Texts:
        return [(passage.document_id, passage.text) for passage in self._bot.search(question, FOUND)]


class LangChain:
    """LangChain with its FAISS store; its recursive splitter as it is."""

    def __init__(self, model: str) -> None:
        from langchain_huggingface import HuggingFaceEmbeddings

        self._embeddings = HuggingFaceEmbeddings(model_name=model)
        self._store: Any = None

    def warm(self) -> None:
        self._embeddings.embed_query("warm")

    def index(self, documents: Texts, folder: Path) -> None:
        from langchain_core.documents import Document
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        whole = [Document(page_content=text, metadata={"source": name}) for name, text in documents]
        self._save(RecursiveCharacterTextSplitter().split_documents(whole), folder)

    def index_pieces(self, pieces: Texts, folder: Path) -> None:
        from langchain_core.documents import Document

        self._save([Document(page_content=text, metadata={"source": name}) for name, text in pieces], folder)

    def _save(self, pieces: list[Any], folder: Path) -> None:
        from langchain_community.vectorstores import FAISS

        FAISS.from_documents(pieces, self._embeddings).save_local(str(folder))

    def open(self, folder: Path) -> None:
        from langchain_community.vectorstores import FAISS

        self._store = FAISS.load_local(str(folder), self._embeddings, allow_dangerous_deserialization=True)

    def search(self, question: str) -> Texts:
        return [(one.metadata["source"], one.page_content) for one in self._store.similarity_search(question, FOUND)]


class LlamaIndex:
    """LlamaIndex with its own store of vectors; its sentence splitter as it is."""

    def __init__(self, model: str) -> None:
        from llama_index.core import Settings
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        Settings.embed_model = self._model = HuggingFaceEmbedding(model_name=model)
        self._retriever: Any = None

    def warm(self) -> None:
        self._model.get_text_embedding("warm")

    def index(self, documents: Texts, folder: Path) -> None:
        from llama_index.core import Document, VectorStoreIndex

        # What is put into the metadata would be embedded with the text.
        whole = [Document(text=text, id_=name) for name, text in documents]
        VectorStoreIndex.from_documents(whole).storage_context.persist(str(folder))

    def index_pieces(self, pieces: Texts, folder: Path) -> None:
        from llama_index.core import VectorStoreIndex
        from llama_index.core.schema import TextNode

        nodes = [TextNode(text=text, id_=name) for name, text in pieces]
        VectorStoreIndex(nodes).storage_context.persist(str(folder))

    def open(self, folder: Path) -> None:
        from llama_index.core import StorageContext, load_index_from_storage

        index = load_index_from_storage(StorageContext.from_defaults(persist_dir=str(folder)))
        self._retriever = index.as_retriever(similarity_top_k=FOUND)

    def search(self, question: str) -> Texts:
        found = [one.node for one in self._retriever.retrieve(question)]
        return [(node.ref_doc_id or node.node_id, node.text) for node in found]


class Haystack:
    """Haystack with its store in memory, saved to disk; its splitter as it is."""

    def __init__(self, model: str) -> None:
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )

        self._documents = SentenceTransformersDocumentEmbedder(model=model, progress_bar=False)
        self._questions = SentenceTransformersTextEmbedder(model=model, progress_bar=False)
        self._retriever: Any = None

    def warm(self) -> None:
        from haystack import Document

        self._documents.warm_up()
        self._documents.run(documents=[Document(content="warm")])

    def index(self, documents: Texts, folder: Path) -> None:
        from haystack.components.preprocessors import DocumentSplitter

        splitter = DocumentSplitter()
        splitter.warm_up()
        self._save(splitter.run(documents=self._made(documents))["documents"], folder)

    def index_pieces(self, pieces: Texts, folder: Path) -> None:
        self._save(self._made(pieces), folder)

    def _made(self, texts: Texts) -> list[Any]:
        from haystack import Document

        return [Document(content=text, meta={"source": name}) for name, text in texts]

    def _save(self, pieces: list[Any], folder: Path) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack.document_stores.types import DuplicatePolicy

        store = InMemoryDocumentStore()
        store.write_documents(self._documents.run(documents=pieces)["documents"], DuplicatePolicy.SKIP)
        folder.mkdir()
        store.save_to_disk(str(folder / "store.json"))

    def open(self, folder: Path) -> None:
        from haystack.components.retrievers import InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
        self._retriever = InMemoryEmbeddingRetriever(store, top_k=FOUND)
        self._questions.warm_up()

    def search(self, question: str) -> Texts:
        vector = self._questions.run(text=question)["embedding"]
        found = self._retriever.run(query_embedding=vector)["documents"]
        return [(one.meta["source"], one.content) for one in found]


class Txtai:
    """txtai. It cuts nothing by itself: paragraphs, as its own examples have it."""

    def __init__(self, model: str) -> None:
        from txtai import Embeddings

        self._embeddings = Embeddings(path=model, content=True)

    def warm(self) -> None:
        self._embeddings.transform("warm")

    def index(self, documents: Texts, folder: Path) -> None:
        pieces = [
            (f"{name}#{number}", paragraph)
            for name, text in documents
            for number, paragraph in enumerate(text.split("\n\n"))
            if paragraph.strip()
        ]
        self.index_pieces(pieces, folder)

    def index_pieces(self, pieces: Texts, folder: Path) -> None:
        self._embeddings.index(pieces)
        self._embeddings.save(str(folder))

    def open(self, folder: Path) -> None:
        self._embeddings.load(str(folder))

    def search(self, question: str) -> Texts:
        return [(one["id"], one["text"]) for one in self._embeddings.search(question, FOUND)]


SYSTEMS: dict[str, Callable[[str], System]] = {
    "Cited QA": Ours,
    "LangChain": LangChain,
    "LlamaIndex": LlamaIndex,
    "Haystack": Haystack,
    "txtai": Txtai,
}


def main() -> None:
    """Do the task, and print its time and memory."""
    name, task, work, model, folder = sys.argv[1:]
    given = json.loads(Path(work).read_text(encoding="utf-8"))
    system = SYSTEMS[name](model)
    figures: dict[str, Any] = {}
    if task == "index":
        system.warm()
        started, used = perf_counter(), process_time()
        if given["pieces"] is None:
            system.index([tuple(one) for one in given["documents"]], Path(folder))
        else:
            system.index_pieces([tuple(one) for one in given["pieces"]], Path(folder))
        figures["seconds"], figures["processor"] = perf_counter() - started, process_time() - used
    else:
        system.open(Path(folder))
        system.search(given["questions"][0])
        if task == "search":
            figures["milliseconds"], figures["found"] = [], []
            used = process_time()
            for question in given["questions"]:
                started = perf_counter()
                found = system.search(question)
                figures["milliseconds"].append(1000 * (perf_counter() - started))
                figures["found"].append(found)
            figures["processor"] = process_time() - used
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
