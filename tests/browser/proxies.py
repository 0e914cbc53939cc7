"""A real nginx and a real Caddy before queryd, configured as `deploy/` shows."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.daemons import ROOT, free_port

WAIT_SECONDS = 30.0
_ADDRESS = "127.0.0.1:8080"
_PATH = "/usage"
"""What the examples in deploy/ say."""


@contextmanager
def nginx(folder: Path, upstream: str, path: str, *, stripped: bool) -> Iterator[str]:
    """nginx with deploy/nginx.conf below `path` (or at the root), with the prefix taken off or not; gives its URL."""
    port = free_port()
    location = (ROOT / "deploy" / "nginx.conf").read_text("utf-8").replace(_PATH, path)
    if not path:
        location = location[: location.index("location = ")]
    location = location.replace(_ADDRESS, upstream + ("/" if stripped else ""))
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"""daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{ access_log off; {temporary}
  server {{ listen 127.0.0.1:{port}; {location} }}
}}"""
    )
    command = [_program("nginx"), "-e", f"{folder}/nginx.log", "-p", str(folder), "-c", str(configuration)]
    with _running(command, port, folder, {}):
        yield f"http://127.0.0.1:{port}{path}"


@contextmanager
def caddy(folder: Path, upstream: str, path: str, *, stripped: bool) -> Iterator[str]:
    """Caddy with https by a certificate of its own, and deploy/Caddyfile's reverse_proxy; gives its URL."""
    port = free_port()
    (proxying,) = (
        line.strip()
        for line in (ROOT / "deploy" / "Caddyfile").read_text("utf-8").splitlines()
        if line.strip().startswith("reverse_proxy")
    )
    proxying = proxying.replace(_ADDRESS, upstream)
    if path:
        proxying = f"redir {path} {path}/\n {'handle_path' if stripped else 'handle'} {path}/* {{\n {proxying}\n }}"
    configuration = folder / "Caddyfile"
    configuration.write_text(
        f"{{\n admin off\n auto_https disable_redirects\n skip_install_trust\n}}\n"
        f"https://localhost:{port} {{\n bind 127.0.0.1\n tls internal\n {proxying}\n}}\n"
    )
    command = [_program("caddy"), "run", "--config", str(configuration), "--adapter", "caddyfile"]
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
    with _running(command, port, folder, home):
        yield f"https://localhost:{port}{path}"


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise RuntimeError(f"these tests need Debian's {name}: apt install {name}")
    return found


@contextmanager
def _running(command: Sequence[str], port: int, folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    output = folder / "proxy.out"
    with output.open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} does not listen:\n{output.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()
