"""SPDX: the document field by field."""

import json
import re

from tests.unit.image.layouts import CONTROL, COPYRIGHT
from x07bundle.contract.toolchain import Component
from x07bundle.image import installed, sbom
from x07bundle.image.installed import Package

SUBJECT = sbom.Subject(
    "x07-guest-runner", "0.1.0", "run amd64", "2023-11-14T22:13:20Z", "x07bundle-0.1.0",
    suite="bookworm",
)  # fmt: skip
FILES = {
    "var/lib/dpkg/status.d/libstdc++6": CONTROL,
    "usr/share/doc/libstdc++6/copyright": COPYRIGHT,
}
(FOUND,) = installed.packages(FILES, {})


def document() -> dict[str, object]:
    found: dict[str, object] = json.loads(
        sbom.document(SUBJECT, [FOUND], {"libstdc++6": "ab" * 32})
    )
    return found


def test_a_package() -> None:
    expected = Package(
        "libstdc++6", "1:12.2.0~rc1-14+b1", "amd64", "gcc-12 (12.2.0-14)",
        "A Team <team@lists.example.org>", 20 * 1024, ("GPL-3+",),
    )  # fmt: skip
    assert expected == FOUND
    packages = document()["packages"]
    assert isinstance(packages, list)
    assert packages[1] == {
        "SPDXID": "SPDXRef-package-libstdc-2b--2b-6-amd64",
        "name": "libstdc++6",
        "versionInfo": "1:12.2.0~rc1-14+b1",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "supplier": "Organization: Debian",
        "originator": "Person: A Team (team@lists.example.org)",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "licenseComments": "named in the package's copyright file: GPL-3+",
        "copyrightText": "NOASSERTION",
        "sourceInfo": "built from the source package gcc-12 (12.2.0-14)",
        "checksums": [{"algorithm": "SHA256", "checksumValue": "ab" * 32}],
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0~rc1-14%2Bb1"
                "?arch=amd64&distro=bookworm",
            }
        ],
    }


def test_the_document() -> None:
    found = document()
    assert set(found) == {
        "spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo",
        "packages", "relationships",
    }  # fmt: skip
    assert (found["spdxVersion"], found["dataLicense"]) == ("SPDX-2.3", "CC0-1.0")
    assert found["creationInfo"] == {
        "created": "2023-11-14T22:13:20Z",
        "creators": ["Tool: x07bundle-0.1.0"],
    }
    assert found["relationships"] == [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-image",
        },
        {
            "spdxElementId": "SPDXRef-image",
            "relationshipType": "CONTAINS",
            "relatedSpdxElement": "SPDXRef-package-libstdc-2b--2b-6-amd64",
        },
    ]


def test_ids_are_of_letters_digits_dots_and_dashes() -> None:
    names = ["g++", "g_", "a:b", "g-"]
    packages = [FOUND._replace(name=name) for name in names]
    found = json.loads(sbom.document(SUBJECT, packages, {}))
    ids = [row["SPDXID"] for row in found["packages"]]
    assert len(set(ids)) == len(names) + 1
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", each) for each in ids)


def test_namespaces_tell_documents_apart() -> None:
    spaces = {
        json.loads(sbom.document(subject, [], {}))["documentNamespace"]
        for subject in (SUBJECT, SUBJECT._replace(version="sha256:1"), SUBJECT._replace(key="x"))
    }
    assert len(spaces) == 3
    assert all(
        re.fullmatch(r"https://[a-z./]+/x07-guest-runner-[0-9a-f]{64}", one) for one in spaces
    )


def test_licenses_that_are_not_for_machines() -> None:
    text = b"see /usr/share/common-licenses/GPL-3. and\n`/usr/share/common-licenses/LGPL-2.1'."
    found = installed.packages({**FILES, "usr/share/doc/libstdc++6/copyright": text}, {})
    assert found[0].licenses == ("GPL-3", "LGPL-2.1")


def test_documents_of_another_package() -> None:
    files = {"var/lib/dpkg/status.d/x": CONTROL, "usr/share/doc/gcc-12-base/copyright": COPYRIGHT}
    links = {
        "usr/share/doc/libstdc++6": "gcc-12",
        "usr/share/doc/gcc-12": "gcc-12-base",
        "usr/share/doc/loop": "loop",
    }
    assert installed.packages(files, links)[0].licenses == ("GPL-3+",)


def test_the_status_file_of_dpkg() -> None:
    kept = b"Package: b\nStatus: deinstall ok config-files\n"
    text = b"Package: a\nStatus: install ok installed\nVersion: 1\n\n" + kept
    found = installed.packages({"var/lib/dpkg/status": text}, {})
    assert [(one.name, one.version) for one in found] == [("a", "1")]


def test_parts_of_the_toolchain() -> None:
    part = Component("python", "3.11.7", "pkg:generic/python@3.11.7", "PSF-2.0")
    data = json.loads(sbom.document(SUBJECT, [FOUND], {}, [part, part._replace(license="")]))
    expected = {
        "SPDXID": "SPDXRef-toolchain-python",
        "name": "python",
        "versionInfo": "3.11.7",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "PSF-2.0",
        "copyrightText": "NOASSERTION",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": "pkg:generic/python@3.11.7",
            }
        ],
    }
    assert data["packages"][2] == expected
    assert data["packages"][3] == {**expected, "licenseDeclared": "NOASSERTION"}
    assert data["relationships"][2]["relatedSpdxElement"] == "SPDXRef-toolchain-python"
