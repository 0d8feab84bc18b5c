"""What an image was made of, by whom, from which source: SLSA provenance v1 as its predicate.

It says what the lock says, package by package; a lock that is not the image's own is refused.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from x07bundle import __version__
from x07bundle.errors import RefusedError, UsageError
from x07bundle.image import sbom
from x07bundle.image.debian.lock import Locked
from x07bundle.image.installed import Package
from x07bundle.image.oci import ImageConfig
from x07bundle.registry import signed_json
from x07bundle.registry.signature_failure import SignatureError
from x07bundle.registry.signed_json import Document, wrong

PREDICATE_TYPE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:x07bundle:image-build:v1"
"""What the parameters mean: those of `x07 image build` with a recipe and a lock."""
LOCK_LABEL: Final = "io.x07.lock-digest"
FLAVOUR_LABEL: Final = "io.x07.flavour"
PARAMETERS: Final = {"architecture", "flavour", "lock", "recipe", "source"}


class Origin(NamedTuple):
    """`builder`: a URI. `source`: a URI of the repository; `commit`: its full digest in hex."""

    builder: str
    source: str
    commit: str


class Inputs(NamedTuple):
    """Digests are SHA-256 in hex. `distribution`, `suite`: of the packages."""

    recipe_sha256: str
    lock_sha256: str
    packages: tuple[Locked, ...]
    distribution: str
    suite: str


class Provenance(NamedTuple):
    """What a verified one says."""

    builder: str
    source: str
    commit: str
    recipe: str
    lock: str


def predicate(config: ImageConfig, inputs: Inputs, origin: Origin) -> dict[str, Any]:
    """Raises RefusedError: the image was made with another lock."""
    _check_lock(config, inputs)
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": _parameters(config, inputs, origin),
            "internalParameters": {"tool": f"x07bundle-{__version__}"},
            "resolvedDependencies": [_source(origin), *_packages(inputs)],
        },
        "runDetails": {"builder": {"id": origin.builder, "version": {"x07bundle": __version__}}},
    }


def _check_lock(config: ImageConfig, inputs: Inputs) -> None:
    said = config.labels.get(LOCK_LABEL, "")
    if said != f"sha256:{inputs.lock_sha256}":
        raise RefusedError(
            "the provenance would not be true: the image was made with another lock",
            f"its label says `{said or 'nothing'}`, the lock is `sha256:{inputs.lock_sha256}`",
            "name the recipe whose lock it was built with: `--recipe FILE`",
        )


def _parameters(config: ImageConfig, inputs: Inputs, origin: Origin) -> dict[str, Any]:
    return {
        "architecture": config.platform.architecture,
        "flavour": config.labels.get(FLAVOUR_LABEL, ""),
        "recipe": {"sha256": inputs.recipe_sha256},
        "lock": {"sha256": inputs.lock_sha256},
        "source": _source(origin),
    }


def _source(origin: Origin) -> dict[str, Any]:
    return {"uri": origin.source, "digest": {"gitCommit": origin.commit}}


def _packages(inputs: Inputs) -> Iterator[dict[str, Any]]:
    subject = sbom.Subject("", "", "", "", "", inputs.distribution, inputs.suite)
    for one in inputs.packages:
        named = Package(one.name, one.version, one.architecture, "", "", 0, ())
        yield {
            "name": one.name,
            "uri": sbom.purl(named, subject),
            "digest": {"sha256": one.sha256},
        }


def check(found: Document, what: str) -> Provenance:
    """Raises SignatureFormatError: it is not what builds of images say."""
    what = f"the provenance of {what}"
    definition = signed_json.members(found.get("buildDefinition"), what, "/buildDefinition")
    if definition.get("buildType") != BUILD_TYPE:
        raise wrong(what, "/buildDefinition/buildType", f"expected `{BUILD_TYPE}`")
    pointer = "/buildDefinition/externalParameters"
    parameters = signed_json.members(definition.get("externalParameters"), what, pointer)
    signed_json.exactly(parameters, what, pointer, PARAMETERS)
    source = signed_json.members(parameters["source"], what, f"{pointer}/source")
    commit = signed_json.members(source.get("digest"), what, f"{pointer}/source/digest")
    details = signed_json.members(found.get("runDetails"), what, "/runDetails")
    builder = signed_json.members(details.get("builder"), what, "/runDetails/builder")
    return Provenance(
        builder=signed_json.text(builder, "id", what, "/runDetails/builder"),
        source=signed_json.text(source, "uri", what, f"{pointer}/source"),
        commit=signed_json.text(commit, "gitCommit", what, f"{pointer}/source/digest"),
        recipe=_sha256(parameters, "recipe", what, pointer),
        lock=_sha256(parameters, "lock", what, pointer),
    )


def _sha256(parameters: Document, name: str, what: str, pointer: str) -> str:
    value = signed_json.members(parameters[name], what, f"{pointer}/{name}")
    return signed_json.text(value, "sha256", what, f"{pointer}/{name}")


def check_origin(origin: Origin) -> None:
    """Raises UsageError: it names nothing that could be found again."""
    for option, uri in (("--builder", origin.builder), ("--source", origin.source)):
        scheme, colon, rest = uri.partition(":")
        if not (colon and rest and scheme.isascii() and scheme[:1].isalpha()) or " " in uri:
            raise UsageError(
                f"`{option}`: `{uri}` is no URI", hint="as `https://HOST/team/project`"
            )
    digits = origin.commit
    if len(digits) not in (40, 64) or set(digits) - set("0123456789abcdef"):
        raise UsageError(
            f"`--commit`: `{digits}` is no commit", hint="all its digits: `git rev-parse HEAD`"
        )


def refuse_builder(wanted: str, found: tuple[Provenance, ...], digest: str) -> None:
    """Raises SignatureError: no provenance, or none that names the builder."""
    if any(one.builder == wanted for one in found):
        return
    said = ", ".join(f"`{one.builder}`" for one in found)
    raise SignatureError(
        f"no provenance says that `{digest}` was built by `{wanted}`",
        f"there is one by {said}" if said else "there is none by this key",
        "`x07 image sign --builder` attaches one",
    )
