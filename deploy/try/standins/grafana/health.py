"""Answers 200 to /api/health and 404 to all else. A stand-in: it draws nothing."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Health(BaseHTTPRequestHandler):
    """One answer."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
        self.wfile.write(b'{"stand_in": true}')


ThreadingHTTPServer(("", 3000), Health).serve_forever()
