"""What the tests of inputs share: a declaration as a version keeps it."""


def spec(**values):
    """A declaration as a version keeps it."""
    return {
        "key": "x",
        "name": "X",
        "kind": "number",
        "source": "path",
        "path": "",
        "start_path": "",
        "end_path": "",
        "measure": "",
        "group_paths": [],
        "value_path": "",
        "window_days": 0,
        "required": False,
        "sensitive": False,
        "tail": "two",
        **values,
    }
