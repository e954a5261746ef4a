// The live page: asks the program that serves it for the map and the flows, and shows what comes.

const SESSION = 'depmap-session';
const MAX_ROWS = 300;
const RETRY_MS = 1000;

let session = null;
let mapFeed = new AbortController();
let flowFeed = new AbortController();
const namespaces = new Set();
const rows = new Map();
const answers = new Map();
let held = [];
let leftOut = 0;

/** Exchanges the token of the link, which works once, for a session, which this window keeps when it is loaded again. */
async function openSession() {
  const token = location.hash.slice(1);
  session = sessionStorage.getItem(SESSION);
  if (token === '') return session ? '' : 'Open this page by the link that kubectl depmap ui prints.';
  history.replaceState(null, '', location.pathname);
  const response = await fetch('/session', { method: 'POST', body: token });
  if (!response.ok) return session ? '' : response.text();
  session = await response.text();
  sessionStorage.setItem(SESSION, session);
  return '';
}

const ask = (path, values, signal) =>
  fetch(`${path}?${new URLSearchParams(values)}`, { headers: { Authorization: `Bearer ${session}` }, signal });

/** Reads a feed line by line; when it ends, asks for it again. */
async function follow(path, words, signal, read) {
  while (!signal.aborted) {
    try {
      const response = await ask(path, { words }, signal);
      if (response.status === 401) {
        report('This session has ended. Open the link that kubectl depmap ui prints.');
        return;
      }
      byId('invalid').textContent = response.ok ? '' : await response.text();
      if (!response.ok) return;
      for await (const line of linesOf(response.body)) read(JSON.parse(line));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TypeError)) throw error; // what fetch throws when the connection is lost
    }
    report('kubectl depmap ui does not answer. Trying again.');
    await new Promise(resolve => setTimeout(resolve, RETRY_MS));
  }
}

async function* linesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let parts = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const [first, ...others] = value.split('\n');
    parts.push(first);
    for (const next of others) {
      const line = parts.join('');
      parts = [next];
      if (line !== '') yield line;
    }
  }
}

function report(text) {
  byId('state').textContent = text;
  byId('state').className = text ? 'bad' : '';
}

function readMap({ problem, map: data, edges, about }) {
  report(problem ?? '');
  if (data) {
    showModel(readModel(data));
    addNamespaces();
  } else if (edges) updateCounts(readEdges(edges));
  if (about) byId('about').textContent = [periodOf(about), ...about.notes].filter(text => text !== '').join(' · ');
}

function periodOf({ since, until }) {
  if (!since) return '';
  return until ? `counted from ${localTime(since)} to ${localTime(until)}` : `counted since ${localTime(since)}`;
}

const localTime = text => new Date(text).toLocaleString('sv');

/** Once seen, a namespace stays in the list, also when the filter leaves it out. */
function addNamespaces() {
  const before = namespaces.size;
  for (const node of model.nodes) if (node.kind === 'workload' && node.group >= 0) namespaces.add(model.groups[node.group].name);
  if (namespaces.size === before) return;
  const chosen = byId('namespace').value;
  byId('namespace').replaceChildren(html('option', { value: '' }, 'all'),
    ...[...namespaces].sort().map(name => html('option', { value: name }, name)));
  byId('namespace').value = chosen;
}

function readFlows({ problem, note, flows, left_out: more }) {
  if (problem || note) byId('flow-note').textContent = problem ?? note;
  if (!flows) return;
  held = [...held, ...flows].slice(-MAX_ROWS);
  leftOut += more ?? 0;
  if (!byId('pause').checked) showFlows();
}

/** The newest first. What is reported later about a flow replaces its line. */
function showFlows() {
  for (const flow of held) {
    const row = flowRow(flow);
    const old = flow.id ? rows.get(flow.id) : undefined;
    if (old?.isConnected) old.replaceWith(row);
    else byId('rows').prepend(row);
    if (flow.id) rows.set(flow.id, row);
  }
  held = [];
  while (byId('rows').childElementCount > MAX_ROWS) {
    rows.delete(byId('rows').lastElementChild.dataset.id);
    byId('rows').lastElementChild.remove();
  }
  if (leftOut > 0) byId('flow-note').textContent = `${leftOut.toLocaleString('en')} more than fit here`;
}

function flowRow(flow) {
  const time = new Date(flow.time);
  const shown = `${time.toLocaleTimeString('sv')}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  const button = html('button', { type: 'button', title: 'Show it in the map' }, flow.client);
  button.addEventListener('click', () => showInMap(flow));
  const bad = flow.verdict === 'DROPPED' ? { class: 'bad' } : {};
  return html('tr', { 'data-id': flow.id },
    html('td', {}, html('time', { datetime: flow.time }, shown)), html('td', bad, flow.verdict),
    html('td', { class: 'end' }, button),
    html('td', { class: 'end', title: flow.server }, `${flow.protocol === 'TCP' ? '' : `${flow.protocol} `}${flow.server}`),
    html('td', bad, flow.result));
}

/** Chooses the line of a flow; if this view has none, goes to its client or its server. */
function showInMap(flow) {
  const line = findEnds([flow.source, flow.target]);
  if (line) {
    choose(line);
    return;
  }
  const nodes = [flow.source, flow.target].map(name => model.nodes.find(node => fullName(model, node) === name));
  const node = nodes.find(found => found);
  if (!node) return;
  reveal(node);
  const found = findEnds([flow.source, flow.target]);
  if (found) choose(found);
}

/** Asks why an edge is as it is, when the reader wants to know. */
explainEdge = edge => {
  const key = whyCommand(edge);
  const button = html('button', { type: 'button' }, 'Why?');
  const place = html('div', { class: 'why', 'data-key': key }, button);
  if (answers.has(key)) place.append(html('pre', {}, answers.get(key)));
  button.addEventListener('click', async () => {
    const response = await ask('/why', { source: edge.from, destination: edge.to, port: edge.port });
    answers.set(key, await response.text());
    for (const other of document.querySelectorAll('.why')) {
      if (other.dataset.key !== key) continue;
      other.querySelector('pre')?.remove();
      other.append(html('pre', {}, answers.get(key)));
    }
  });
  return place;
};

/** The filter as map takes it on the command line. */
function wordsOf() {
  const words = [byId('words').value.trim()];
  const time = byId('time').value;
  const [since, until] = time === 'other' ? [byId('since').value.trim(), byId('until').value.trim()] : [time, ''];
  if (byId('namespace').value) words.push(`--namespace=${byId('namespace').value}`);
  if (since) words.push(`"--since=${since}"`);
  if (until) words.push(`"--until=${until}"`);
  return words.filter(word => word !== '').join(' ');
}

function followMap() {
  mapFeed.abort();
  mapFeed = new AbortController();
  follow('/map', wordsOf(), mapFeed.signal, readMap);
}

function followFlows() {
  flowFeed.abort();
  flowFeed = new AbortController();
  byId('rows').replaceChildren();
  rows.clear();
  [held, leftOut] = [[], 0];
  byId('flow-note').textContent = '';
  const words = byId('failing').checked ? `${wordsOf()} --verdict=DROPPED` : wordsOf();
  follow('/flows', words, flowFeed.signal, readFlows);
}

function followBoth() {
  followMap();
  followFlows();
}

byId('filters').addEventListener('submit', event => {
  event.preventDefault();
  followBoth();
});
byId('namespace').addEventListener('change', followBoth);
byId('time').addEventListener('change', () => {
  const isOther = byId('time').value === 'other';
  for (const element of document.querySelectorAll('.period')) element.hidden = !isOther;
  if (!isOther) followBoth();
});
byId('failing').addEventListener('change', followFlows);
byId('pause').addEventListener('change', showFlows);

openSession().then(problem => problem ? report(problem) : followBoth());
