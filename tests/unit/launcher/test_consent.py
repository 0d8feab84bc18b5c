"""Which image a bundle runs: the pinned one, or another by its digest, with consent."""

import json
from typing import Final

import pytest

from tests.unit.contract.manifests import MANIFEST, manifest
from x07bundle.contract import vm_manifest
from x07bundle.contract.consent import ACCEPT
from x07bundle.errors import RefusedError
from x07bundle.launcher import consent
from x07bundle.launcher.consent import DIGEST, IMAGE, Wanted
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import table
from x07bundle.vm.job import Digest

OTHER: Final = "sha256:" + "d" * 64
PINNED: Final = MANIFEST["guest_image"]
BOTH: Final = [Digest(kind, MANIFEST["guest_digests"][kind]) for kind in ("config", "manifest")]


def wanted(backend: Backend, env: dict[str, str], *, accepted: bool) -> Wanted:
    made = vm_manifest.read(json.dumps(manifest()).encode(), "manifest.json")
    return consent.wanted_image(made, backend, env, accepted)


@pytest.mark.parametrize("name", sorted(table.DRIVEN))
@pytest.mark.parametrize(
    "env", [{DIGEST: OTHER}, {DIGEST: OTHER, IMAGE: PINNED}, {DIGEST: OTHER, IMAGE: "other:1"}]
)
def test_another_image_takes_consent(name: str, env: dict[str, str]) -> None:
    """Also where the backend is a VM, and takes none."""
    backend = table.from_env(name, {})
    with pytest.raises(RefusedError, match="needs consent") as refused:
        wanted(backend, env, accepted=False)
    said = refused.value.render()
    assert f"named: {env.get(IMAGE, PINNED)}, {OTHER}" in said
    assert said.rstrip().endswith(f"unset {IMAGE} and {DIGEST}; or accept it: {ACCEPT}=1")
    found = wanted(backend, env, accepted=True)
    assert found == Wanted(env.get(IMAGE, PINNED), (OTHER,), is_pinned=False)


@pytest.mark.parametrize("accepted", [False, True])
def test_a_name_takes_its_digest_whatever_is_accepted(accepted: bool) -> None:
    with pytest.raises(RefusedError, match="without its digest"):
        wanted(table.from_env("docker", {}), {IMAGE: "other:1"}, accepted=accepted)


@pytest.mark.parametrize("env", [{}, {IMAGE: PINNED}, *({DIGEST: pin.value} for pin in BOTH)])
def test_the_pinned_image_takes_none(env: dict[str, str]) -> None:
    """By whichever of its digests it is named."""
    docker = table.from_env("docker", {})
    found = wanted(docker, env, accepted=False)
    assert (found.reference, found.is_pinned) == (PINNED, True)
    assert {*found.pins} == {*BOTH}
    firecracker = wanted(table.from_env("firecracker-ctr", {}), env, accepted=False)
    assert firecracker == Wanted(PINNED, (BOTH[1],), is_pinned=True)
