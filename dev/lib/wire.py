"""A chat and a mail server on this machine that can be told to misbehave, for drills."""

import contextlib
import http.server
import json
import socketserver
import threading
import time


class Chat:
    """Takes what a webhook sends; `hangs` keeps the caller waiting."""

    def __init__(self):
        self.messages, self.hangs = [], False  # (moment, text)
        chat = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                hung = chat.hangs
                while hung and chat.hangs:
                    time.sleep(0.1)
                if hung:
                    return  # who called has given up
                chat.messages.append((time.monotonic(), json.loads(text)["text"]))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.hangs = False
        self._server.shutdown()
        self._server.server_close()


class Post:
    """Takes mails over SMTP; `refuses` sends the recipients back."""

    def __init__(self):
        self.mails, self.refused, self.refuses = [], 0, False  # moments
        post = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):
                    self._say("220 drill")
                    while line := self.rfile.readline():
                        self._answer(line.decode("latin-1").strip().upper())

            def _answer(self, line):
                if line.startswith("RCPT") and post.refuses:
                    post.refused += 1
                    self._say("550 5.1.1 No such person")
                elif line == "DATA":
                    self._say("354 Go on")
                    while self.rfile.readline().strip() != b".":
                        pass
                    post.mails.append(time.monotonic())
                    self._say("250 Taken")
                elif line == "QUIT":
                    self._say("221 Bye")
                    self.connection.close()
                else:
                    self._say("250 drill")

            def _say(self, text):
                self.wfile.write(f"{text}\r\n".encode())

        socketserver.ThreadingTCPServer.daemon_threads = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self._server.shutdown()
        self._server.server_close()
