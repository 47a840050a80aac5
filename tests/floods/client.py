"""A client with an address of its own and one connection."""

import asyncio
import json

PASSWORD = "a-password-of-customers"


async def connect(port, address):
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))


def request(method, path, body=b"", headers=(), length=None):
    """The bytes of a request. `length` is what Content-Length says, if it is not the length of the body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in dict(headers).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def read_answer(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status = int(head.split(" ", 2)[1])
    lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
    length = int(lengths[0].split(":")[1]) if lengths else 0
    body = await reader.readexactly(length)
    is_closing = "connection: close" in head.lower()
    return status, body, is_closing


class Client:
    def __init__(self, port, address):
        self.port, self.address = port, address
        self.free = []

    async def call(self, method, path, body=None, token=None, headers=()):
        """Sends a request on a connection that is free. Returns the status and the answer's JSON."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | dict(headers)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        reader, writer = self.free.pop() if self.free else await connect(self.port, self.address)
        writer.write(request(method, path, content, headers))
        try:
            status, answer, is_closing = await read_answer(reader)
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("the connection ended") from error
        if is_closing:
            writer.close()
        else:
            self.free.append((reader, writer))
        return status, json.loads(answer) if answer else None

    async def expect(self, status, *request):
        found, body = await self.call(*request)
        if found != status:
            raise SystemExit(f"{request[0]} {request[1]}: {found} {body}")
        return body

    async def register(self, name):
        body = {"user_name": name, "user_password": PASSWORD}
        return (await self.expect(201, "POST", "/v1/users", body))["user_id"]

    async def sign_in(self, name, password):
        body = {"user_name": name, "user_password": password}
        return (await self.expect(201, "POST", "/v1/sessions", body))["access_token"]
