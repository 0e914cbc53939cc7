"""A reverse proxy that lets only HTTP through, as nginx does: RESP on its port gets an HTTP error."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_NOT_HTTP = b"HTTP/1.1 400 Bad Request\r\nServer: proxy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class HttpOnlyProxy:
    """A context manager; `url` is what a keeper would be pointed at. `target` is CPA's (host, port)."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self.refused = 0
        """Connections that did not speak HTTP."""
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closing alone does not wake a thread that accepts or reads.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="proxy", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            self._note(client)
            if not client.recv(1, socket.MSG_PEEK).isalpha():
                client.recv(65536)
                self.refused += 1
                client.sendall(_NOT_HTTP)
                return
            with socket.create_connection(self._target) as server:
                self._note(server)
                back = threading.Thread(target=_copy, args=(server, client), name="proxy", daemon=True)
                back.start()
                _copy(client, server)
                back.join()

    def _note(self, sock: socket.socket) -> None:
        with self._lock:
            self._open = {one for one in self._open if one.fileno() >= 0} | {sock}


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Until one side ends, which the other is told."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
