"""Pulumi.yaml and Pulumi.<stack>.yaml mean what they mean to the Pulumi CLI."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_gitlab_kubernetes.testing.host.config import ConfigValue
from pulumi_gitlab_kubernetes.testing.host.crypto import Passphrase
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.project import Project, StackSettings

NewProject = Callable[..., Project]

# What a program is given for each way to write a value, seen on the Pulumi CLI 3.260.0.
FORMS = {
    "hello": "hello",
    "5": "5",
    "-3": "-3",
    "+3": "3",
    "1.5": "1.5",
    "1.0": "1",
    "1e3": "1000",
    "1e21": "1e+21",
    "1.5e-7": "1.5e-7",
    "0.00001": "0.00001",
    "0777": "511",
    "0o17": "15",
    "0x1F": "31",
    "12_000": "12000",
    "12:30:00": "12:30:00",
    "18446744073709551615": "18446744073709551615",
    "184467440737095516150": "184467440737095500000",
    "yes": "yes",
    "true": "true",
    "True": "true",
    '"0123"': "0123",
    "2020-01-01": "2020-01-01 00:00:00 +0000 UTC",
    "2020-01-01T10:11:12.5Z": "2020-01-01 10:11:12.5 +0000 UTC",
    "2020-01-01T10:11:12+02:00": "2020-01-01 10:11:12 +0200 +0200",
    "2020-01-01 10:11:12": "2020-01-01 10:11:12 +0000 UTC",
    "2020-01-01 10:11:12 +02:00": "2020-01-01 10:11:12 +02:00",
    "2020-01-01T10:11:12": "2020-01-01T10:11:12",
    "2020-13-01": "2020-13-01",
    "08": "8",
    "-0777": "-511",
    "0777.5": "777.5",
    "+0x1F": "31",
    "0b101": "5",
    "1_000.5": "1000.5",
    ".5": "0.5",
    "-0.0": "0",
    "-1.5e-9": "-1.5e-9",
    "1e20": "100000000000000000000",
    "1e-6": "0.000001",
    "-9223372036854775809": "-9223372036854776000",
    "off": "off",
    "tRue": "tRue",
    "=": "=",
    "!!str 5": "5",
    "|-\n    x\n    y": "x\ny",
    "": "",
    "~": "",
    '""': "",
    "[1, 1.0, x, null, 2020-01-01, 1.5e-7, 1e3]": (
        '[1,1,"x",null,"2020-01-01 00:00:00 +0000 UTC",1.5e-7,1000]'
    ),
    '{b: 1, a: "<&>é", secure2: x}': '{"a":"\\u003c\\u0026\\u003eé","b":1,"secure2":"x"}',
    "{x: {}, y: []}": '{"x":{},"y":[]}',
    "{2: x, true: y, 1.50: z}": '{"1.5":"z","2":"x","true":"y"}',
    "{~: x}": '{"\\u003cnil\\u003e":"x"}',
    "[~, '', .5]": '[null,"",0.5]',
}


@pytest.fixture
def new_project(tmp_path: Path) -> NewProject:
    """Writes a project and its stack dev, and finds it."""

    def new(text: str = "", stack: str = "", name: str = "Pulumi.yaml") -> Project:
        (tmp_path / name).write_text(f"name: shop\n{text or 'runtime: python'}\n", encoding="utf-8")
        if stack:
            (tmp_path / "Pulumi.dev.yaml").write_text(stack, encoding="utf-8")
        return Project.find(tmp_path)

    return new


@pytest.fixture(scope="module")
def passphrase() -> Passphrase:
    """A new stack's secrets."""
    return Passphrase.create("test")


def _virtual_environment(folder: Path) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return python


def _one_line(error: "pytest.ExceptionInfo[HostError]") -> bool:
    return "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.yml"])
def test_a_project_is_found_upwards(new_project: NewProject, name: str, tmp_path: Path) -> None:
    """The nearest project file upwards of a directory is the project, with either ending."""
    project = new_project("runtime: python\nbackend: {url: file://x}", name=name)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert Project.find(below) == project
    assert (project.name, project.root, project.program) == ("shop", tmp_path, tmp_path)
    assert (project.entry_point, project.backend_url) == (".", "file://x")
    (below / "Pulumi.yaml").write_text("name: nearer\nruntime: python\n")
    assert Project.find(below).name == "nearer"


def test_without_a_project_there_is_an_error(tmp_path: Path) -> None:
    """Where no project is found, the error names where the search began."""
    with pytest.raises(HostError, match=f"upwards from {tmp_path}") as raised:
        Project.find(tmp_path)
    assert _one_line(raised)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("runtime: nodejs", "not nodejs"),
        ("description: x", "not None"),
        ("runtime: {name: python, options: {toolchain: uv}}", "not uv"),
        ("runtime: {name: python, options: {toolchain: poetry}}", "not poetry"),
        ("runtime: {name: python, options: {virtualenv: 5}}", "must be a string"),
        ("runtime: {name: python, options: [venv]}", "not a mapping"),
        ("runtime: python\nmain: nowhere", "nowhere doesn't exist"),
        ("runtime: python\nname: other", r'Pulumi\.yaml:3: found duplicate key "name"$'),
        ("runtime: [", r"Pulumi\.yaml:\d+: "),
        ("runtime: python\nbackend: s3", "'backend' is not a mapping"),
        ("runtime: python\nconfig: [x]", "'config' is not a mapping"),
    ],
)
def test_what_the_host_cannot_run_is_an_error(
    new_project: NewProject, text: str, reason: str
) -> None:
    """An unsupported project is rejected in one line."""
    with pytest.raises(HostError, match=reason) as raised:
        new_project(text)
    assert _one_line(raised)


def test_a_project_without_a_name_is_an_error(tmp_path: Path) -> None:
    """An empty name is none."""
    (tmp_path / "Pulumi.yaml").write_text("name: ''\nruntime: python\n")
    with pytest.raises(HostError, match="missing a non-empty string 'name'"):
        Project.find(tmp_path)


def test_main_names_a_directory_or_a_file(new_project: NewProject, tmp_path: Path) -> None:
    """The program runs in the directory main names, or in that of the file it names."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "app.py").touch()
    for main, entry_point in (("./source/", "."), (source, "."), ("source/app.py", "app.py")):
        project = new_project(f"runtime: python\nmain: {main}")
        assert (project.program, project.entry_point) == (source, entry_point)
        assert project.root == tmp_path


def test_virtualenv_counts_from_two_places(new_project: NewProject, tmp_path: Path) -> None:
    """With main, Pulumi looks for the dynamic providers' environment beside the program."""
    (tmp_path / "source").mkdir()
    options = "runtime: {name: python, options: {virtualenv: venv}}"
    python = _virtual_environment(tmp_path / "venv")
    plain = new_project(options)
    assert plain.python() == plain.dynamic_python() == python
    project = new_project(f"{options}\nmain: source")
    assert project.python() == python
    with pytest.raises(HostError, match=f"virtualenv.*{tmp_path}/source/venv doesn't") as raised:
        project.dynamic_python()
    assert _one_line(raised)
    beside = _virtual_environment(tmp_path / "source" / "venv")
    assert project.dynamic_python() == beside
    absolute = new_project(f"{options.replace('venv}', f'{tmp_path}/venv}}')}\nmain: source")
    assert absolute.python() == absolute.dynamic_python() == python


def test_a_directory_that_is_no_virtual_environment(
    new_project: NewProject, tmp_path: Path
) -> None:
    """A directory without an interpreter and a missing one have different errors."""
    (tmp_path / "venv").mkdir()
    project = new_project("runtime: {name: python, options: {virtualenv: venv}}")
    with pytest.raises(HostError, match="venv is not a virtual environment"):
        project.python()


def test_without_virtualenv_the_path_decides(new_project: NewProject, tmp_path: Path) -> None:
    """PULUMI_PYTHON_CMD or python3 of PATH runs the program, or else this interpreter."""
    project = new_project()
    for name in ("python3", "mine"):
        shutil.copy("/bin/sh", tmp_path / name)
    environ = {"PATH": str(tmp_path)}
    for find in (project.python, project.dynamic_python):
        assert find(environ) == tmp_path / "python3"
        assert find({**environ, "PULUMI_PYTHON_CMD": "mine"}) == tmp_path / "mine"
        assert find({"PATH": ""}) == Path(sys.executable)
        with pytest.raises(HostError, match="PULUMI_PYTHON_CMD is other"):
            find({**environ, "PULUMI_PYTHON_CMD": "other"})


@pytest.mark.parametrize("toolchain", ["uv", "poetry"])
def test_a_lock_file_means_another_toolchain(
    new_project: NewProject, tmp_path: Path, toolchain: str
) -> None:
    """If Pulumi would choose uv or poetry by a lock file, the host reports an error."""
    (tmp_path / f"{toolchain}.lock").touch()
    with pytest.raises(HostError, match=f"{toolchain}.lock.*set 'virtualenv' or 'toolchain'"):
        new_project().python()
    new_project("runtime: {name: python, options: {toolchain: pip}}").python()


@pytest.mark.parametrize(("written", "given"), FORMS.items())
def test_a_value_is_given_as_the_cli_gives_it(
    new_project: NewProject, written: str, given: str
) -> None:
    """Every way to write a value in YAML reaches the program as the same text."""
    project = new_project(stack=f"config:\n  key: {written}\n")
    values, secrets = StackSettings.load(project, "dev").decrypted(None, project)
    assert values == {"shop:key": given}
    assert not secrets


@pytest.mark.parametrize(
    ("key", "full"),
    [("a", "shop:a"), ("aws:region", "aws:region"), ("shop:config:a", "shop:a")],
)
def test_a_key_has_one_spelling(new_project: NewProject, key: str, full: str) -> None:
    """A bare key is the project's, and the old three-part form is the two-part one."""
    project = new_project(stack=f"config:\n  {key}: x\n")
    settings = StackSettings.load(project, "dev")
    assert settings.config == {full: ConfigValue("x")}
    settings.remove(key)
    assert settings.config == {}


def test_secrets_are_decrypted_wherever_they_are(
    new_project: NewProject, passphrase: Passphrase
) -> None:
    """A secret by itself and secrets inside objects and lists are given in plain, and named."""
    one, two = passphrase.encrypt("öne<"), passphrase.encrypt("two")
    project = new_project(
        stack=f"encryptionsalt: {passphrase.salt}\nconfig:\n  a: {{secure: {one}}}\n"
        f"  b: {{x: [{{secure: {two}}}, 5], y: {{secure: 5}}}}\n  c: {{x: 1}}\n"
    )
    settings = StackSettings.load(project, "dev")
    assert settings.encryption_salt == passphrase.salt
    assert settings.config["shop:a"] == ConfigValue(one, secret=True)
    assert (settings.config["shop:b"].secret, settings.config["shop:b"].object) == (True, True)
    values, secrets = settings.decrypted(passphrase, project)
    assert values == {
        "shop:a": "öne<",
        "shop:b": '{"x":["two",5],"y":{"secure":5}}',
        "shop:c": '{"x":1}',
    }
    assert secrets == {"shop:a", "shop:b"}
    with pytest.raises(HostError, match="shop:a is a secret and needs a passphrase"):
        settings.decrypted(None, project)
    with pytest.raises(HostError, match="shop:a: an encrypted value belongs to another"):
        settings.decrypted(Passphrase.create("test"), project)


def test_the_project_fills_what_the_stack_leaves_out(new_project: NewProject) -> None:
    """Defaults of every form apply where the stack has no value of its own."""
    project = new_project(
        "runtime: python\nconfig:\n  size: small\n  count: {type: integer, default: 5}\n"
        "  on: {default: true}\n  list: [a, 1]\n  aws:region: eu\n"
        "  gitlab:headers: {value: {x: 1}}\n  own: {description: given by the stack}\n",
        stack="config:\n  size: large\n  shop:own: 1\n",
    )
    assert StackSettings.load(project, "dev").decrypted(None, project)[0] == {
        "shop:size": "large",
        "shop:count": "5",
        "shop:on": "true",
        "shop:list": '["a",1]',
        "aws:region": "eu",
        "gitlab:headers": '{"x":1}',
        "shop:own": "1",
    }


@pytest.mark.parametrize(
    ("declared", "given", "reason"),
    [
        ("a: {type: string}\n  b: {type: string}", "c: 1", "missing configuration values: a, b"),
        ("a: {type: integer}", "a: x", "a must be of type integer"),
        ("a: {type: integer}", "a: 1.5", "a must be of type integer"),
        ("a: {type: boolean}", "a: 1", "a must be of type boolean"),
        ("a: {type: object}", "a: [1]", "a must be of type object"),
        ("a: {type: array, items: {type: integer}}", "a: [x]", "of type array<integer>"),
        ("a: {type: string, secret: true}", "a: x", "a must be encrypted"),
        ("a: {type: integer, default: x}", "a: 1", "default is not of type integer"),
        ("a: {type: whole}", "a: 1", "its type must be"),
        ("a: {type: array}", "a: 1", "its type must be"),
        ("a: {type: array, items: {type: whole}}", "a: 1", "its type must be"),
        ("a: {default: 1, value: 1}", "a: 1", "both a default and a value"),
        ("'aws:region': {default: eu}", "a: 1", "takes a value alone"),
        ("'a.b': 1", "a: 1", "does not support paths"),
    ],
)
def test_what_the_project_says_is_checked(
    new_project: NewProject, declared: str, given: str, reason: str
) -> None:
    """Missing values and values of a wrong type stop the stack with one line."""
    project = new_project(f"runtime: python\nconfig:\n  {declared}", f"config:\n  {given}\n")
    with pytest.raises(HostError, match=reason) as raised:
        StackSettings.load(project, "dev").decrypted(None, project)
    assert _one_line(raised)


def test_values_of_the_declared_types_pass(new_project: NewProject) -> None:
    """Values of every declared type pass, as text too where the CLI takes text."""
    project = new_project(
        "runtime: python\nconfig:\n  a: {type: integer}\n  b: {type: boolean}\n"
        "  c: {type: array, items: {type: array, items: {type: integer}}}\n"
        "  d: {type: object}\n  e: {type: string}",
        "config:\n  a: '5'\n  b: 'true'\n  c: [[1, '2'], []]\n  d: {}\n  e: 5\n",
    )
    values, _ = StackSettings.load(project, "dev").decrypted(None, project)
    assert values["shop:c"] == '[[1,"2"],[]]'


@pytest.mark.parametrize(
    ("stack", "reason"),
    [
        ("secretsprovider: awskms://alias/x\n", "supports only the secrets provider passphrase"),
        ("environment: [base]\n", "ESC"),
        ("config: [x]\n", "'config' is not a mapping"),
        ("config: {'a:b:c': x}\n", "form <namespace>:<name>"),
        ("config: {a: .inf}\n", "infinite"),
        ("- x\n", "not a mapping"),
    ],
)
def test_settings_the_host_cannot_follow_are_an_error(
    new_project: NewProject, stack: str, reason: str
) -> None:
    """Unsupported settings are rejected in one line."""
    project = new_project(stack=stack)
    with pytest.raises(HostError, match=reason) as raised:
        StackSettings.load(project, "dev")
    assert _one_line(raised)


@pytest.mark.parametrize("option", ["stackConfigDir", "config"])
def test_stack_config_dir_is_honoured(new_project: NewProject, tmp_path: Path, option: str) -> None:
    """Settings are in the directory the project names, under its new or its old name."""
    project = new_project(f"runtime: python\n{option}: stacks")
    settings = StackSettings.load(project, "dev")
    assert settings.path == tmp_path / "stacks" / "Pulumi.dev.yaml"
    settings.set("a", "1")
    settings.save()
    assert StackSettings.load(project, "dev").config == {"shop:a": ConfigValue("1")}


def test_saving_changes_only_what_changed(
    new_project: NewProject, passphrase: Passphrase, tmp_path: Path
) -> None:
    """Comments, order, spelling and unknown keys of a settings file survive a save."""
    text = (
        "# for the shop\nother: [1, 2]\nconfig:\n  # how many\n  count: 0777  # octal\n"
        "  'quoted': \"yes\"\n  gone: 1\n  shop:old: 1e3\n  nested:\n    b: 1\n    a: 2\n"
    )
    project = new_project(stack=text)
    settings = StackSettings.load(project, "dev")
    settings.save()
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == text
    settings.set("old", "5")
    settings.set("aws:region", "eu")
    settings.set("token", "s3cret", secret=True, passphrase=passphrase)
    settings.remove("gone")
    settings.save()
    written = (tmp_path / "Pulumi.dev.yaml").read_text()
    ciphertext = settings.config["shop:token"].value
    for before, after in (
        ("other:", f"encryptionsalt: {passphrase.salt}\nother:"),
        ("  gone: 1\n", ""),
        ("1e3", "'5'"),
    ):
        text = text.replace(before, after)
    text += f"  aws:region: eu\n  shop:token:\n    secure: {ciphertext}\n"
    assert written == text
    assert "s3cret" not in written
    again = StackSettings.load(project, "dev")
    assert again == settings
    assert again.decrypted(passphrase, project)[0]["shop:token"] == "s3cret"


def test_a_secret_needs_the_stacks_own_passphrase(
    new_project: NewProject, passphrase: Passphrase
) -> None:
    """A secret is never stored in plain, nor under a salt that is not the stack's."""
    settings = StackSettings.load(new_project(), "dev")
    with pytest.raises(HostError, match="needs the stack's passphrase"):
        settings.set("token", "s3cret", secret=True)
    settings.set("token", "s3cret", secret=True, passphrase=passphrase)
    assert "s3cret" not in repr(settings)
    with pytest.raises(HostError, match="another salt"):
        settings.set("token", "x", secret=True, passphrase=Passphrase.create("test"))


def test_a_new_settings_file_is_made(new_project: NewProject, tmp_path: Path) -> None:
    """Without a file the settings are empty, and a save makes one."""
    project = new_project()
    settings = StackSettings.load(project, "dev")
    assert (settings.config, settings.encryption_salt) == ({}, None)
    settings.set("a", "yes: 'no'\nü")
    settings.save()
    assert StackSettings.load(project, "dev") == settings
    assert [path.name for path in tmp_path.iterdir() if "dev" in path.name] == ["Pulumi.dev.yaml"]


def test_a_linked_settings_file_stays_one(new_project: NewProject, tmp_path: Path) -> None:
    """A save writes through a symbolic link and keeps the file's permissions."""
    project = new_project()
    target = tmp_path / "shared.yaml"
    target.touch(mode=0o640)
    link = tmp_path / "Pulumi.dev.yaml"
    link.symlink_to(target)
    settings = StackSettings.load(project, "dev")
    settings.set("a", "1")
    settings.save()
    assert link.is_symlink()
    assert "shop:a: '1'" in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o640
