"""Where somebody's name and address are found outside Postgres: in Redis, in files, in logs.

Tables lie compressed in their files, where no byte tells of a word: they are read by value too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import redis

# Postgres may know a name, and a letter is written to an address.
KEPT_BY_RIGHT = ("postgres", "mail")
READ_AT_ONCE = 1 << 20
STORED = "select concat_ws('.', database_name, schema_name, table_name) from duckdb_tables()"

Reader = Callable[["redis.Redis", bytes], object]

READERS: Mapping[bytes, Reader] = {
    b"string": lambda client, key: client.get(key),
    b"hash": lambda client, key: client.hgetall(key),
    b"list": lambda client, key: client.lrange(key, 0, -1),
    b"set": lambda client, key: client.smembers(key),
    b"zset": lambda client, key: client.zrange(key, 0, -1),
    b"stream": lambda client, key: client.xrange(key),
}


def in_redis(redis_url: str, words: Sequence[str]) -> list[str]:
    """The keys that hold one of the words, whatever their type, or are named by one."""
    with redis.Redis.from_url(redis_url) as client:
        return [
            key.decode(errors="replace")
            for key in client.scan_iter()
            if _mentions(key, words) or _mentions(repr(_value(client, key)).encode(), words)
        ]


def in_files(
    folder: Path, words: Sequence[str], beside: Sequence[str] = KEPT_BY_RIGHT
) -> list[str]:
    """The files under `folder`, logs among them, whose bytes or tables hold one of the words.

    Nobody may write a warehouse or a snapshot there meanwhile.
    """
    return [
        str(path.relative_to(folder))
        for path in _files(folder, beside)
        if any(_mentions(part, words) for part in _parts(path, max(map(len, words))))
        or (path.suffix in (".duckdb", ".parquet") and _is_in_tables(path, words))
    ]


def _files(folder: Path, beside: Sequence[str]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).parts[0] not in beside and path.is_file():
            yield path


def _parts(path: Path, overlap: int) -> Iterator[bytes]:
    """A file piece by piece, each with the end of the one before."""
    end = b""
    try:
        with path.open("rb") as file:
            while piece := file.read(READ_AT_ONCE):
                yield end + piece
                end = piece[-overlap:]
    except FileNotFoundError:
        return  # a file of somebody at work: written anew, or gone


def _is_in_tables(path: Path, words: Sequence[str]) -> bool:
    holds = " or ".join(f"contains(t::varchar, ${number + 1})" for number in range(len(words)))
    with duckdb.connect() as connection:
        if path.suffix == ".parquet":
            tables = [f"read_parquet('{path}')"]
        else:
            connection.execute(f"attach '{path}' as found (read_only)")
            tables = [name for (name,) in connection.execute(STORED).fetchall()]
        return any(
            connection.execute(
                f"select 1 from {table} as t where {holds} limit 1", words
            ).fetchall()
            for table in tables
        )


def _value(client: "redis.Redis", key: bytes) -> object:
    kind = client.type(key)
    read = READERS.get(kind.encode() if isinstance(kind, str) else kind)
    return read(client, key) if read else None  # it ran out meanwhile


def _mentions(text: bytes, words: Sequence[str]) -> bool:
    return any(word.encode() in text for word in words)
