"""A mail server on this machine that refuses the first mails and takes the others."""

import socket
import threading


class RefusingMailServer:
    """``accepted`` holds the texts of the mails that it took, ``refused`` how many it did not."""

    def __init__(self, refusals):
        self.accepted, self.refused = [], 0
        self._refusals = refusals
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
        self._socket.close()

    def _serve(self):
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection, connection.makefile("rwb") as lines:
            _say(lines, "220 ready")
            for line in lines:
                word = line[:4].upper().strip()
                if word == b"RCPT" and self.refused < self._refusals:
                    self.refused += 1
                    _say(lines, "451 try again later")
                elif word == b"DATA":
                    _say(lines, "354 go on")
                    text = b"".join(iter(lines.readline, b".\r\n"))
                    self.accepted.append(text.decode("utf-8", "replace"))
                    _say(lines, "250 taken")
                elif word == b"QUIT":
                    _say(lines, "221 bye")
                    return
                else:
                    _say(lines, "250 well")


def _say(lines, text):
    lines.write(text.encode() + b"\r\n")
    lines.flush()
