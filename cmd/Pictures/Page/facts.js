// What is known about a node or a line, as the content of the panel.

function html(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter(child => child !== null));
  return element;
}

/** A list of buttons; each entry has a name, more text, and what happens. */
function buttonList(entries) {
  return html('ul', {}, ...entries.map(({ name, more, bad, act }) => {
    const button = html('button', { type: 'button' }, html('span', { class: 'name' }, name), html('span', { class: 'more' }, more));
    button.addEventListener('click', act);
    return html('li', bad ? { class: 'bad-line' } : {}, button);
  }));
}

function factList(pairs) {
  const list = html('dl', {});
  for (const [term, value, bad] of pairs.filter(pair => pair[1] !== '' && pair[1] !== null))
    list.append(html('dt', {}, term), html('dd', bad ? { class: 'bad' } : {}, value));
  return list;
}

const byTraffic = (one, other) => other.dropped - one.dropped || other.sent + other.received - one.sent - one.received;

function itemFacts(model, view, item, choose, open) {
  const entry = (line, other) => ({
    name: fullName(model, view.items[other]), more: `${portsOf(line)} · ${trafficOf(line)}`, bad: line.dropped > 0,
    act: () => choose({ line }),
  });
  const called = item.lines.filter(line => line.source === item.index).sort(byTraffic).map(line => entry(line, line.target));
  const callers = item.lines.filter(line => line.target === item.index).sort(byTraffic).map(line => entry(line, line.source));
  const parts = [html('h2', {}, item.name)];
  if (item.group >= 0 && item.kind === 'workload') parts.push(html('p', { class: 'muted' }, `in ${model.groups[item.group].name}`));
  if (item.detail) parts.push(html('p', { class: 'muted' }, item.detail));
  const target = model.views.findIndex(other => other.focus === item.group);
  if (item.folded >= 0 && target >= 0) {
    const button = html('button', { type: 'button' }, `Open ${item.name}`);
    button.addEventListener('click', () => open(target));
    parts.push(html('p', {}, button));
  }
  if (item.folded >= 0) {
    const members = model.nodes.filter(node => node.group === item.folded);
    const names = members.slice(0, 40).map(node => node.name).join(', ');
    parts.push(html('h3', {}, 'Members'), html('p', {}, members.length > 40 ? `${names}, …` : names));
  }
  const listed = entries => entries.length ? buttonList(entries) : html('p', { class: 'muted' }, 'nothing in this view');
  parts.push(html('h3', {}, `Calls ${called.length}`), listed(called), html('h3', {}, `Called by ${callers.length}`), listed(callers));
  return parts;
}

/** Where the reasons are: the command that prints them. The live page asks for them instead. */
let explainEdge = edge => html('p', {}, html('code', {}, whyCommand(edge)));

function whyCommand({ from, to, port }) {
  const server = port && to.includes(':') ? `[${to}]` : to;
  return `kubectl depmap why ${from} ${server}${port ? `:${port}` : ''}`;
}

function lineFacts(model, view, line, choose) {
  const ends = [line.source, line.target].map((end, i) => ({
    name: fullName(model, view.items[end]), more: i === 0 ? 'the client' : 'the server', act: () => choose({ item: view.items[end] }),
  }));
  const parts = [html('h2', {}, `${view.items[line.source].name} → ${view.items[line.target].name}`), buttonList(ends)];
  const edges = [...line.edges].sort(byTraffic);
  for (const edge of edges.slice(0, 100)) {
    const isFolded = view.items[line.source].folded >= 0 || view.items[line.target].folded >= 0;
    const title = isFolded ? `${model.nodes[edge.source].name} → ${edge.server}` : edge.server;
    parts.push(html('h3', {}, edge.protocol), html('p', {}, `${title}${edge.port ? `, port ${edge.port}` : ''}`), factList([
      ['Forwarded', edge.forwarded.toLocaleString('en')],
      ['Dropped', edge.dropped ? `${edge.dropped.toLocaleString('en')}: ${edge.reasons}` : '', true],
      ['Sent', bytes(edge.sent)],
      ['Received', bytes(edge.received)],
      ['Handshake', edge.handshake],
      ['Last seen', edge.seen],
      ['Note', edge.note],
    ]));
    if (edge.from && edge.to && edge.port) parts.push(explainEdge(edge));
  }
  if (edges.length > 100) parts.push(html('p', { class: 'muted' }, `and ${edges.length - 100} more`));
  return parts;
}

function summaryFacts(model, view, choose) {
  const sample = (classes, width, dash) => {
    const picture = svg('svg', { viewBox: '0 0 48 12', class: 'picture', 'aria-hidden': 'true' });
    picture.append(svg('path', { class: classes, d: 'M0 6 H48', 'stroke-width': width }));
    return picture;
  };
  const legend = html('div', { class: 'legend' },
    sample('line', 1.25), html('span', {}, 'little traffic'), sample('line', 6), html('span', {}, 'much traffic (bytes, logarithmic)'),
    sample('line failing', 2), html('span', {}, 'some connections were dropped'));
  const failing = view.lines.filter(line => line.dropped > 0).sort(byTraffic).slice(0, 50).map(line => ({
    name: `${view.items[line.source].name} → ${view.items[line.target].name}`, more: `${portsOf(line)} · ${trafficOf(line)}`, bad: true,
    act: () => choose({ line }),
  }));
  const key = (name, text) => html('p', { class: 'muted' }, html('kbd', {}, name), ` ${text}`);
  return [
    html('h2', {}, view.title),
    html('p', { class: 'muted' }, `${counted(view.items.length, 'node')}, ${counted(view.lines.length, 'line')}.`),
    html('p', { class: 'muted' }, 'Lines lead from the client to the server.'),
    html('h3', {}, 'Drops'),
    failing.length ? buttonList(failing) : html('p', { class: 'muted' }, 'none in this view'),
    html('h3', {}, 'Lines'), legend,
    html('h3', {}, 'Keys'),
    key('/', 'search'), key('Tab', 'to the map, arrow keys between nodes'), key('Enter', 'facts; again: open a folded namespace'),
    key('Esc', 'back'), key('+ − 0', 'zoom'),
  ];
}
