#!/usr/bin/env python3
"""type.py LOG SHELL SETUP LINE...: starts an interactive shell on a terminal, runs SETUP and types each LINE. A tab in a line
waits until the program that completes it has added to LOG. Prints what the program `depmap`, which prints ARGS: and its arguments,
got from each line."""
import os
import pty
import re
import select
import sys
import time

log, shell, setup, *lines = sys.argv[1:]
TIMEOUT = 20
ARGUMENTS = {"bash": ["--norc", "-i"], "zsh": ["-f", "-i"], "fish": ["--no-config", "-i"]}

pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp(shell, [shell, *ARGUMENTS[shell]])


def read(done, seconds=TIMEOUT):
    """Reads until done(output)."""
    output, end = b"", time.monotonic() + seconds
    while time.monotonic() < end and not done(output):
        if select.select([terminal], [], [], 0.05)[0]:
            part = os.read(terminal, 4096)
            if b"\x1b[c" in part:  # fish asks what kind of terminal this is
                os.write(terminal, b"\x1b[?1;2c")
            output += part
    return output


def log_size():
    return os.path.getsize(log)


os.write(terminal, f"{setup}; echo READ''Y\n".encode())
read(lambda output: re.search(rb"\nREADY|\rREADY", output))
for line in lines:
    parts = line.split("\t")
    for i, part in enumerate(parts):
        os.write(terminal, part.encode())
        if i < len(parts) - 1:
            read(lambda _: False, 0.2)  # the echo
            before = log_size()
            os.write(terminal, b"\t")
            read(lambda _: log_size() > before)
            read(bool, 3)  # the shell inserts it, or rings the bell
            read(lambda _: False, 0.3)
    os.write(terminal, b"\n")
    shown = read(lambda output: re.search(rb"ARGS:[^\r\n]*[\r\n]", output))
    print((re.findall(rb"ARGS:([^\r\n]*)", shown) or [b"nothing"])[-1].decode())
os.write(terminal, b"exit\n")
