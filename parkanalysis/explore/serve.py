"""The what-if page on this machine: one page, and the place where it saves scenarios."""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from parkanalysis.errors import InputError
from parkanalysis.explore.change import ScenarioChange, save_scenario, scenario_name
from parkanalysis.explore.page import page_html
from parkanalysis.park import Park, read_park

MOST_BYTES = 1 << 20  # of a change that is saved


class Server(ThreadingHTTPServer):
    """Serves the page of a park on the loopback address only.

    Attributes
    ----------
    park : Park
        As it was read last; read again once a scenario was saved.
    address : str
    """

    daemon_threads = True

    def __init__(self, park: Park, lang: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.token = secrets.token_urlsafe(16)
        self.address = f"http://127.0.0.1:{self.server_address[1]}/"
        self.lang = lang
        self.show(park)

    def show(self, park: Park) -> None:
        """Make the page of a park."""
        self.park = park
        self.page = page_html(park, self.lang, token=self.token).encode()

    def save(self, change: dict[str, Any]) -> dict[str, str]:
        """Save a change as the page sends it; what the page is told."""
        title, overwrite = str(change["title"]), change["overwrite"] is True
        levers = {str(n): float(v) for n, v in dict(change["levers"]).items()}
        made = ScenarioChange(str(change["start"]), levers, frozenset(map(str, change["shocks"])))
        name = scenario_name(self.park, title)
        if name in self.park.scenarios and not overwrite:
            return {"taken": f"{name}.yml"}
        if not self.park.path.is_dir():
            return {"problem": "workbook"}
        try:
            path = save_scenario(self.park, made, title, overwrite)
        except InputError:
            return {"problem": "folder"}
        self.show(read_park(self.park.path))
        return {"name": path.stem, "file": f"scenarios/{path.name}"}


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        """The page, whatever its query; nothing else is here."""
        if self._is_ours() and self.path.partition("?")[0] == "/":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page)
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"not found")

    def do_POST(self) -> None:
        """Save a scenario, for the page alone: another site knows neither the token nor this host's name."""
        size = int(self.headers.get("Content-Length") or 0)
        token = self.headers.get("X-Token", "")
        if (
            not self._is_ours()
            or self.path != "/scenarios"
            or not secrets.compare_digest(token, self.server.token)
        ):
            self._answer(HTTPStatus.FORBIDDEN, "application/json", b"{}")
            return
        try:
            told = self.server.save(json.loads(self.rfile.read(min(size, MOST_BYTES))))
        except (KeyError, TypeError, ValueError):
            self._answer(HTTPStatus.BAD_REQUEST, "application/json", b"{}")
            return
        self._answer(HTTPStatus.OK, "application/json", json.dumps(told).encode())

    def _is_ours(self) -> bool:
        """Whether the page is asked for by this machine's own name, not by one that a site lent it."""
        return self.headers.get("Host", "").partition(":")[0] in ("127.0.0.1", "localhost")

    def _answer(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal shows the address and problems."""
