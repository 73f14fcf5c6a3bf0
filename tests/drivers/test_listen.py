"""Listening hears what comes on a line and never says anything."""

from __future__ import annotations

import os
import pty
import socket
import tty

import pytest

from drivers.faults import LineFault
from drivers.listen import listening
from drivers.transports.line import LineSettings

SAID = bytes.fromhex("0704004800 02F1B9")
WAIT_S = 5.0


def test_a_serial_line_is_heard_and_nothing_is_sent() -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    try:
        with listening(LineSettings("serial", port=os.ttyname(theirs))) as listen:
            os.write(ours, SAID)
            heard = listen(WAIT_S)
            while len(heard) < len(SAID):
                heard += listen(WAIT_S)
            assert listen(0.0) == b""
        os.set_blocking(ours, False)
        with pytest.raises(BlockingIOError):
            os.read(ours, 1)
    finally:
        os.close(theirs)
        os.close(ours)

    assert heard == SAID


def test_a_gateway_s_raw_port_is_heard_until_it_closes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gateway:
        port = gateway.getsockname()[1]
        with listening(LineSettings("rtu-over-tcp", host="127.0.0.1", tcp_port=port)) as listen:
            connection, _ = gateway.accept()
            with connection:
                connection.sendall(SAID)
                assert listen(WAIT_S) == SAID
            with pytest.raises(LineFault) as lost:
                listen(WAIT_S)

    assert lost.value.code == "connection-lost"


@pytest.mark.parametrize("transport", ["tcp", "http"])
def test_where_nobody_else_can_be_heard_listening_is_refused(transport: str) -> None:
    with (
        pytest.raises(LineFault) as fault,
        listening(LineSettings(transport, host="127.0.0.1", tcp_port=1)),
    ):
        pass

    assert fault.value.code == "settings"
