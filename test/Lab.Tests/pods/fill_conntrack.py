"""fill_conntrack.py: prints commands for conntrack -R that fill this network namespace's connection-tracking table.

The entries are assured: the kernel does not replace them by new ones.
"""

from pathlib import Path

LIMIT = int(Path("/proc/sys/net/netfilter/nf_conntrack_max").read_text())
for i in range(LIMIT + 1):
    print(
        f"-I -s 192.0.2.{1 + i // 60000} -d 198.51.100.1 -p udp --sport {1 + i % 60000} --dport 9 -t 600 -u ASSURED,SEEN_REPLY"
    )
