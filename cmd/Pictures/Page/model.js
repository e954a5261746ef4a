// The data of the page: nodes, groups, edges and the views that the program has laid out. Nothing here touches the document.

const KINDS = ['workload', 'namespace', 'host', 'outside'];

const EDGE_FIELDS = ['source', 'target', 'server', 'protocol', 'port', 'forwarded', 'dropped', 'reasons', 'sent', 'received', 'handshake',
  'seen', 'note', 'from', 'to'];

/** What the page knows about the map; `data` is as PageData.cs writes it. */
function readModel(data) {
  const nodes = data.nodes.map(([name, detail, kind, group], index) => ({ index, name, detail, kind: KINDS[kind], group }));
  const groups = data.groups.map(([name, isOutside]) => ({ name, isOutside }));
  return { nodes, edges: readEdges(data.edges), groups, views: data.views.map(([view]) => view) };
}

function readEdges(edges) {
  return edges.map(values => Object.fromEntries(EDGE_FIELDS.map((field, i) => [field, values[i]])));
}

/** The items and lines of a view, each line with the edges that it stands for. */
function openView(model, view) {
  const itemOfNode = new Map();
  const itemOfGroup = new Map();
  const items = view.items.map(([node, folded, x, y], index) => {
    if (node >= 0) itemOfNode.set(node, index);
    else itemOfGroup.set(folded, index);
    const value = node >= 0 ? model.nodes[node] : foldedGroup(model, folded);
    return { ...value, index, node, folded, x, y, lines: [] };
  });
  const lines = view.lines.map(([source, target, reversed, points], index) =>
    ({ index, source, target, reversed, points, edges: [], sent: 0, received: 0, forwarded: 0, dropped: 0 }));
  const lineOf = new Map(lines.map(line => [line.source * items.length + line.target, line]));
  const itemOf = node => itemOfNode.get(node) ?? itemOfGroup.get(model.nodes[node].group);
  for (const edge of model.edges) {
    const line = lineOf.get(itemOf(edge.source) * items.length + itemOf(edge.target));
    if (!line) continue;
    line.edges.push(edge);
    for (const count of ['sent', 'received', 'forwarded', 'dropped']) line[count] += edge[count];
  }
  for (const line of lines) {
    items[line.source].lines.push(line);
    if (line.target !== line.source) items[line.target].lines.push(line);
  }
  return { ...view, items, lines, itemOf };
}

function foldedGroup(model, group) {
  const members = model.nodes.filter(node => node.group === group);
  const kind = members[0].kind === 'workload' ? 'namespace' : members[0].kind;
  return { name: model.groups[group].name, detail: counted(members.length, kind === 'namespace' ? 'workload' : 'member'), kind, group };
}

/** The name with its namespace. */
function fullName(model, item) {
  const group = item.group >= 0 && item.kind === 'workload' ? `${model.groups[item.group].name}/` : '';
  return group + item.name;
}

function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${units[unit]}`;
}

function counted(count, word) {
  return `${count.toLocaleString('en')} ${count === 1 ? word : `${word}s`}`;
}

/** Ports of one line; with many, how many dependencies it stands for. */
function portsOf(line) {
  const ports = [...new Set(line.edges.map(edge => edge.protocol === 'TCP' ? `${edge.port}` : `${edge.port}/${edge.protocol}`))];
  return ports.length > 4 ? counted(line.edges.length, 'port') : ports.join(', ');
}

function trafficOf(line) {
  const text = `${counted(line.forwarded, 'connection')}, ${bytes(line.sent + line.received)}`;
  return line.dropped > 0 ? `${text}, ${line.dropped.toLocaleString('en')} dropped` : text;
}
