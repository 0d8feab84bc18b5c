"""One request to one URL, over the session of oras-py.

What is used of oras-py, and what cannot be: docs/decisions, "What is used of oras-py".
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import requests
from oras.container import Container
from oras.provider import Registry
from requests import exceptions as errors
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from x07bundle import __version__
from x07bundle.registry.failure import InterruptedTransferError, RegistryError, harmless
from x07bundle.registry.proxies import proxy_for
from x07bundle.registry.reference import Reference
from x07bundle.registry.settings import Settings

SEND_BYTES: Final = 1 << 18
RECEIVE_BYTES: Final = 1 << 18
ERROR_NUMBER: Final = re.compile(r"\[Errno -?\d+\] ")
NETWORK: Final = "look at the network, and try again"

Answer = requests.Response


class Body(Protocol):
    """What is sent: its length is known, and it is read once."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def read(self, count: int = -1, /) -> bytes: ...


class _Adapter(HTTPAdapter):
    """oras-py gives no time limit, and takes proxies from the environment of the process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(*arguments, **named, blocksize=SEND_BYTES)

    def send(self, request: requests.PreparedRequest, *_: Any, **named: Any) -> Answer:  # noqa: ANN401
        """Times out; goes through the proxy of its own URL."""
        url = request.url or ""
        proxy = proxy_for(url, self.settings.proxies)
        named["timeout"] = self.settings.patience.silence_s
        named["proxies"] = {url.partition(":")[0]: proxy} if proxy else {}
        return super().send(request, **named)


class Transport:
    """Sends requests. Follows no redirect, answers no challenge, tries nothing again."""

    def __init__(self, settings: Settings) -> None:
        client = Registry(insecure=settings.scheme == "http")
        self.settings = settings
        self.verify = settings.ca_file or True
        self.session: requests.Session = client.session
        # Else a `.netrc` would put its own password in the place of ours, for any host.
        self.session.trust_env = False
        self.session.headers.clear()
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, _Adapter(settings))

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: Body | bytes | None
    ) -> Answer:
        """The answer, its body unread: to be closed.

        Raises:
            InterruptedTransferError: it did not come, and may come when tried again.
            RegistryError: it will not.
        """
        own = {"User-Agent": f"x07bundle/{__version__}", "Accept-Encoding": "identity"}
        with reaching(url):
            return self.session.request(
                method,
                url,
                data=body,
                headers={**own, **headers},
                stream=True,
                allow_redirects=False,
                verify=self.verify,
            )


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """What the HTTP library raises, in the words of this tool.

    Raises:
        InterruptedTransferError: it may work when tried again.
        RegistryError: it will not.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    try:
        yield
    except errors.SSLError as error:
        raise _untrusted(host, error) from error
    except errors.ProxyError as error:
        hint = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or `--proxy`"
        brief = f"cannot reach `{host}` through the proxy"
        raise InterruptedTransferError(brief, _reason(error), hint) from error
    except errors.Timeout as error:
        raise InterruptedTransferError(f"`{host}` does not answer in time", hint=NETWORK) from error
    except errors.RequestException as error:
        raise _unreachable(host, error) from error
    except (HTTPError, OSError) as error:
        raise InterruptedTransferError(f"`{host}` broke off", _reason(error), NETWORK) from error


def _untrusted(host: str, error: Exception) -> RegistryError:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return RegistryError(
            f"the certificate of `{host}` is not trusted",
            _reason(error),
            "name the certificates of those who run it: `--ca-file FILE` or X07_CA_FILE",
        )
    if "WRONG_VERSION_NUMBER" in text or "HTTP_REQUEST" in text:
        return RegistryError(
            f"`{host}` does not speak TLS", hint="a registry of this machine: `--plain-http`"
        )
    return InterruptedTransferError(f"TLS with `{host}` broke off", _reason(error), NETWORK)


def _unreachable(host: str, error: errors.RequestException) -> RegistryError:
    if "NameResolutionError" in repr(error) and "Temporary" not in str(error):
        return RegistryError(
            f"there is no host `{host}`", hint="check its spelling, and the network"
        )
    if isinstance(error, errors.ConnectionError | errors.ChunkedEncodingError):
        return InterruptedTransferError(
            f"`{host}` cannot be reached, or broke off", _reason(error), NETWORK
        )
    return RegistryError(f"cannot ask `{host}`", _reason(error), NETWORK)


def _reason(error: BaseException) -> str:
    """The innermost cause: the library wraps it several times."""
    inner: object = error
    while isinstance(inner, BaseException):
        found = getattr(inner, "reason", None) or next(iter(inner.args[-1:]), None)
        if not isinstance(found, BaseException):
            break
        inner = found
    words = getattr(inner, "strerror", None) or str(inner)
    return harmless(ERROR_NUMBER.sub("", words.rpartition(": ")[2].rstrip(")'\"")).lower())


def chunks(answer: Answer) -> Iterator[bytes]:
    """The bytes of a body as they come.

    Raises:
        InterruptedTransferError: it ended early.
        RegistryError: they are compressed, which nobody asked for.
    """
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RegistryError("the registry sent compressed bytes, which nobody asked for")
    # Not `iter_content`: that fills its buffer first, and loses it when the connection is cut.
    while True:
        with reaching(answer.url):
            chunk: bytes = answer.raw.read1(RECEIVE_BYTES, decode_content=False)
        if not chunk:
            return
        yield chunk


def whole(answer: Answer, most_bytes: int) -> bytes:
    """A body that is small, or at most one byte more than it may be; the answer is closed."""
    body = bytearray()
    with answer:
        for chunk in chunks(answer):
            body += chunk
            if len(body) > most_bytes:
                break
    return bytes(body[: most_bytes + 1])


def urls(reference: Reference) -> Container:
    """oras-py's maker of URLs, of a name that it need not take apart: what it takes for a host
    differs from docker, for one thing in `localhost/a/b`."""
    container = Container("name", registry=reference.host)
    container.registry = reference.host
    container.namespace, _, container.repository = reference.repository.rpartition("/")
    container.tag, container.digest = reference.tag or None, reference.digest or None
    return container
