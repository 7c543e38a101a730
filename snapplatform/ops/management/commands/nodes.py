"""`manage.py nodes`."""

import json
import time
from argparse import SUPPRESS
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from snapplatform import clock
from snapplatform.cluster.models import Node
from snapplatform.cluster.nodes import BEAT_SECONDS
from snapplatform.cluster.selectors import find_node, get_node, look
from snapplatform.cluster.services import drain_node, undrain_node
from snapplatform.errors import SnapError
from snapplatform.ops import nodes
from snapplatform.ops.users import console
from snapplatform.streams.holdings import holdings

NAMED = "a node: host:pid, or the start of its id, as `manage.py nodes` shows them"
_POLL_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "Show the capture nodes: which live, what they hold, how loaded they are and how many more streams "
        "each would take (ROOM). Or empty a node before you stop it: `drain` makes it take nothing new and "
        "hand its streams to the others, `undrain` takes that back. Works from any machine that reaches the "
        "database; a node hears within 4 seconds. The exit code is 0 when the wish was noted or a node "
        "lives, 1 when not, 2 for a wrong command line. More: docs/reliability.md. Examples: manage.py "
        "nodes --streams; manage.py nodes drain cam-host:4711 --wait 120; manage.py nodes --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs: a list of nodes, or one node")
        parser.add_argument("--all", action="store_true", help="also nodes that have stopped (kept a week)")
        parser.add_argument("--streams", action="store_true", help="also the names of the streams held")
        actions = parser.add_subparsers(dest="action", metavar="drain | undrain", title="what to do")
        drain = actions.add_parser("drain", help="take nothing new, and let go of what is held")
        drain.add_argument("node", metavar="NODE", help=NAMED)
        drain.add_argument(
            "--force", action="store_true", help="also the only node: its streams then have nowhere to go"
        )
        drain.add_argument(
            "--wait",
            type=float,
            default=0,
            metavar="SECONDS",
            help="wait so long until it holds nothing; exit code 1 if it still does",
        )
        undrain = actions.add_parser("undrain", help="take streams again")
        undrain.add_argument("node", metavar="NODE", help=NAMED)
        for action in (drain, undrain):  # what the command line says last counts, on either side of the word
            action.add_argument("--json", action="store_true", default=SUPPRESS, help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["action"] == "drain":
                self._drain(options)
            elif options["action"] == "undrain":
                self._undrain(options)
            else:
                self._list(options)
        except SnapError as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        found, now = look(principal=console(), stopped=options["all"])
        held = holdings(principal=console(), nodes=[one.node.pk for one in found])
        if options["json"]:
            self._say_json([nodes.as_dict(one, held) for one in found])
        elif found:
            self.stdout.write("\n".join(nodes.table(found, held, now)))
            if options["streams"]:
                self.stdout.write("\n".join(["", *(nodes.streams(found, held) or ("no streams",))]))
        if not any(one.running for one in found):
            raise CommandError("No capture node lives. Start one: `manage.py run` or `manage.py capture`.")

    def _drain(self, options: dict[str, Any]) -> None:
        node = find_node(principal=console(), text=options["node"])
        drain_node(principal=console(), node_id=node.pk, force=options["force"])
        row = self._wait_until_empty(node, options["wait"])
        if row.stopped_at is not None:
            self._say(options, node, f"Node {node} has stopped.")
        elif row.drained_at is not None:
            self._say(options, node, f"Node {node} is drained: it holds nothing any more.")
        else:
            self._say(options, node, f"Node {node} drains: it takes nothing new.")
            if options["wait"]:
                raise CommandError(f"Node {node} still holds something after {options['wait']:g} s.")

    def _wait_until_empty(self, node: Node, seconds: float) -> Node:
        until = clock.monotonic() + seconds
        while True:
            row = get_node(principal=console(), node_id=node.pk)
            over = clock.monotonic() >= until
            if over or row.drained_at is not None or row.stopped_at is not None:
                return row
            time.sleep(_POLL_SECONDS)

    def _undrain(self, options: dict[str, Any]) -> None:
        node = find_node(principal=console(), text=options["node"])
        undrain_node(principal=console(), node_id=node.pk)
        self._say(options, node, f"Node {node} takes streams again within {BEAT_SECONDS:.0f} s.")

    def _say(self, options: dict[str, Any], node: Node, words: str) -> None:
        if not options["json"]:
            self.stdout.write(words)
            return
        found, _ = look(principal=console(), stopped=True)
        held = holdings(principal=console(), nodes=[node.pk])
        self._say_json(next(nodes.as_dict(one, held) for one in found if one.node.pk == node.pk))

    def _say_json(self, what: object) -> None:
        self.stdout.write(json.dumps(what))
