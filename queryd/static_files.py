"""The built dashboard: a closed set of files, known by name, read when asked for.

Only names that were found in the build are ever opened, so no path can climb out of it. Text files have a `.gz`
beside them from the build; only `index.html` is compressed here, once, since the base path is written into it.
Hashed assets never change; the page is asked for anew each time. Tags are weak, since a file and its `.gz` share one.
"""

import base64
import gzip
import hashlib
import html
import re
import threading
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import Path
from urllib.parse import urlsplit

import falcon

from queryd.encodings import accepts_gzip

INDEX = "index.html"
DIST = Path(__file__).resolve().parent.parent / "webui" / "dist"

_HASHED = re.compile(r"assets/.+-[\w-]{8}\.\w+")
_BASE = re.compile(r'<base href="[^"]*"\s*/?>')
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_HEAD_END = "</head>"

_LOST_FILES = """<script>
addEventListener('error', ({ target }) => {
  if (target.tagName !== 'SCRIPT' || !target.src.startsWith(document.baseURI)) return;
  document.body.textContent = /^zh/i.test(navigator.language)
    ? `无法从 ${document.baseURI} 加载面板文件。如果反向代理在某个路径（例如 /usage）下提供面板，` +
      '请将 APP_BASE_PATH 设为该路径，然后重启 queryd。'
    : `The dashboard's files did not load from ${document.baseURI}. If a reverse proxy serves it below a path, ` +
      'such as /usage, set APP_BASE_PATH to that path and restart queryd.';
}, true);
</script>"""  # noqa: RUF001 - Chinese has commas of its own
"""Below a path that APP_BASE_PATH does not name, the page's own files are looked for where nobody serves them."""

_TYPES = MimeTypes()
_TYPES.add_type("text/javascript", ".js")
_TYPES.add_type("image/svg+xml", ".svg")
_TYPES.add_type("font/woff2", ".woff2")
_TYPES.add_type("application/manifest+json", ".webmanifest")


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    etag: str
    content_type: str
    compressed: Path | None


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    compressed: bytes
    etag: str
    policy: str


@dataclass(frozen=True, slots=True)
class _Build:
    """One state of the folder: its files by name, and the page."""

    mark: tuple[int, int]
    files: dict[str, _File]
    page: _Page


class StaticFiles:
    """A Falcon sink for every path that is not the API's."""

    def __init__(self, folder: Path = DIST, *, base_path: str = "", cpa_public_url: str = "") -> None:
        self._folder, self._base_path = folder, base_path
        self._ancestors = frame_ancestors(cpa_public_url)
        self._build: _Build | None = None
        self._lock = threading.Lock()

    def __call__(self, req: falcon.Request, resp: falcon.Response, **_: str) -> None:
        if req.method not in ("GET", "HEAD"):
            raise falcon.HTTPMethodNotAllowed(["GET", "HEAD"])
        build = self._current()
        if build is None:
            _not_built(resp)
            return
        name = req.path.lstrip("/")
        file = build.files.get(name)
        if file is not None:
            _send(req, resp, name, file)
        elif name in ("", INDEX) or _is_page(name):
            _send_page(req, resp, build.page)
        else:
            raise falcon.HTTPNotFound

    def _current(self) -> _Build | None:
        """The build as it is now, or None: read anew when the page was built again while we run."""
        try:
            stat = (self._folder / INDEX).stat()
            mark = (stat.st_mtime_ns, stat.st_size)
            build = self._build
            if build is None or build.mark != mark:
                with self._lock:
                    build = _Build(mark, _files(self._folder), self._page())
                    self._build = build
        except FileNotFoundError:  # not built, or being built this moment
            return None
        return build

    def _page(self) -> _Page:
        text = (self._folder / INDEX).read_text("utf-8")
        base = f'<base href="{html.escape(self._base_path)}/" />'
        text = _BASE.sub(lambda _: base, text, count=1)
        text = text.replace(_HEAD_END, f"{_LOST_FILES}{_HEAD_END}", 1)
        hashes = [
            base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
            for script in _INLINE_SCRIPT.findall(text)
        ]
        body = text.encode()
        return _Page(body, gzip.compress(body, 9, mtime=0), _etag(body), policy(hashes, self._ancestors))


def frame_ancestors(cpa_public_url: str) -> str:
    """Who may show the dashboard in a frame: itself, and CPA's own management page."""
    if not cpa_public_url:
        return "'self'"
    parts = urlsplit(cpa_public_url)
    return f"'self' {parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def policy(script_hashes: list[str], ancestors: str) -> str:
    """The page's content security policy: its own files and the inline scripts with these SHA-256 hashes."""
    scripts = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in script_hashes)])
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",  # a mark's position; no style sheet of strangers
            "img-src 'self' data: blob:",  # charts exported as PNG
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
        )
    )


def _files(folder: Path) -> dict[str, _File]:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: _File(
            path=path,
            etag=_etag(f"{name} {path.stat().st_mtime_ns} {path.stat().st_size}".encode()),
            content_type=_content_type(name),
            compressed=found.get(f"{name}.gz"),
        )
        for name, path in found.items()
        if not name.endswith(".gz") and name != INDEX
    }


def _content_type(name: str) -> str:
    kind = _TYPES.guess_type(name)[0] or "application/octet-stream"
    text = kind.startswith("text/") or kind in ("application/json", "image/svg+xml")
    return f"{kind}; charset=utf-8" if text else kind


def _etag(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=9).hexdigest()


def _is_page(name: str) -> bool:
    """A path of the dashboard's own router, rather than a file that is missing."""
    return not name.startswith("assets/") and "." not in name.rpartition("/")[2]


def _send(req: falcon.Request, resp: falcon.Response, name: str, file: _File) -> None:
    resp.set_header("ETag", f'W/"{file.etag}"')
    resp.set_header("Cache-Control", "public, max-age=31536000, immutable" if _HASHED.fullmatch(name) else "no-cache")
    if file.compressed is not None:
        resp.set_header("Vary", "Accept-Encoding")
    if _unchanged(req, file.etag):
        resp.status = falcon.HTTP_304
        return
    resp.content_type = file.content_type
    path = file.path
    if file.compressed is not None and accepts_gzip(req.get_header("Accept-Encoding")):
        path = file.compressed
        resp.set_header("Content-Encoding", "gzip")
    try:
        resp.data = path.read_bytes()
    except FileNotFoundError:
        raise falcon.HTTPNotFound from None  # the page is being built again


def _send_page(req: falcon.Request, resp: falcon.Response, page: _Page) -> None:
    resp.set_header("ETag", f'W/"{page.etag}"')
    resp.set_header("Cache-Control", "no-cache")
    resp.set_header("Content-Security-Policy", page.policy)
    resp.set_header("Vary", "Accept-Encoding")
    if _unchanged(req, page.etag):
        resp.status = falcon.HTTP_304
        return
    resp.content_type = falcon.MEDIA_HTML
    if accepts_gzip(req.get_header("Accept-Encoding")):
        resp.data = page.compressed
        resp.set_header("Content-Encoding", "gzip")
    else:
        resp.data = page.body


def _unchanged(req: falcon.Request, etag: str) -> bool:
    return any(known in ("*", etag) for known in req.if_none_match or ())


def _not_built(resp: falcon.Response) -> None:
    resp.status = falcon.HTTP_503
    resp.content_type = falcon.MEDIA_HTML
    resp.set_header("Cache-Control", "no-store")
    resp.set_header("Retry-After", "10")
    resp.text = (
        "<!doctype html><meta charset=utf-8><title>Keeper</title><h1>The dashboard is not built yet</h1>"
        "<p>Run <code>make setup</code> (or <code>npm ci</code> and <code>npm run build</code> in <code>webui/</code>)"
        " and load this page again. The API answers meanwhile under <code>api/v1/</code>.</p>"
    )
