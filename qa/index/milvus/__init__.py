"""An index on a Milvus server, or in a milvus-lite file, under the interface of `qa.index.memory.PassageIndex`.

::

    address.py      where it lies: milvus://HOST:PORT/COLLECTION, or a file that ends in .db
    store.py        collections of rows, every call under one time limit
    lite.py         the client of such a file
    content.py      what a document leaves there besides its vectors
    index.py        the index
    keyword.py      keyword search over what lies there

Nothing here imports pymilvus before a server or file is opened.
"""
