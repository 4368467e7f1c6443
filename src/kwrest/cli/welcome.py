"""What the start prints: where it listens, where the password is, and lines to paste that work as they are."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from kwrest.access.first_start import RootPassword
from kwrest.config import Config

TEXT = """\
listening on {url}
{password_line}
CA certificate: {ca}

Lines to paste (another terminal):

  # log in, make a table, write a point, read it
  curl --cacert {ca} -H "Username: root" -H "Password: {password}" {local}/restapi/login
  curl --cacert {ca} -u "root:{password}" {local}/restapi/ddl --data-binary \\
    "CREATE TABLE plant (ts TIMESTAMP NOT NULL, temperature FLOAT) TAGS (device VARCHAR(40) NOT NULL) PRIMARY TAGS (device)"
  curl --cacert {ca} -u "root:{password}" {local}/restapi/insert --data-binary \\
    "INSERT INTO plant VALUES (now(), 21.5, 'd1')"
  curl --cacert {ca} -u "root:{password}" {local}/restapi/query --data-binary \\
    "SELECT last(temperature), device FROM plant GROUP BY device"

  # Telegraf (telegraf.conf); tables for its measurements are made beforehand
  [agent]
    omit_hostname = true    # else every line has a tag `host`, and so must the table
  [[outputs.http]]
    url = "{local}/restapi/telegraf?db=defaultdb"
    method = "POST"
    data_format = "influx"
    username = "root"
    password = "<password>"
    tls_ca = "{ca}"
    non_retryable_statuscodes = [400, 413]

  # EMQX: an HTTP action
  method: POST    url: {local}/restapi/insert?db=defaultdb
  headers: authorization: Basic <token of /restapi/login, renewed by each use>, or Basic base64(user:password)
  body: INSERT INTO plant VALUES (${{timestamp}}, ${{payload.temperature}}, '${{clientid}}')

  # a shell
  {kwrest} sql --data {data}
"""


def welcome(url: str, config: Config, root: RootPassword) -> str:
    """The text; no password stands in it, only where it is."""
    port = url.rpartition(":")[2]
    if root.path is None:
        password_line = "the password of root is the one it was given"
        if root.stale is not None:
            password_line += f"; {root.stale} holds an older one"
        password = "$KWREST_ROOT_PASSWORD"
    else:
        password_line = f"the password of root is in {root.path}"
        password = f"$(cat {shlex.quote(str(root.path))})"
    return TEXT.format(
        url=url,
        local=f"https://localhost:{port}",
        ca=shlex.quote(str(config.certs / "ca.crt")),
        kwrest=shlex.quote(_own_command()),
        data=shlex.quote(str(config.data)),
        password_line=password_line,
        password=password,
    )


def _own_command() -> str:
    """How this server was started: `make run` puts no `kwrest` on the PATH of the person who pastes."""
    started = Path(sys.argv[0])
    return str(started.absolute()) if started.name == "kwrest" else "kwrest"
