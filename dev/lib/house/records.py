"""Rules of record files: one model, once per package, and no override of our own methods."""

from collections import defaultdict
from collections.abc import Iterator

from .source import TOP, Breach, Extension, House


def one_file_per_model(house: House) -> Iterator[Breach]:
    """A sub-package of models/ extends a model once, in the file named after it, which holds no other model."""
    first: dict[tuple[str, str], Extension] = {}
    owners: dict[str, str] = {}
    for extension in _enforced(house):
        here = extension.file, extension.node.lineno
        earlier = first.setdefault((extension.package, extension.model), extension)
        if earlier is not extension:
            other = earlier.file.relative_to(house.root)
            text = f"{extension.package} extends {extension.model} already in {other}: one class per model and package"
            yield Breach(*here, text)
        name = extension.model.replace(".", "_")
        if extension.file.stem != name:
            yield Breach(*here, f"{extension.model} belongs to a file named after it: {name}.py")
        elif owners.setdefault(str(extension.file), extension.model) != extension.model:
            yield Breach(*here, "a record file defines or extends one model")


def no_own_overrides(house: House) -> Iterator[Breach]:
    """No method of one model is defined in two files: `super()` means another addon, order is written in a list."""
    for (model, name), found in doubled(house, _enforced(house)).items():
        for extension in found[1:]:
            line = next(method.lineno for method in extension.methods if method.name == name)
            other = found[0].file.relative_to(house.root)
            text = f"{name} of {model} is defined in {other} too: no method is overridden within the addon"
            yield Breach(extension.file, line, text)


def doubled(house: House, extensions: list[Extension]) -> dict[tuple[str, str], list[Extension]]:
    """Return {(model, method): the classes that define it} for methods that more than one class defines."""
    by_method = defaultdict(list)
    for extension in extensions:
        for name in {method.name for method in extension.methods}:
            by_method[extension.model, name].append(extension)
    return {key: found for key, found in sorted(by_method.items(), key=lambda item: item[0]) if len(found) > 1}


def _enforced(house: House) -> list[Extension]:
    packages = {*house.rebuilt} | ({TOP} if set(house.packages) <= set(house.rebuilt) else set())
    return [extension for extension in house.extensions if extension.package in packages]
