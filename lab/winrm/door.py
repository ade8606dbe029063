# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The HTTP door of one device: logon, message encryption, transport faults; WS-Management is behind it.

Like Windows' default, plain HTTP takes sealed messages only: no Basic and no
readable SOAP, unless the lab allows it.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from aiohttp import web
from multidict import CIMultiDict

from lab.auth import Account, ConnectionLogon, CredentialStore
from lab.endpoint import Endpoint, FaultKind, TransportFault
from lab.winrm import sealing
from lab.winrm.service import Answer, ShellService
from lab.winrm.soap import Request

PATH = "/wsman"
LARGEST_BODY = 4 * 1024 * 1024
_SOAP_TYPE = "application/soap+xml;charset=UTF-8"
_CHALLENGES = {"secure": ("Negotiate", 'Basic realm="WSMAN"'), "plain": ("Negotiate",)}


@dataclass(slots=True)
class Traffic:
    """What one device has been asked since the lab started; bytes are those of bodies, as sent."""

    requests: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class Door:
    """Answers HTTP requests for one device, on any number of connections."""

    def __init__(self, endpoint: Endpoint, store: CredentialStore, *, allow_unencrypted: bool) -> None:
        self.endpoint = endpoint
        self.service = ShellService(endpoint)
        self.traffic = Traffic()
        self._store = store
        self._allow_unencrypted = allow_unencrypted
        self._logons: WeakKeyDictionary[asyncio.BaseTransport, ConnectionLogon] = WeakKeyDictionary()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one request; aiohttp calls this, and cancels it when the client goes away."""
        body = await request.read()
        self.traffic.requests += 1
        self.traffic.bytes_in += len(body)
        transport = request.transport
        if transport is None or not self.endpoint.answering():
            return _dropped(request)
        if request.path != PATH or request.method != "POST":
            return web.Response(status=404 if request.path != PATH else 405)
        trusted = request.secure or self._allow_unencrypted
        logon = self._logon_of(transport)
        authorization = request.headers.get("Authorization")
        if authorization is not None and not trusted and authorization.lower().startswith("basic"):
            return self._refusal(trusted, None)
        step = logon.step(authorization)
        if not step.granted:
            return self._refusal(trusted, step.token)
        if not body:  # a client that is going to seal its messages establishes the session first
            return self._counted(web.Response(headers=_negotiate(step.token)))
        sealed = sealing.is_sealed(request.headers.get("Content-Type", ""))
        if not sealed:
            if not trusted:
                return web.Response(status=403, text="This listener takes encrypted messages only.")
            return await self._exchange(request, body, None)
        if logon.session is None:
            return self._refusal(trusted, None)
        try:
            plain = sealing.unseal(body, logon.session)
        except sealing.SealingError as error:
            return web.Response(status=400, text=str(error))
        return await self._exchange(request, plain, logon.session)

    async def _exchange(
        self, request: web.BaseRequest, plain: bytes, session: sealing.Session | None
    ) -> web.StreamResponse:
        parsed = self.service.read(plain)
        if isinstance(parsed, Answer):
            return self._reply(parsed, session)
        fault = self._fault_for(parsed)
        if fault is not None:
            match fault.kind:
                case FaultKind.REFUSE:
                    return _dropped(request)
                case FaultKind.HANG:
                    await asyncio.Event().wait()  # until the client gives up
                case FaultKind.SLOW:
                    await asyncio.sleep(fault.delay_seconds)
                case FaultKind.CUT:
                    reply = self._reply(await self.service.answer(parsed), session)
                    return await _cut(request, reply, fault.cut_after_bytes)
        return self._reply(await self.service.answer(parsed), session)

    def _fault_for(self, request: Request) -> TransportFault | None:
        fault = self.endpoint.fault()
        if fault is None or not fault.operations:
            return fault
        title = "" if request.operation is None else request.operation.title
        return fault if title in fault.operations else None

    def _logon_of(self, transport: asyncio.BaseTransport) -> ConnectionLogon:
        logon = self._logons.get(transport)
        if logon is None:
            account = Account(self.endpoint.user, self.endpoint.password)
            logon = self._logons[transport] = ConnectionLogon(account, self._store)
        return logon

    def _reply(self, answer: Answer, session: sealing.Session | None) -> web.Response:
        text = answer.envelope.encode()
        if session is None:
            reply = web.Response(status=answer.status, body=text, headers={"Content-Type": _SOAP_TYPE})
        else:
            body = sealing.seal(text, session)
            reply = web.Response(status=answer.status, body=body, headers={"Content-Type": sealing.CONTENT_TYPE})
        return self._counted(reply)

    def _refusal(self, trusted: bool, token: bytes | None) -> web.Response:
        headers = _negotiate(token)
        if not headers:
            for challenge in _CHALLENGES["secure" if trusted else "plain"]:
                headers.add("WWW-Authenticate", challenge)
        return self._counted(web.Response(status=401, headers=headers))

    def _counted(self, reply: web.Response) -> web.Response:
        self.traffic.bytes_out += len(reply.body) if isinstance(reply.body, bytes) else 0
        return reply


def _negotiate(token: bytes | None) -> CIMultiDict[str]:
    headers: CIMultiDict[str] = CIMultiDict()
    if token is not None:
        headers["WWW-Authenticate"] = f"Negotiate {base64.b64encode(token).decode()}"
    return headers


def _dropped(request: web.BaseRequest) -> web.Response:
    """Reset the connection; the response is never seen."""
    if isinstance(request.transport, asyncio.WriteTransport):
        request.transport.abort()
    return web.Response()


async def _cut(request: web.BaseRequest, reply: web.Response, after_bytes: int) -> web.StreamResponse:
    """Announce the whole reply, send its first bytes, and close the connection."""
    body = reply.body if isinstance(reply.body, bytes) else b""
    partial = web.StreamResponse(status=reply.status, headers=reply.headers)
    partial.content_length = len(body)
    await partial.prepare(request)
    await partial.write(body[: min(after_bytes, len(body) - 1)])
    if isinstance(request.transport, asyncio.WriteTransport):
        request.transport.abort()
    return partial
