"""A web server on this machine that misbehaves on request: each path is one way to do so.

It speaks over raw sockets, so that it can say what no library lets a server say. ``calls`` holds (path, headers, body)
of every request, as they came.
"""

import socket
import threading
import time

DRIP = 0.05  # seconds between drops


class HostileServer:
    def __init__(self):
        self.calls = []
        self.answers = {}  # path: bytes, or a list of bytes of which each is given once
        self.held = {}  # path: a threading.Event, before which it does not answer
        self.at_once = {}  # path: the most calls of it that were held at the same time
        self.held_now = []  # the paths of calls that are held
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._open = True
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    @property
    def allowed(self):
        return {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}

    def close(self):
        self._open = False
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a call
        except OSError:
            return  # closed before
        self._socket.close()

    def _serve(self):
        while self._open:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            try:
                path, headers, body = _request(connection)
                self.calls.append((path, headers, body))
                if path in self.held:
                    self._hold(path)
                answer = self.answers.get(path)
                if isinstance(answer, list):
                    answer = answer.pop(0) if len(answer) > 1 else answer[0]
                if answer is not None:
                    connection.sendall(answer)
                else:
                    getattr(self, "_" + path.strip("/").partition("/")[0])(connection)
            except OSError:
                return  # the caller hung up, as it should

    def _hold(self, path):
        self.held_now.append(path)
        self.at_once[path] = max(self.at_once.get(path, 0), self.held_now.count(path))
        self.held[path].wait(60)
        self.held_now.remove(path)

    # Ways to misbehave, by the first step of the path

    def _ok(self, connection):
        connection.sendall(answer(200, b"ok"))

    def _drip_headers(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(10_000):
            connection.sendall(b"X-%d: drop\r\n" % number if number % 20 == 0 else b"")
            time.sleep(DRIP)

    def _drip_body(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(10_000):
            connection.sendall(b"x")
            time.sleep(DRIP)

    def _hold_on(self, connection):
        self._ok(connection)

    def _silent(self, connection):
        time.sleep(60)

    def _huge(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(200):
            connection.sendall(b"x" * 100_000)

    def _huge_by_its_own_words(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6000000\r\n\r\nxx")

    def _hang_up(self, connection):
        pass

    def _break_off(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")

    def _garbage(self, connection):
        connection.sendall(b"\x00\xff\xfe nothing that HTTP knows \r\n\r\n" * 20)

    def _endless_line(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")


def answer(status, body=b"", **headers):
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += _some(connection)
    return first.split()[1], headers, body


def _some(connection):
    data = connection.recv(65536)
    if not data:
        raise OSError("closed")
    return data
