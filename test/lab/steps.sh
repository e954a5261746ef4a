# Commands for the steps of cases: run-cases sources this file. DEPMAP_LAB is the lab's name, STATE its folder, and EXPECTED
# how many flows the cases before this one expect.

# call tcp|udp ADDRESS PORT [FROM [COUNT [TIMEOUT]]]: calls a server, from FROM on; prints the response, or the error.
call() { python3 -B ../Lab.Tests/pods/call.py "$1" "$2" "$3" "${4:-0}" "${5:-1}" 200 "${6:-5}" | cut -s -d' ' -f2-; }

# say ADDRESS PORT: sends one datagram and waits for no response.
say() { call say "$@"; }

# talk ADDRESS PORT FROM SECONDS INTERVAL: one TCP connection for some seconds, with a request at each interval.
talk() { python3 -B ../Lab.Tests/pods/talk.py "$@" >/dev/null; }

# odd HOW ADDRESS PORT [FROM [COUNT]]: a client that behaves in an unusual way.
odd() { python3 -B ../Lab.Tests/pods/odd.py "$@"; }

lab() { ./lab "$@"; }

# at PLACE COMMAND...: runs one of the commands above in a pod, on a node or outside.
at() { ./lab exec "$1" bash -c '. ./steps.sh; "$@"' bash "${@:2}"; }

# attached: prints how many filters and qdiscs of Depmap this node has.
attached() {
  for device in $(ls /sys/class/net); do
    tc qdisc show dev "$device" clsact
    tc filter show dev "$device" ingress
    tc filter show dev "$device" egress
  done 2>/dev/null | grep -c -e clsact -e depmap || true
}

# wait_until COMMAND...: waits until the command succeeds.
wait_until() {
  local deadline=$((SECONDS + ${DEPMAP_LAB_TIMEOUT:-30}))
  until "$@"; do
    ((SECONDS < deadline)) || { echo "still not so: $*" >&2 && return 1; }
    sleep 0.05
  done
}

# socket PLACE STATE FILTER...: whether a TCP or connected UDP socket is in this state (ss(8): established, syn-sent).
socket() { [[ -n $(ss -N "dm-$DEPMAP_LAB-${1#node-}" -Htun state "$2" "${@:3}") ]]; }

# matched PLACE WORDS: whether a counting nftables rule with these words has matched a packet.
matched() { ./lab exec "$1" nft list ruleset | grep -F -- "$2" | grep -q 'counter packets [1-9]'; }

# connect PLACE tcp|udp ADDRESS PORT [FROM]: opens a connection with a request every 0.1 s, in the background.
connect() {
  touch "$STATE/connected"
  at "$1" python3 -B ../Lab.Tests/pods/hold.py "$2" "$3" "$4" "${5:-0}" "$STATE/connected" &
  wait_until socket "$1" established dport = "$4"
}

# disconnect: closes what connect opened, and waits for its end.
disconnect() {
  rm "$STATE/connected"
  wait
}

stop_agents() { lab stop agent-node-a "$@" && lab stop agent-node-b "$@"; }
start_agents() {
  lab start agent-node-a &
  lab start agent-node-b && wait $!
}

# observed PATTERN: whether observe has a flow whose line matches.
observed() { ./lab observe --include-probes -o json | grep -q -- "$1"; }

# all_observed: whether observe has all flows that the cases before this one expect.
all_observed() { (($(./lab observe --include-probes -o json | wc -l) >= EXPECTED)); }

# edges: the map's edges, without the time at which it was read.
edges() { ./lab map -o json | jq -c .edges; }

# settle: waits until the cases before this one are observed and the map has not changed for three scans of the agents, so that
# no flow of these cases changes any more.
settle() {
  local map now since
  wait_until all_observed
  map=$(edges) since=$SECONDS
  while ((SECONDS - since < 3)); do
    sleep 0.2
    now=$(edges)
    [[ $now == "$map" ]] || since=$SECONDS
    map=$now
  done
}

# bytes CLIENT SERVICE: prints the bytes to and from the server of an edge.
bytes() {
  ./lab map -o json | jq -r --arg client "Deployment/$1" --arg service "$2" \
    '.edges[] | select(.source.workload == $client and .destination.service == $service) | "\(.bytes_to_server) \(.bytes_to_client)"'
}

# grown CLIENT SERVICE BEFORE: whether the bytes of an edge are no longer those that bytes printed before.
grown() { [[ $(bytes "$1" "$2") != "$3" ]]; }

# count_interfaces NODE: prints how many interfaces the node's agent observes; interfaces NODE COUNT: whether they are so many.
interfaces() { [[ $(count_interfaces "$1") == "$2" ]]; }
count_interfaces() { ./lab exec "$1" curl -sS 127.0.0.1:9472/metrics | awk '$1 == "depmap_interfaces" { print $2 }'; }

# renew POD NODE: gives a pod another interface, as if it were a new pod, and waits until the agent observes it.
renew() {
  local links=$STATE/links count add
  count=$(count_interfaces "$2")
  add=$(grep "netns dm-$DEPMAP_LAB-$1\$" "$links/$2")
  ip -n "dm-$DEPMAP_LAB-$1" link del eth0
  wait_until interfaces "$2" $((count - 1))
  grep -F -- "$(cut -d' ' -f3 <<<"$add")" "$links/$2" | ip -n "dm-$DEPMAP_LAB-${2#node-}" -batch -
  ip -n "dm-$DEPMAP_LAB-$1" -batch "$links/$1"
  wait_until interfaces "$2" "$count"
}

# Objects: the file that the relay reads. Each of these waits until the relay has read it.
times_read() { grep -c 'read again' "$STATE/log/relay"; }
read_again() { (($(times_read) > $1)); }
replace_objects() {
  local before
  before=$(times_read)
  if cmp -s "$1" "$STATE/objects.json"; then
    rm "$1"
  else
    mv "$1" "$STATE/objects.json" && wait_until read_again "$before"
  fi
}

# edit JQ: changes the objects.
edit() { jq "$@" "$STATE/objects.json" >"$STATE/objects.new" && replace_objects "$STATE/objects.new"; }

# save, restore: keep the objects as they are, and put them back.
save() { cp "$STATE/objects.json" "$STATE/objects.saved"; }
restore() { replace_objects "$STATE/objects.saved"; }
