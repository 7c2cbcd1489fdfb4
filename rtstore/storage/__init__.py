"""Bytes on disk: files, lock, packs and their index, the object store, operation files, the disposable cache."""
