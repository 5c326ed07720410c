"""Where things are: the checkout, and the cache that the set-up has filled (see environment.sh)."""

import hashlib
import os
from pathlib import Path

DEV = Path(__file__).resolve().parent.parent
REPO = DEV.parent
CACHE = Path(os.environ.get("AI_DEPLOYMENT_CACHE", "/nonexistent"))
FILESTORES = CACHE / "data" / "filestore"
ADDON = "ai_deployment"
SHARED_DATA = REPO.parent / "shared" / "data"  # real files that are not part of the repository; may be missing

# Not part of what is installed: a change there leaves an installed database as it is.
_NOT_INSTALLED = {"dev", "docs", "tests", "node_modules", "__pycache__"}


def installed_files():
    for folder, folders, names in os.walk(REPO):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in _NOT_INSTALLED and here / name != REPO / "static" / "tests"
        )
        for name in sorted(names):
            if not name.startswith(".") and not name.endswith((".md", ".pyc")):
                yield here / name


def hash_of(*parts, files=()):
    """Twelve digits that change with any of the texts or files."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part}\0".encode())
    for file in files:
        digest.update(f"{file.relative_to(REPO)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
