"""What an image is and what is in it: `x07.image.inspect@0.1.0`."""

from typing import Any, Final, NamedTuple

from x07bundle.contract.toolchain import Component
from x07bundle.errors import shown
from x07bundle.image import installed, trees
from x07bundle.image.images import Found, Image
from x07bundle.image.installed import Package
from x07bundle.image.layout import Layout
from x07bundle.image.sizes import mib
from x07bundle.image.steps import Steps

SCHEMA: Final = "x07.image.inspect@0.1.0"
HISTORY_PREFIX: Final = "x07bundle layer "


class LayerFacts(NamedTuple):
    """`name`: what the config's history says of it, in short. Sizes and counts: of files that are
    still there in the image.
    """

    name: str
    digest: str
    diff_id: str
    media_type: str
    stored_bytes: int
    unpacked_bytes: int
    file_count: int


class Facts(NamedTuple):
    """`components`: of the toolchain, which no package brings. `referrers`: artifacts about this
    image that are in the layout.
    """

    image: Image
    layers: tuple[LayerFacts, ...]
    packages: tuple[Package, ...]
    components: tuple[Component, ...]
    referrers: tuple[Found, ...]

    @property
    def stored_bytes(self) -> int:
        return sum(layer.stored_bytes for layer in self.layers)

    @property
    def unpacked_bytes(self) -> int:
        return sum(layer.unpacked_bytes for layer in self.layers)


def inspect(layout: Layout, image: Image, artifacts: tuple[Found, ...], steps: Steps) -> Facts:
    """Reads the image whole, so that what is said is true of its bytes.

    Raises:
        X07Error: it is damaged or hostile.
    """
    tree = trees.read(layout, image, steps)
    about = (each for each in artifacts if each.manifest.subject is not None)
    return Facts(
        image,
        tuple(_layer(image, tree, number) for number in range(len(image.manifest.layers))),
        trees.packages(tree),
        installed.components(tree.kept),
        tuple(each for each in about if _subject(each) == image.descriptor.digest),
    )


def document(facts: Facts) -> dict[str, Any]:
    image = facts.image
    return {
        "schema_version": SCHEMA,
        "names": list(image.names),
        "manifest": image.descriptor.digest,
        "config": image.manifest.config.digest,
        "platform": image.platform,
        "created": image.config.created or None,
        "labels": dict(sorted(image.config.labels.items())),
        "annotations": dict(sorted(image.manifest.annotations.items())),
        "env": list(image.config.env),
        "working_dir": image.config.working_dir or None,
        "layers": [layer._asdict() for layer in facts.layers],
        "stored_bytes": facts.stored_bytes,
        "unpacked_bytes": facts.unpacked_bytes,
        "packages": [{**one._asdict(), "licenses": list(one.licenses)} for one in facts.packages],
        "components": [one._asdict() for one in facts.components],
        "referrers": [_referrer(each) for each in facts.referrers],
    }


def text(facts: Facts) -> str:
    """For people."""
    parts = (_head, _layer_lines, _package_lines, _component_lines)
    return "".join(f"{shown(line, '')}\n" for part in parts for line in part(facts))


def _head(facts: Facts) -> list[str]:
    image = facts.image
    sizes = f"{mib(facts.unpacked_bytes)} unpacked, {mib(facts.stored_bytes)} stored"
    said = {
        "name": ", ".join(image.names) or "none",
        "manifest": image.descriptor.digest,
        "config": image.manifest.config.digest,
        "platform": image.platform,
        "created": image.config.created or "not said",
        "size": sizes,
        **dict(sorted(image.config.labels.items())),
    }
    for each in facts.referrers:
        said[f"referrer {_kind(each)}"] = each.descriptor.digest
    width = max(map(len, said))
    return [f"{key:<{width}}  {value}" for key, value in said.items()]


def _layer_lines(facts: Facts) -> list[str]:
    lines = ["", f"{len(facts.layers)} layers"]
    for layer in facts.layers:
        size = f"{mib(layer.unpacked_bytes):>10}  {layer.file_count:>6} files"
        lines.append(f"  {layer.name:<14}{size}  {layer.digest}")
    return lines


def _package_lines(facts: Facts) -> list[str]:
    lines = ["", f"{len(facts.packages)} packages"]
    names = max((len(one.name) for one in facts.packages), default=0)
    versions = max((len(one.version) for one in facts.packages), default=0)
    for one in facts.packages:
        licenses = ", ".join(one.licenses) or "not said"
        size = f"{mib(one.installed_bytes):>10}"
        lines.append(f"  {one.name:<{names}}  {one.version:<{versions}}  {size}  {licenses}")
    return lines


def _component_lines(facts: Facts) -> list[str]:
    if not facts.components:
        return []
    lines = ["", f"{len(facts.components)} parts of the toolchain"]
    names = max(len(one.name) for one in facts.components)
    versions = max(len(one.version) for one in facts.components)
    for one in facts.components:
        license = one.license or "not said"
        lines.append(f"  {one.name:<{names}}  {one.version:<{versions}}  {license}")
    return lines


def _layer(image: Image, tree: trees.Tree, number: int) -> LayerFacts:
    descriptor = image.manifest.layers[number]
    files = [file for file in tree.files.values() if file.layer == number]
    history = image.config.history
    return LayerFacts(
        name=history[number].removeprefix(HISTORY_PREFIX) if number < len(history) else "",
        digest=descriptor.digest,
        diff_id=image.config.diff_ids[number],
        media_type=descriptor.media_type,
        stored_bytes=descriptor.size_bytes,
        unpacked_bytes=sum(file.size_bytes for file in files if not file.is_another_name),
        file_count=len(files),
    )


def _referrer(found: Found) -> dict[str, Any]:
    return {"artifact_type": _kind(found), "digest": found.descriptor.digest}


def _kind(found: Found) -> str:
    """An artifact's type; where it has none, that of its config says what it is (image-spec)."""
    return found.manifest.artifact_type or found.manifest.config.media_type


def _subject(found: Found) -> str:
    return found.manifest.subject.digest if found.manifest.subject is not None else ""
