"""check.py TABLE FOLDER: checks that flows.json, map.json and map.txt in FOLDER are exactly what TABLE expects.

objects.json in FOLDER has the pods of workloads and the endpoints of services. Prints a line for each difference.
"""

import json
import sys
from collections import Counter
from pathlib import Path

from lab_table import Table


def main(path, folder):
    expected = {}
    for edge in Table(path).expected:
        served = f"service/{edge.service}" if edge.service else edge.workload
        key = (edge.source_namespace, edge.source, edge.namespace, served, edge.protocol, edge.port)
        expected[key] = (edge.verdict, edge.reason)

    pods_of = pods_by_owner(json.loads((folder / "objects.json").read_text()))
    flows = list(read_lines((folder / "flows.json").read_text()))
    edges = json.loads((folder / "map.json").read_text())["edges"]
    rows = [line.split() for line in (folder / "map.txt").read_text().splitlines()[1:] if line.strip()]

    problems = [
        *check_flows(expected, flows, pods_of),
        *check_edges(expected, edges, Counter(key_of(flow, flow["destination"]) for flow in flows)),
        *check_rows(expected, rows),
    ]
    for problem, count in Counter(problems).items():
        print(f"error: {problem}" + (f" ({count} times)" if count > 1 else ""))
    if not problems:
        print(f"the demo is right: {len(flows)} flows on {len(edges)} edges, all of the shop's and no others")
    return 1 if problems else 0


def read_lines(text):
    for line in text.splitlines():
        try:
            yield {"source": {}, "destination": {}, "time": "", **json.loads(line)}
        except (ValueError, TypeError):
            sys.exit(f"error: observe printed a line that is not a JSON object: {line}")


def key_of(flow_or_edge, served):
    source = flow_or_edge["source"]
    return (
        source.get("namespace"),
        source.get("workload"),
        served.get("namespace"),
        f"service/{served['service']}" if "service" in served else served.get("workload"),
        flow_or_edge.get("protocol"),
        served.get("port"),
    )


def words(key):
    source_namespace, source, namespace, served, protocol, port = key
    return f"{source_namespace} {source} -> {namespace} {served} {protocol} {port}"


def check_flows(expected, flows, pods_of):
    for key in expected.keys() - {key_of(flow, flow["destination"]) for flow in flows}:
        yield f"observe lacks {words(key)}"
    ends = Counter()
    for flow in flows:
        source, destination = flow["source"], flow["destination"]
        key = key_of(flow, destination)
        if key not in expected:
            yield f"observe has {words(key)} too much: {json.dumps(flow)}"
            continue
        found = (flow.get("verdict"), flow.get("drop_reason", ""))
        if found != expected[key]:
            yield f"observe has {words(key)} as {' '.join(found)}, not {' '.join(expected[key])}"
        for end, pod, owner in (("client", source, key[:2]), ("serving", destination, key[2:4])):
            if pod.get("pod") not in pods_of.get(owner, ()):
                yield f"observe has {words(key)} with {end} pod {pod.get('pod')}"
        ends[(flow["time"], key, source.get("ip"), source.get("port"))] += 1
    for (time, key, *_), count in ends.items():
        if count > 1:
            yield f"observe has a flow {count} times: {words(key)} at {time}"


def check_edges(expected, edges, seen):
    found = {key_of(edge, edge["destination"]): edge for edge in edges}
    for key in expected.keys() - found.keys():
        yield f"map -o json lacks {words(key)}"
    for key in found.keys() - expected.keys():
        yield f"map -o json has {words(key)} too much"
    if len(found) < len(edges):
        yield "map -o json has an edge twice"
    for key in expected.keys() & found.keys():
        verdict, reason = expected[key]
        edge = found[key]
        right, wrong = ("forwarded", "dropped") if verdict == "FORWARDED" else ("dropped", "forwarded")
        if edge[right] < seen[key] or edge[wrong]:
            yield f"map -o json has {words(key)} with {edge['forwarded']} forwarded and {edge['dropped']} dropped"
        reasons = {drop["reason"] for drop in edge.get("drop_reasons", ())}
        if reasons != ({reason} if reason else set()):
            yield f"map -o json has {words(key)} dropped for {' '.join(sorted(reasons)) or 'no reason'}"


def check_rows(expected, rows):
    """A row is CLIENT SERVER PROTO PORT FORWARDED DROPPED REASONS...; names are without their kind."""
    wanted = {}
    for key, (verdict, reason) in expected.items():
        source, served = (f"{namespace}/{name.partition('/')[2]}" for namespace, name in (key[:2], key[2:4]))
        wanted[(source, served, key[4], str(key[5]))] = (verdict, reason)
    found = {tuple(row[:4]): row[4:] for row in rows}
    for key in wanted.keys() - found.keys():
        yield f"the table lacks {' '.join(key)}"
    for key in found.keys() - wanted.keys():
        yield f"the table has {' '.join(key)} too much"
    if len(found) < len(rows):
        yield "the table has a row twice"
    for key in wanted.keys() & found.keys():
        forwarded, dropped, reasons = found[key][:3]
        verdict, reason = wanted[key]
        right = (forwarded != "0") == (verdict == "FORWARDED") and (dropped != "0") == (verdict == "DROPPED")
        if not right or reasons != (f"{reason}:{dropped}" if reason else "-"):
            yield f"the table has {' '.join(key)} as {forwarded} forwarded, {dropped} dropped, {reasons}"


def pods_by_owner(objects):
    """The names of pods by (namespace, KIND/NAME or service/NAME)."""
    pods_of, owner_of = {}, {}
    for item in objects["items"]:
        metadata = item["metadata"]
        namespace, name = metadata.get("namespace"), metadata["name"]
        workload = f"{item['kind']}/{name}"
        for reference in metadata.get("ownerReferences", ()):
            workload = owner_of.get((namespace, f"{reference['kind']}/{reference['name']}"))
        owner_of[(namespace, f"{item['kind']}/{name}")] = workload
        if item["kind"] == "Pod":
            pods_of.setdefault((namespace, workload), set()).add(name)
        if item["kind"] == "EndpointSlice":
            service = f"service/{metadata['labels']['kubernetes.io/service-name']}"
            targets = {endpoint["targetRef"]["name"] for endpoint in item["endpoints"]}
            pods_of.setdefault((namespace, service), set()).update(targets)
    return pods_of


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
