"""What is in an image as an SPDX 2.3 document (JSON)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from x07bundle.contract.toolchain import Component
from x07bundle.files import json_pretty_sorted, sha256_bytes
from x07bundle.image.installed import Package

PLACE: Final = "usr/share/x07/sbom.spdx.json"
"""In the image itself."""
UNSAID: Final = "NOASSERTION"
ID: Final = re.compile(r"[^A-Za-z0-9.-]")
MAINTAINER: Final = re.compile(r"[^<>()\n]+<[^<>\s]+@[^<>\s]+>")
NAMESPACE: Final = "https://spdx.org/spdxdocs"
"""Of documents that stand nowhere on the web; it names them, nothing is there."""


class Subject(NamedTuple):
    """What the document is about. `version`: the image's digest once it has one, until then the
    tool's. `key`: what the name of the document is made of; the same contents, the same key.
    """

    name: str
    version: str
    key: str
    created: str
    tool: str
    distribution: str = "debian"
    suite: str = ""


def document(
    subject: Subject,
    packages: Sequence[Package],
    digests: Mapping[str, str],
    components: Sequence[Component] = (),
) -> bytes:
    """`digests`: SHA-256 (hex) of each package's archive by the package's name, where known.
    `components`: of the toolchain, which no package brings.
    """
    image = _image(subject)
    rows = [_package(package, digests.get(package.name, ""), subject) for package in packages]
    rows += [_component(component) for component in components]
    return json_pretty_sorted(
        {
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": subject.name,
            "documentNamespace": f"{NAMESPACE}/{quote(subject.name)}-{_key(subject)}",
            "creationInfo": {"created": subject.created, "creators": [f"Tool: {subject.tool}"]},
            "packages": [image, *rows],
            "relationships": _relationships(image, rows),
        }
    )


def _key(subject: Subject) -> str:
    return sha256_bytes(f"{subject.name}\n{subject.version}\n{subject.key}".encode())


def _image(subject: Subject) -> dict[str, Any]:
    return {
        "SPDXID": "SPDXRef-image",
        "name": subject.name,
        "versionInfo": subject.version,
        "downloadLocation": UNSAID,
        "filesAnalyzed": False,
        "primaryPackagePurpose": "CONTAINER",
    }


def _package(package: Package, sha256: str, subject: Subject) -> dict[str, Any]:
    row = {
        "SPDXID": f"SPDXRef-package-{_id(package.name)}-{_id(package.architecture)}",
        "name": package.name,
        "versionInfo": package.version,
        "downloadLocation": UNSAID,
        "filesAnalyzed": False,
        "supplier": f"Organization: {subject.distribution.capitalize()}",
        "licenseConcluded": UNSAID,
        "licenseDeclared": UNSAID,
        "copyrightText": UNSAID,
        "sourceInfo": f"built from the source package {package.source}",
        "externalRefs": [_reference(purl(package, subject))],
    }
    if sha256:
        row["checksums"] = [{"algorithm": "SHA256", "checksumValue": sha256}]
    if MAINTAINER.fullmatch(package.maintainer):
        row["originator"] = "Person: " + re.sub(r"\s*<(.*)>", r" (\1)", package.maintainer)
    if package.licenses:
        names = ", ".join(package.licenses)
        row["licenseComments"] = f"named in the package's copyright file: {names}"
    return row


def _component(component: Component) -> dict[str, Any]:
    return {
        "SPDXID": f"SPDXRef-toolchain-{_id(component.name)}",
        "name": component.name,
        "versionInfo": component.version,
        "downloadLocation": UNSAID,
        "filesAnalyzed": False,
        "licenseConcluded": UNSAID,
        "licenseDeclared": component.license or UNSAID,
        "copyrightText": UNSAID,
        "externalRefs": [_reference(component.purl)],
    }


def _reference(locator: str) -> dict[str, str]:
    return {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": locator,
    }


def purl(package: Package, subject: Subject) -> str:
    """A package URL; qualifiers in alphabetical order."""
    kept = f"{quote(package.name, safe='')}@{quote(package.version, safe=':~')}"
    distro = f"&distro={quote(subject.suite, safe='')}" if subject.suite else ""
    return f"pkg:deb/{quote(subject.distribution)}/{kept}?arch={package.architecture}{distro}"


def _relationships(image: dict[str, Any], rows: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    described = _relation("SPDXRef-DOCUMENT", "DESCRIBES", image["SPDXID"])
    return [described, *(_relation(image["SPDXID"], "CONTAINS", row["SPDXID"]) for row in rows)]


def _relation(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def _id(text: str) -> str:
    """Letters, digits, `.` and `-`; what else there is as its code, so that no two are equal."""
    return ID.sub(lambda match: f"-{ord(match.group()):x}-", text)
