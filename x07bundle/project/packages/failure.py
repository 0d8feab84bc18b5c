"""Failures of packages: each has a code of the report (contract/project.md §6)."""

from x07bundle.errors import X07Error


class PackageError(X07Error):
    """`code` is one of X07PKG_…; `x07 pkg` puts it and `brief` into its report, and exits with 20.

    Other commands that use packages exit with 2, as for any project that cannot be used.
    """

    def __init__(
        self, code: str, brief: str, details: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(harmless(brief), harmless(details or "") or None, hint)
        self.code = code


def harmless(text: str) -> str:
    """A text of others, whose control characters cannot reach a terminal."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        each if each == "\n" or each.isprintable() else ascii(each)[1:-1] for each in text
    )
