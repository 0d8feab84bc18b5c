"""Which backend is chosen, and what it takes."""

import pytest

from x07bundle.contract.consent import accepts, choose, instead, told
from x07bundle.errors import UsageError

BACKEND = "X07_SANDBOX_BACKEND"
ACCEPT = "X07_I_ACCEPT_WEAKER_ISOLATION"


@pytest.mark.parametrize("option", [None, "vm", "auto", " VM ", ""])
@pytest.mark.parametrize("is_accepted", [False, True])
def test_a_vm_is_the_default_and_consent_does_not_replace_it(
    option: str | None, is_accepted: bool
) -> None:
    assert choose(option, is_accepted, {}) == "vm"


def test_the_ways_out_are_named() -> None:
    ways = instead(accepted=False)
    assert "--sandbox-backend os --i-accept-weaker-isolation" in ways
    assert f"{BACKEND}=os and {ACCEPT}=1" in ways
    assert "--profile os" in ways


def test_consent_that_was_given_is_not_asked_for() -> None:
    ways = instead(accepted=True)
    assert "`--sandbox-backend os`" in ways
    assert f"{BACKEND}=os in the environment" in ways
    assert "accept" not in ways.lower()


def test_consent_of_an_option_is_told_as_that_of_the_environment() -> None:
    assert accepts(False, told({}, accepted=True))
    assert told({ACCEPT: "0"}, accepted=False) == {ACCEPT: "0"}


@pytest.mark.parametrize(
    ("option", "backend"), [("os", "os"), ("native", "os"), ("none", "none"), (" OS\n", "os")]
)
@pytest.mark.parametrize("is_flag", [False, True])
def test_weaker_ones_are_accepted_by_flag_or_variable(
    option: str, backend: str, is_flag: bool
) -> None:
    environment = {} if is_flag else {ACCEPT: "1"}
    assert choose(option, is_flag, environment) == backend
    assert choose(None, is_flag, {**environment, BACKEND: option}) == backend


@pytest.mark.parametrize("option", ["os", "native", "none"])
@pytest.mark.parametrize("accept", [None, "", "0", "false", "FALSE", "no", "NO", " 0 "])
def test_weaker_ones_without_consent_are_refused(option: str, accept: str | None) -> None:
    environment = {} if accept is None else {ACCEPT: accept}
    with pytest.raises(UsageError, match="which nobody accepted") as caught:
        choose(option, False, environment)
    assert "--i-accept-weaker-isolation" in caught.value.render()


@pytest.mark.parametrize("accept", ["1", "true", "TRUE", "yes", "YES", " 1 "])
def test_words_of_consent(accept: str) -> None:
    assert choose("os", False, {ACCEPT: accept}) == "os"


@pytest.mark.parametrize("accept", ["2", "on", "True", "y", "ja"])
def test_other_words_are_an_error_and_no_consent(accept: str) -> None:
    with pytest.raises(UsageError, match=ACCEPT):
        choose("os", False, {ACCEPT: accept})


def test_the_option_wins_over_the_variable() -> None:
    assert choose("none", True, {BACKEND: "vm"}) == "none"
    assert choose("vm", True, {BACKEND: "os"}) == "vm"


def test_consent_is_a_flag_or_a_variable() -> None:
    assert accepts(True, {})
    assert accepts(False, {ACCEPT: "yes"})
    assert not accepts(False, {})


def test_unknown_backends() -> None:
    with pytest.raises(UsageError, match="`--sandbox-backend`: no sandbox backend `docker`"):
        choose("docker", True, {})
    with pytest.raises(UsageError, match=f"`{BACKEND}`: no sandbox backend `gvisor`"):
        choose(None, True, {BACKEND: "gvisor"})
