"""Prints the programs attached by tcx in this network namespace, which bpftool 7.1 cannot: INTERFACE DIRECTION ID."""

import ctypes
import errno
import platform
import socket
import struct
import sys

SYS_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
BPF_PROG_QUERY = 16
DIRECTIONS = {"ingress": 46, "egress": 47}  # BPF_TCX_INGRESS, BPF_TCX_EGRESS

libc = ctypes.CDLL(None, use_errno=True)
for index, name in socket.if_nameindex():
    for direction, kind in DIRECTIONS.items():
        ids = (ctypes.c_uint32 * 64)()
        query = struct.pack("=IIIIQI", index, kind, 0, 0, ctypes.addressof(ids), len(ids))
        attributes = ctypes.create_string_buffer(query, 64)
        if libc.syscall(SYS_BPF, BPF_PROG_QUERY, attributes, len(attributes)) < 0 and ctypes.get_errno() != errno.ENOENT:
            sys.exit(f"error: bpf(BPF_PROG_QUERY): {errno.errorcode[ctypes.get_errno()]}")
        for program in ids[: struct.unpack_from("=I", attributes, 24)[0]]:
            print(name, direction, program)
