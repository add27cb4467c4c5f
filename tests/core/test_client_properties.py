"""The properties of DESIGN §4 over random conversations, shrunk by Hypothesis.

1 never two responses asked for at once, and none while the user speaks; 2 nothing begun before a
flush is played after it; 3 a cut is what was heard, within what was received; 4 each call gets
exactly one answer; 5 the end absorbs everything; 6 a log replays; 10 a paused speaker is soon told
to go on or to stop, once. ``voice.testing.watcher`` checks 1 to 5 and 10 at every step,
``ClientWalk.finish`` the rest. Property 7 joins a client core to a server core and belongs to a
test of both.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from voice.testing.walk import MOVES, ClientWalk, walk


class ClientMachine(RuleBasedStateMachine):
    """Lets Hypothesis choose every move and every detail of it."""

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self._data = data
        self._walk = ClientWalk(self._pick)

    @rule(name=st.sampled_from(sorted(set(MOVES))), data=st.data())
    def move(self, name: str, data: st.DataObject) -> None:
        self._data = data
        self._walk.move(name)

    def teardown(self) -> None:
        if hasattr(self, "_walk"):
            self._data = None
            self._walk.finish()

    def _pick(self, count: int) -> int:
        if self._data is None:
            return 0
        return self._data.draw(st.integers(0, count - 1))


ClientMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True
)
TestClientProperties = ClientMachine.TestCase


def test_ten_thousand_random_steps_keep_every_property() -> None:
    assert walk(10_000, seed=20) == 25
