"""Programs with the plugin of `tests/support/pond.py`, run by both engines one after the other."""

from typing import Final

_FISH: Final = "from fish import *\n"
_KINDS: Final = (
    _FISH + 'a = Fish("a", kind="%s", first=%s, deep={"x": 1});'
    ' b = Fish("b", kind=a.loud, up=a.serial)'
)
_PROVIDER: Final = (
    _FISH + 'p = Pond("p", region="%s", deep="%s", key=Output.secret("k"));'
    ' a = Fish("a", ResourceOptions(provider=p)); b = Fish("b", up=a.region)'
)
_UNKNOWN: Final = (
    _FISH + 'a = Fish("a"); p = Pond("p", region=a.serial.apply(str), extra=%s);'
    ' b = Fish("b", ResourceOptions(provider=p), n=%s); c = Fish("c", of=b.loud)'
)
_TEAM: Final = (
    _FISH
    + """
class Team(ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("shop:index:Team", name, None, opts)
        self.one = Fish(f"{name}-one", ResourceOptions(parent=self))
        self.two = Fish(f"{name}-two", ResourceOptions(parent=self.one))
        self.register_outputs({"one": self.one.loud})

p, q = Pond("p", region="north"), Pond("q", region="south")
Team("x", ResourceOptions(%s))
Team("y")
"""
)
_SCHOOL: Final = (
    _FISH + 'p = Pond("p", region="north")\n'
    's = School("s", ResourceOptions(providers=[p]), name="%s", of=Output.secret("x"))\n'
    't = School("t", ResourceOptions(protect=False))\n'
    'a = Fish("a", up=s.fish); export("fish", s.fish); export("name", s.name)'
)
_IMPORT: Final = (
    _FISH + 'a = Fish("a", ResourceOptions(import_=\'%s\'), name="wild", %s);'
    ' b = Fish("b", up=a.serial)'
)
_FUNCTION: Final = (
    _FISH + 'p = Pond("p", region="north"); a = Fish("a")\n'
    'one = invoke("pond:index:getFish", {"name": "x"}, InvokeOptions(version=VERSION)).value\n'
    "options = InvokeOptions(provider=p, version=VERSION)\n"
    'two = pulumi.runtime.invoke_output("pond:index:getFish", {"name": %s}, options)\n'
    'b = Fish("b", ids=one["ids"], region=two["region"]); export("two", two)'
)
POND_SCENES: Final[dict[str, list[tuple[str, str | None]]]] = {
    "pond life": [
        ("preview", _FISH + 'a = Fish("a", token=Output.secret("x")); b = Fish("b", up=a.loud)'),
        ("up", None),
        ("up", None),
        ("preview", _FISH + 'a = Fish("a", deep={"x": [1]}, n=1); b = Fish("b", up=a.serial)'),
        ("up", None),
        ("preview", _FISH + 'a = Fish("a", deep={"x": [2], "y": 1}); b = Fish("b", up=a.serial)'),
        ("up", None),
        ("refresh", None),
        ("up", _FISH + 'a = Fish("a", deep={"x": [2], "y": 1})'),
        ("destroy", None),
    ],
    "pond replacements": [
        ("up", _KINDS % (1, False)),
        ("preview", _KINDS % (2, False)),
        ("up", None),
        ("preview", _KINDS % (3, True)),
        ("up", None),
        ("up", _FISH + 'a = Fish("a", unsure=True, deep={"x": 1})'),
        (
            "up",
            _FISH + 'a = Fish("a", ResourceOptions(replace_on_changes=["deep.x"]), unsure=True,'
            ' deep={"x": 2})',
        ),
    ],
    "pond failures": [
        ("up", _FISH + 'a = Fish("a"); c = Fish("c", fail="init"); d = Fish("d", of=c.id)'),
        ("preview", _FISH + 'a = Fish("a"); c = Fish("c"); d = Fish("d", of=c.id)'),
        ("up", None),
        ("preview", _FISH + 'a = Fish("a", wrong="colour", colour="red")'),
        ("up", _FISH + 'a = Fish("a", fail="update"); b = Fish("b")'),
        ("up", _FISH + 'a = Fish("a"); b = Fish("b", fail="create")'),
    ],
    "pond providers": [
        ("preview", _PROVIDER % ("north", "x")),
        ("up", None),
        ("up", None),
        ("preview", _PROVIDER % ("north", "y")),
        ("up", None),
        ("refresh", None),
        ("preview", _PROVIDER % ("south", "y")),
        ("up", None),
        ("up", _FISH + 'p = Pond("p", region="south"); a = Fish("a"); b = Fish("b")'),
        ("up", _FISH + 'a = Fish("a"); b = Fish("b")'),
        ("destroy", None),
    ],
    "pond unknown configuration": [
        ("preview", _UNKNOWN % (1, 1)),
        ("up", None),
        ("up", _FISH + 'a = Fish("a", seconds=0); p = Pond("p"); b = Fish("b")'),
        ("preview", _UNKNOWN % (1, 2)),
    ],
    "pond wrong configuration": [
        ("preview", _PROVIDER % ("nowhere", "x")),
        ("up", _FISH + 'p = Pond("p", missing=1); a = Fish("a", ResourceOptions(provider=p))'),
    ],
    "pond components": [
        ("preview", _TEAM % "provider=p"),
        ("up", None),
        ("up", _TEAM % "providers=[q]"),
        ("up", _TEAM % ""),
        ("destroy", None),
    ],
    "pond schools": [
        ("preview", _SCHOOL % "x"),
        ("up", None),
        ("up", None),
        ("preview", _SCHOOL % "y"),
        ("up", None),
        ("up", _FISH + 's = School("s", fail=True); a = Fish("a")'),
        ("destroy", None),
    ],
    "pond imports": [
        ("up", _FISH + 'Fish("wild", ResourceOptions(retain_on_delete=True), n=1, token="x")'),
        ("up", _FISH),
        ("preview", _IMPORT % ("wild-1", "n=1, size='m', token='x'")),
        ("up", None),
        ("up", None),
        ("preview", _IMPORT % ("wild-1", "n=1, size='m', token='x', kind='big'")),
        ("up", _IMPORT.replace("import_='%s'", "") % "n=2, size='m'"),
        ("destroy", None),
        ("up", _FISH + 'Fish("wild", ResourceOptions(retain_on_delete=True), n=1)'),
        ("up", _FISH + 'a = Fish("a", ResourceOptions())'),
        ("preview", _IMPORT % ("wild-1", "n=2")),
        ("up", None),
        ("up", _IMPORT % ("gone-1", "n=2")),
        ("preview", _FISH + 'b = Fish("b", ResourceOptions(import_="gone-1"))'),
        ("up", _FISH + 'g = Fish("g", ResourceOptions(id="wild-1")); h = Fish("h", up=g.serial)'),
        ("up", None),
        ("up", _FISH + 'g = Fish("g", ResourceOptions(id="gone-1"))'),
    ],
    "pond functions": [
        ("preview", _FUNCTION % '"x"'),
        ("up", None),
        ("up", _FUNCTION % 'Output.secret("x")'),
        ("preview", _FUNCTION % "a.serial.apply(str)"),
        ("preview", _FISH + 'invoke("pond:index:broken", {}, InvokeOptions(version=VERSION))'),
        ("preview", _FISH + 'invoke("pond:index:getFish", {}, InvokeOptions(version=VERSION))'),
    ],
}
