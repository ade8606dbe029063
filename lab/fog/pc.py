# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PC that boots into FOG's own system: it calls what the real one calls, with nothing but its MAC."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import Request, urlopen


@dataclass(frozen=True, slots=True)
class FogPc:
    """A PC. ``url``: of the server, ``https://127.0.0.1:8443/fog``."""

    url: str
    mac: str
    trust: ssl.SSLContext | None = None

    def boot(self) -> bool:
        """Ask what to do; whether there is an image to take."""
        return self._call("Pre_Stage1.php", type="down") == "##@GO"

    def report(self, percent: float, *, rate: str = "2.3GB/min", remaining: str = "00:03:20") -> None:
        """Tell how far it is."""
        told = f"{rate}@00:01:10@{remaining}@1.2GB@4.8GB@{percent}@"
        self._call("progress.php", status=base64.b64encode(told.encode()).decode())

    def done(self) -> bool:
        """Say that the image is on the disk; whether the server took it."""
        return self._call("Post_Stage3.php", type="down") == "##"

    def image(self) -> None:
        """Do all of it."""
        if self.boot():
            self.report(50.0)
            self.done()

    def capture(self) -> bool:
        """Let the disk be read into the image; whether the server took it."""
        if self._call("Pre_Stage1.php", type="up") != "##@GO":
            return False
        self.report(50.0)
        return self._call("Post_Stage2.php", type="up") == "##"

    def _call(self, script: str, **form: str) -> str:
        body = urlencode({"mac": self.mac, **form}).encode()
        request = Request(f"{self.url}/service/{script}", data=body, method="POST")
        with urlopen(request, timeout=10, context=self.trust) as answer:
            text: str = answer.read().decode()
            return text
