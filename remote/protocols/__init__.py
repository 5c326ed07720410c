"""Protocols of model servers, one module each behind `base.Protocol`; `remote.asking` knows them by name."""
