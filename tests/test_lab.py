"""``parkanalysis lab`` for real: from another folder, on loopback, with a token and the right kernel."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    log = folder / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "parkanalysis.cli", "lab", "--no-browser", "--port", str(port)],
            cwd=folder,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            env={**os.environ, "HOME": str(folder)},
        )
    end = time.monotonic() + 90
    while not (found := re.search(rf"http://127\.0\.0\.1:{port}/lab\S*\?token=(\w+)", log.read_text())):
        if time.monotonic() > end or process.poll() is not None:
            pytest.fail(f"JupyterLab did not start: {log.read_text()[-2000:]}")
        time.sleep(0.1)
    for _ in range(200):  # the address is printed a moment before the socket listens
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield port, found[1]
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def ask(port, path, token=None, method="GET", body=None):
    headers = {"Authorization": f"token {token}"} if token else {}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers=headers, method=method, data=data
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.status, answer.read()


def test_opens_where_notebooks_and_data_are_seen_whatever_the_folder(lab):
    port, token = lab
    _, body = ask(port, "/api/contents", token)
    assert {"notebooks", "data"} <= {item["name"] for item in json.loads(body)["content"]}
    _, body = ask(port, "/api/contents/notebooks", token)
    names = {item["name"] for item in json.loads(body)["content"]}
    assert {"README.md", *(p.name for p in (ROOT / "notebooks").glob("*.ipynb"))} <= names


def test_chinese_has_a_font_of_its_own(lab):
    port, token = lab
    _, style = ask(port, "/custom/custom.css", token)
    source = re.search(r'url\("\.\.(/static/[^"]+)"\)', style.decode())[1]
    assert ask(port, source, token)[0] == 200
    _, settings = ask(port, "/lab/api/settings/@jupyterlab/apputils-extension:notification", token)
    assert json.loads(settings)["schema"]["properties"]["fetchNews"]["default"] == "false"


def test_asks_no_news_of_the_network(lab):
    port, token = lab
    status, body = ask(port, "/lab", token)
    assert status == 200
    assert json.loads(re.search(rb'"news": (\{[^}]*\})', body)[1]) == {"disabled": True}


def test_refuses_who_has_no_token(lab):
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(lab[0], "/api/contents")


def test_listens_on_loopback_only(lab):
    port = lab[0]
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        listening += [
            r[1].rpartition(":")[0] for r in rows if r[3] == "0A" and int(r[1].rpartition(":")[2], 16) == port
        ]
    assert listening in ([], ["0100007F"])
    assert ask(port, "/api", None)[0] == 200


def test_kernel_is_the_installation_s_own(lab):
    port, token = lab
    specs = json.loads(ask(port, "/api/kernelspecs", token)[1])
    assert specs["default"] == "python3"
    assert list(specs["kernelspecs"]) == ["python3"]
    _, body = ask(port, "/api/kernels", token, "POST", {"name": "python3"})
    kernel = json.loads(body)["id"]
    commands = subprocess.run(["ps", "-eo", "args", "-ww"], capture_output=True, text=True, check=True).stdout
    (command,) = [line for line in commands.splitlines() if f"kernel-{kernel}.json" in line]
    assert os.path.samefile(command.split()[0], sys.executable)
    ask(port, f"/api/kernels/{kernel}", token, "DELETE")
