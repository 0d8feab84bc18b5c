"""What a policy is at the VM boundary, and every refusal of one."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from x07bundle.contract.policy import Db, DbNet, Drivers, Fs, Host, Limits, Net, Policy, Sqlite
from x07bundle.contract.policy_reading import read
from x07bundle.errors import RefusedError
from x07bundle.policy.templates import base_policy
from x07bundle.vm import roots
from x07bundle.vm.backend import Caps
from x07bundle.vm.backends import apple_container, firecracker_ctr, oci_cli
from x07bundle.vm.confine import Confined, confine
from x07bundle.vm.job import Mount

CAPS: Final = oci_cli.CAPS
STREAMED: Final = firecracker_ctr.CAPS
FOLDERS: Final = apple_container.CAPS


@pytest.fixture
def base() -> Policy:
    return read(base_policy("cli"), "policy.json").policy


def with_roots(base: Policy, read: tuple[str, ...] = (), write: tuple[str, ...] = ()) -> Policy:
    return base._replace(fs=Fs(True, read, write, True))


def refused(policy: Policy, cwd: Path, caps: Caps = CAPS, *, state: str | None = None) -> str:
    with pytest.raises(RefusedError) as caught:
        confine(policy, caps, str(cwd), False, state=state)
    assert caught.value.exit_code == 125
    return caught.value.render()


def confined(policy: Policy, cwd: Path, caps: Caps = CAPS) -> Confined:
    return confine(policy, caps, str(cwd), False)


# -- where roots are


def test_roots_are_where_the_program_looks(base: Policy, tmp_path: Path) -> None:
    data, project = tmp_path / "data", tmp_path / "project"
    data.mkdir()
    project.mkdir()
    policy = with_roots(base, (".", "./out", str(data)), ("out", f"{data}/made/deep"))
    found = confined(policy, project)
    assert found.mounts == (
        Mount(str(data), str(data)),
        Mount(f"{data}/made/deep", f"{data}/made/deep", writable=True),
        Mount(str(project), "/x07/work"),
        Mount(str(project / "out"), "/x07/work/out", writable=True),
    )
    assert (project / "out").is_dir()
    assert (data / "made/deep").is_dir()
    assert (found.network, found.told) == (False, ())


def test_links_are_resolved(base: Policy, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    found = confined(with_roots(base, ("link",)), tmp_path)
    assert found.mounts == (Mount(str(tmp_path / "real"), "/x07/work/link"),)


def test_a_file_is_a_root(base: Policy, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    assert confined(with_roots(base, ("f",)), tmp_path).mounts == (
        Mount(str(tmp_path / "f"), "/x07/work/f"),
    )
    assert confined(with_roots(base, ("f",)), tmp_path, STREAMED).mounts
    text = refused(with_roots(base, ("f",)), tmp_path, FOLDERS)
    assert "fs.read_roots[0]: it is a file, and this backend shares folders alone" in text


def test_without_files_there_are_no_roots(base: Policy, tmp_path: Path) -> None:
    policy = base._replace(fs=Fs(False, (".", "/nowhere"), ("out",), True))
    assert confined(policy, tmp_path).mounts == ()
    assert not (tmp_path / "out").exists()


def test_the_folders_of_the_tool_are_hidden(base: Policy, tmp_path: Path) -> None:
    project = tmp_path / "home/project"
    (project / ".x07").mkdir(parents=True)
    (tmp_path / "home/.x07").mkdir()
    inside = confined(with_roots(base, (".", str(tmp_path / "home"))), project)
    assert [mount.masked for mount in inside.mounts] == [
        (".x07", "project/.x07"),
        (".x07",),
    ]


# -- roots that are refused, by their field


def make_socket(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    here = Path.cwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("socket")
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    ("root", "words"),
    [
        ("missing", "root does not exist: `{}/missing`"),
        ("/", "it would be all of the guest's root"),
        ("//", "it would be all of the guest's root"),
        ("/proc", "it is in /proc"),
        ("/proc/self", "it is in /proc"),
        ("/sys/fs", "it is in /sys"),
        ("/dev", "it is in /dev"),
        ("/dev/shm", "it is in /dev"),
        ("to_proc", "it is in /proc"),
        ("to_root", "it would be all of the guest's root"),
        ("/x07", "/x07 is where the guest has its own files"),
        ("/x07/in", "/x07 is where the guest has its own files"),
        ("//x07/out/deep", "/x07 is where the guest has its own files"),
        ("..", "without `..`"),
        ("../other", "without `..`"),
        ("/data/../etc", "without `..`"),
        (".x07", "`.x07` holds policies"),
        (".x07/policies", "`.x07` holds policies"),
        ("a,b", "a disallowed byte, `,`"),
        ('a"b', "a disallowed byte, a double quote"),
        ("a\nb", "a disallowed byte, a line break"),
        ("a\rb", "a disallowed byte, a line break"),
        ("a\udcff", "its path is not UTF-8"),
        ("pipe", "it is a device, a pipe or a socket"),
        ("socket", "it is a device, a pipe or a socket"),
        ("linked", "its `.x07` is no folder"),
        ("filed", "its `.x07` is no folder"),
    ],
)
@pytest.mark.parametrize("field", ["fs.read_roots", "fs.write_roots"])
def test_refused_roots(base: Policy, tmp_path: Path, field: str, root: str, words: str) -> None:
    for name in ("a,b", 'a"b', "a\nb", "a\rb", ".x07/policies", "linked", "filed"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "to_proc").symlink_to("/proc")
    (tmp_path / "to_root").symlink_to("/")
    (tmp_path / "linked/.x07").symlink_to("/etc")
    (tmp_path / "filed/.x07").write_text("")
    make_socket(tmp_path)
    if (field, root) == ("fs.write_roots", "missing"):
        return
    places = {field.removeprefix("fs.").removesuffix("_roots"): ("good", root)}
    (tmp_path / "good").mkdir()
    text = refused(with_roots(base, **places), tmp_path)
    assert f"{field}[1]: " in text
    assert words.format(tmp_path) in text


def test_all_problems_are_said_at_once_and_nothing_is_made(base: Policy, tmp_path: Path) -> None:
    policy = with_roots(base, ("gone", "/proc"), ("made", "/sys"))
    text = refused(policy, tmp_path)
    for field in ("fs.read_roots[0]", "fs.read_roots[1]", "fs.write_roots[1]"):
        assert f"{field}: " in text
    assert "fs.write_roots[0]" not in text
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("root", "state", "words"),
    [
        ("home", "home/jobs", "the folder of VM jobs is in it"),
        ("home/jobs/one", "home/jobs", "it is in the folder of VM jobs"),
        ("home/jobs", "home/jobs", "it is in the folder of VM jobs"),
        ("to_home", "home/jobs", "the folder of VM jobs is in it"),
    ],
)
def test_no_guest_sees_the_jobs(
    base: Policy, tmp_path: Path, root: str, state: str, words: str
) -> None:
    (tmp_path / "home/jobs/one").mkdir(parents=True)
    (tmp_path / "to_home").symlink_to("home")
    policy = with_roots(base, (root,))
    assert words in refused(policy, tmp_path, state=str(tmp_path / state))


def test_jobs_in_a_hidden_folder_are_hidden(base: Policy, tmp_path: Path) -> None:
    jobs = tmp_path / "home/.x07/vm/jobs"
    jobs.mkdir(parents=True)
    policy = with_roots(base, ("home",))
    found = confine(policy, CAPS, str(tmp_path), False, state=str(jobs))
    assert found.mounts[0].masked == (".x07",)


@pytest.mark.parametrize("target", ["/etc", "../secret", "missing/deep"])
@pytest.mark.parametrize("is_writable", [True, False])
def test_no_link_that_a_program_left_is_followed(
    base: Policy, tmp_path: Path, target: str, is_writable: bool
) -> None:
    for name in ("out", "secret", "out/real"):
        (tmp_path / name).mkdir()
    (tmp_path / "out/sub").symlink_to(target)
    inner = ("out/sub",)
    policy = with_roots(base, () if is_writable else inner, ("out", *inner * is_writable))
    text = refused(policy, tmp_path)
    assert "a link leads to it from `out`, where programs may write" in text
    assert confined(with_roots(base, ("out/real",), ("out",)), tmp_path).mounts


def test_a_file_system_below_a_read_root(base: Policy, tmp_path: Path) -> None:
    """It would stay writable."""
    here = str(tmp_path)
    (tmp_path / "data/disk").mkdir(parents=True)

    def problems(read: tuple[str, ...], write: tuple[str, ...], caps: Caps = CAPS) -> list[str]:
        place = roots.Place(here, None, caps, ("/", "/tmp", f"{here}/data/disk"))
        return list(roots.find(with_roots(base, read, write), place).problems.values())

    said = f"a file system is mounted in it, at `{here}/data/disk`: make that a root of its own"
    assert problems(("data",), ()) == [said]
    assert problems((".",), ()) == [said]
    assert problems(("data/disk",), ()) == []
    assert problems(("data", "data/disk"), ()) == []
    assert problems(("data",), ("data/disk",)) == []
    assert problems((), ("data",)) == []
    assert problems(("data",), (), STREAMED) == []


def test_where_file_systems_are_mounted() -> None:
    table = (
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        r"30 22 0:26 / /mnt/a\040b\134c rw - tmpfs tmpfs rw" + "\nshort\n"
    )
    assert roots.mounted(table) == ("/", "/mnt/a b\\c")


def test_a_write_root_that_cannot_be_made(base: Policy, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    text = refused(with_roots(base, (), ("file/below",)), tmp_path)
    assert f"fs.write_roots[0]: `{tmp_path}/file/below`: not a directory" in text


def test_a_write_root_where_nobody_may_write(
    base: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").mkdir()
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path / "kept")
    text = refused(with_roots(base, (), ("made", "kept/a/b")), tmp_path)
    assert f"fs.write_roots[1]: `{tmp_path}/kept/a/b` is not there, and you may not make it" in text
    assert not (tmp_path / "made").exists()


# -- hosts


HOSTS: Final = (Host("example.org", (443,)),)


def net(base: Policy) -> Policy:
    return base._replace(net=Net(True, True, True, False, HOSTS))


def servers(base: Policy) -> Policy:
    db = Db(True, Drivers(False, True, False), net=DbNet(("db.example",), ("10.0.0.0/8",)))
    return base._replace(db=db)


@pytest.mark.parametrize(
    ("ask", "fields"),
    [(net, ["net.allow_hosts"]), (servers, ["db.net.allow_dns", "db.net.allow_cidrs"])],
)
@pytest.mark.parametrize("caps", [CAPS, STREAMED, FOLDERS])
def test_hosts_are_refused_or_accepted(
    base: Policy, tmp_path: Path, caps: Caps, ask: Callable[[Policy], Policy], fields: list[str]
) -> None:
    policy = ask(with_roots(base))
    text = refused(policy, tmp_path, caps)
    for field in fields:
        assert f"{field}: this backend does not enforce the allowlist at the VM boundary" in text
    assert "hint: if any host may be reached, set X07_I_ACCEPT_WEAKER_ISOLATION=1" in text
    found = confine(policy, caps, str(tmp_path), True, backend="docker")
    assert found.network
    assert found.told == (
        f"{', '.join(fields)}: not enforced by docker, as accepted: the guest reaches any host",
    )


def test_hosts_that_the_backend_filters(base: Policy, tmp_path: Path) -> None:
    found = confine(
        net(with_roots(base)), CAPS._replace(allow_hosts=True), str(tmp_path), accepted=False
    )
    assert (found.network, found.told) == (True, ())


@pytest.mark.parametrize(
    "policy",
    [
        Net(False, True, True, False, HOSTS),
        Net(True, True, True, True, ()),
    ],
)
def test_no_network_without_a_host(base: Policy, tmp_path: Path, policy: Net) -> None:
    for accepted in (True, False):
        found = confine(with_roots(base)._replace(net=policy), CAPS, str(tmp_path), accepted)
        assert (found.network, found.told) == (False, ())


def test_databases_that_reach_no_guest(base: Policy, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    sqlite = Sqlite(("data/a.sqlite", "other/b.sqlite", "/abs/c.sqlite"))
    db = Db(True, Drivers(True, False, False), sqlite=sqlite)
    policy = with_roots(base, (), ("data",))._replace(db=db)
    text = refused(policy, tmp_path)
    assert "db.sqlite.allow_paths[0]" not in text
    assert "db.sqlite.allow_paths[1]: `other/b.sqlite` is below no root" in text
    assert "db.sqlite.allow_paths[2]: `/abs/c.sqlite` is below no root" in text
    assert confined(policy._replace(db=db._replace(enabled=False)), tmp_path).mounts


# -- limits


def test_limits(base: Policy, tmp_path: Path) -> None:
    policy = with_roots(base)._replace(limits=Limits(1, 1, 300 << 20, 16, 0))
    found = confined(policy, tmp_path).limits
    assert (found.mem_bytes, found.pids, found.open_files) == (300 << 20, 8, 48)
    small = policy._replace(limits=Limits(1, 1, 1 << 20, 0, 3))
    assert confined(small, tmp_path, FOLDERS).limits.mem_bytes == 200 << 20
    assert confined(small, tmp_path).limits.mem_bytes == 6 << 20


def test_processes_without_a_limit_are_told(base: Policy, tmp_path: Path) -> None:
    """Of containers: in a VM they are the guest's."""
    containerd = STREAMED._replace(isolation="container")
    policy = with_roots(base)
    assert confined(policy, tmp_path, STREAMED).told == ()
    found = confine(policy, containerd, str(tmp_path), True, backend="firecracker-ctr")
    assert found.told == (
        f"limits.procs: {policy.limits.procs} is not enforced by firecracker-ctr",
    )
