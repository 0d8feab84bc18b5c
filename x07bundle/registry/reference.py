"""Names of images in registries: `HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]`.

The grammar is that of the distribution specification for the repository and the tag, and docker's
for the host. A name without a host is refused: which registry it means differs between tools.
"""

import re
from typing import Final, NamedTuple

from x07bundle.errors import UsageError
from x07bundle.image import names
from x07bundle.image.oci_reading import DIGEST

USUAL_TAG: Final = "latest"
MOST_CHARACTERS: Final = 255
"""Of a host and a repository together: registries refuse longer ones."""

REPOSITORY: Final = re.compile(rf"{names.PART}(?:/{names.PART})*")
TAG: Final = re.compile(names.TAG)
LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST: Final = re.compile(rf"(?:{LABEL}(?:\.{LABEL})*|\[[0-9a-f:.]{{2,45}}\])(?::([0-9]{{1,5}}))?")
MOST_PORT: Final = 65535

NAMES_DIGEST: Final = re.compile(r"sha\d+:")
FORM: Final = "HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]"
EXAMPLE: Final = "as in `HOST:5000/team/x07-guest-runner:1.0`"


class Reference(NamedTuple):
    """`host` with its port, lower case. `tag` and `digest` are "" where there is none."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + self._at_digest

    @property
    def name(self) -> str:
        return f"{self.host}/{self.repository}"

    @property
    def wanted(self) -> str:
        """What a manifest is asked for by: the digest, which says more, or the tag."""
        return self.digest or self.tag

    @property
    def _at_digest(self) -> str:
        return f"@{self.digest}" if self.digest else ""


def parse(text: str) -> Reference:
    """Without tag and digest, the tag is `latest`.

    Raises:
        UsageError: it is no reference.
    """
    rest, at, digest = text.partition("@")
    if "@" in digest or "/" in digest or (at and "/" not in rest):
        problem = "a user or a password is no part of it"
        raise _error(text, problem, f"log in with `docker login`, and leave it out: {FORM}")
    if at and not DIGEST.fullmatch(digest):
        raise _error(text, "the digest is not `sha256:` and 64 lower-case hex digits")
    host, slash, path = rest.partition("/")
    if not slash or not _is_host(host):
        raise _error(text, "it names no registry", f"begin with its host, {EXAMPLE}")
    repository, colon, tag = path.partition(":")
    if colon and not TAG.fullmatch(tag):
        raise _error(text, "the tag is 1 to 128 letters, digits, `_`, `.` or `-`")
    if not REPOSITORY.fullmatch(repository):
        words = "lower-case letters and digits, with `.`, `_`, `-` inside and `/` between"
        raise _error(text, f"the repository is {words}")
    if not checked_host(host):
        raise _error(text, f"its host is no name or address, or its port not 1 to {MOST_PORT}")
    reference = Reference(checked_host(host), repository, tag, digest)
    if len(reference.name) > MOST_CHARACTERS:
        raise _error(text, f"host and repository have more than {MOST_CHARACTERS} characters")
    return reference if tag or digest else reference._replace(tag=USUAL_TAG)


def repository_name(text: str) -> str:
    """A repository alone, as `--mount-from` takes it. Raises UsageError."""
    if not REPOSITORY.fullmatch(text):
        raise UsageError(
            f"`{shown(text)}` is no repository",
            hint="name one of the same registry, without host and tag, as `team/base`",
        )
    return text


def _is_host(text: str) -> bool:
    """As docker tells a host from the first part of a repository."""
    return "." in text or ":" in text or text.lower() == "localhost"


def checked_host(text: str) -> str:
    """`HOST[:PORT]` in lower case; "" where it is none."""
    found = HOST.fullmatch(text.lower())
    if found is None or (found[1] is not None and not 0 < int(found[1]) <= MOST_PORT):
        return ""
    return text.lower()


def shown(text: str) -> str:
    """For people: short, and without what is before an `@`, which may be a password."""
    rest, at, tail = text.rpartition("@")
    is_digest = "/" in rest and "@" not in rest and NAMES_DIGEST.match(tail)
    visible = f"…@{tail}" if at and not is_digest else text
    return visible if len(visible) <= MOST_CHARACTERS else visible[:MOST_CHARACTERS] + "…"


def _error(text: str, problem: str, hint: str | None = None) -> UsageError:
    return UsageError(
        f"`{shown(text)}` is no image of a registry: {problem}", hint=hint or f"{FORM}, {EXAMPLE}"
    )
