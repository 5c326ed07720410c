"""Files of scikit-learn pipelines in skops format: looked through before anything is built.

Such a file is a zip archive: ``schema.json`` says which objects there are and what
is in them, and every array is a file of its own. Nothing in it is a program, but it
names classes, and what the library would build is more than what is wanted here. So
the file has to pass three gates, the first two of our own:

1. the archive: its kind, its size packed and unpacked, the names in it;
2. the schema (``imported_schema``): every object is of a listed class and stored as usual,
   every array plain and as long as it says, every number of a tree in range;
3. skops' own audit, which then has nothing left to object to.

skops is optional; it and scikit-learn are imported inside the functions.
"""

import io
import json
import re
import zipfile
from typing import Any

from .errors import ArtifactRejected
from .imported_schema import Schema, shown

MAX_FILE = 20_000_000  # bytes
MAX_UNPACKED = 50_000_000  # bytes that a file unpacks to
MAX_ENTRIES = 10_000  # files in an archive
MAX_SCHEMA = 10_000_000  # bytes of a schema

_NOT_PLAIN_FOR_SKOPS = {  # what skops leaves to its user to judge
    "sklearn.tree._tree.Tree",
    "numpy.dtype",
    "sklearn.utils._bunch.Bunch",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
}
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x5d\x00\x00", b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd", b"ZF")
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


def load_pipeline(content: bytes) -> Any:
    """The pipeline in the bytes of a file, or ArtifactRejected with the cause.

    >>> try:
    ...     load_pipeline(b"\\x80\\x04K\\x01.")
    ... except ArtifactRejected as error:
    ...     print(error)
    The artifact is rejected: a pickle is a program, not data, and is never opened; save the pipeline with skops
    """
    refuse_by_kind(content)
    try:
        import skops.io as skops
    except ImportError as error:
        raise ArtifactRejected(
            "the Python package skops is needed for pipelines and is not installed; install skops"
        ) from error
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_archive(archive)
            schema = _read_schema(archive)
            Schema(archive).check(schema)
        left = set(skops.get_untrusted_types(data=content))
        if left - _NOT_PLAIN_FOR_SKOPS:
            raise ArtifactRejected(f"skops does not trust {shown(min(left - _NOT_PLAIN_FOR_SKOPS))}")
        return skops.loads(content, trusted=sorted(left))
    except ArtifactRejected:
        raise
    except Exception as error:
        raise ArtifactRejected(f"the file is damaged ({type(error).__name__})") from error


def refuse_by_kind(content: bytes) -> None:
    """ArtifactRejected for what is no skops file at all, by its name; nothing is opened."""
    if not isinstance(content, bytes) or not content:
        raise ArtifactRejected("the file is empty")
    if len(content) > MAX_FILE:
        raise ArtifactRejected(f"the file is larger than {MAX_FILE // 1_000_000} MB")
    if content[:4] == b"PK\x03\x04":
        return
    if content.startswith(_COMPRESSED) or content.startswith(_ZLIB):
        raise ArtifactRejected(
            "a joblib file is a program, not data, and is never opened, nor is any other compressed file; "
            "save the pipeline with skops"
        )
    if content[:1] == b"\x80" or content.rstrip()[-1:] == b".":
        what = "joblib file" if b"joblib" in content[:4096] else "pickle"
        raise ArtifactRejected(f"a {what} is a program, not data, and is never opened; save the pipeline with skops")
    raise ArtifactRejected("this is not a file in skops format")


def _check_archive(archive: Any) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if "schema.json" not in names:
        raise ArtifactRejected("this archive is not a file in skops format: it has no schema")
    if len(entries) > MAX_ENTRIES or len(set(names)) != len(names):
        raise ArtifactRejected("the archive has too many entries, or two of one name")
    for entry in entries:
        if entry.filename != "schema.json" and not re.fullmatch(r"[0-9]{1,20}\.npy", entry.filename):
            raise ArtifactRejected(f"the archive has an entry that does not belong: {shown(entry.filename)}")
        if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ArtifactRejected("the archive is encrypted, or packed in an unusual way")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise ArtifactRejected(f"the file unpacks to more than {MAX_UNPACKED // 1_000_000} MB")
    if archive.getinfo("schema.json").file_size > MAX_SCHEMA:
        raise ArtifactRejected("the schema is too large")


def _read_schema(archive: Any) -> dict[str, Any]:
    try:
        schema = json.loads(archive.read("schema.json"))
    except (ValueError, RecursionError) as error:
        raise ArtifactRejected("the schema cannot be read: the file is damaged") from error
    if not isinstance(schema, dict):
        raise ArtifactRejected("the schema is not an object")
    top = {key: value for key, value in schema.items() if key not in ("protocol", "_skops_version")}
    if isinstance(schema.get("protocol"), bool) or not isinstance(schema.get("protocol"), int):
        raise ArtifactRejected("the schema has no protocol number")
    return top
