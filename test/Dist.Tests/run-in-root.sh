#!/usr/bin/env bash
# run-in-root.sh ROOT COMMAND...: runs a plugin in ROOT: its version, and two requests, to names that a hosts file and a DNS server
# have. Nothing listens there. The network is one of its own, so that port 53 is free.
set -euo pipefail

root=$1
shift
if [[ -z ${IN_NETWORK:-} ]]; then
  mkdir -p "$root"/{etc,dev}
  mknod -m 666 "$root/dev/null" c 1 3
  mknod -m 444 "$root/dev/urandom" c 1 9
  echo '192.0.2.1 in-file.test' >"$root/etc/hosts"
  echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
  IN_NETWORK=1 exec unshare --net "$0" "$root" "$@"
fi

ip link set lo up
ip address add 192.0.2.1/32 dev lo
dnsmasq --keep-in-foreground --user=root --no-resolv --no-hosts --port=53 --listen-address=127.0.0.1 --bind-interfaces \
  --pid-file= --address=/in-dns.test/192.0.2.1 &
server=$!
trap 'kill $server' EXIT
until ss -Hlnu 'sport = 53' | grep -q .; do sleep 0.05; done

chroot "$root" "$@" version --client
for name in in-file.test in-dns.test; do
  cat >"$root/kubeconfig" <<KUBECONFIG
{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, user: u}}],
 users: [{name: u, user: {token: t}}], clusters: [{name: k, cluster: {server: "http://$name:1"}}]}
KUBECONFIG
  chroot "$root" "$@" status --kubeconfig /kubeconfig || echo "exit code $?"
done
