// The live page: asks the program that serves it for the map and the flows, and shows what comes.

const SESSION = 'depmap-session';
const MAX_ROWS = 300;
const RETRY_MS = 1000;

let session = null;
let feed = new AbortController();
const problems = { page: '', map: '', flows: '' };
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

/** Reads the map and the flows line by line; when the connection is lost, asks for them again. */
async function follow(words, flows, signal) {
  while (!signal.aborted) {
    const body = await open(words, flows, signal);
    if (body === null) return;
    if (body) {
      const lines = linesOf(body);
      for (let line = await next(lines); line !== null; line = await next(lines)) {
        report('page', '');
        if (line !== '') read(JSON.parse(line));
      }
    }

    if (signal.aborted) return;
    report('page', 'kubectl depmap ui does not answer. Trying again.');
    await new Promise(resolve => setTimeout(resolve, RETRY_MS));
  }
}

/** The answer's body; undefined if there is no connection, null if there is nothing to wait for. */
async function open(words, flows, signal) {
  let response;
  try {
    response = await ask('/feed', { words, flows }, signal);
  } catch {
    return undefined;
  }
  if (response.status === 401) report('page', 'This session has ended. Open the link that kubectl depmap ui prints.');
  byId('invalid').textContent = response.status === 400 ? await response.text() : '';
  return response.ok ? response.body : [400, 401].includes(response.status) ? null : undefined;
}

/** The next line; null at the end, or when the connection is lost. */
async function next(lines) {
  try {
    const { value, done } = await lines.next();
    return done ? null : value;
  } catch {
    return null;
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
    for (const other of others) {
      yield parts.join('');
      parts = [other];
    }
  }
}

/** Says what is wrong with the page's connection, the map or the flows; nothing if the text is empty. */
function report(what, text) {
  if (problems[what] === text) return;
  problems[what] = text;
  byId('state').textContent = [...new Set(Object.values(problems))].filter(problem => problem !== '').join(' ');
  byId('state').className = 'bad';
}

function read(line) {
  if (line.problem) report(line.feed, line.problem);
  else if (line.feed === 'map') readMap(line);
  else readFlows(line);
}

function readMap({ map: data, edges, about }) {
  report('map', '');
  if (data) {
    showModel(readModel(data));
    addNamespaces();
  } else updateCounts(readEdges(edges));
  byId('about').textContent = [periodOf(about), ...about.notes].filter(text => text !== '').join(' · ');
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

function readFlows({ note, lost, flows, left_out: more }) {
  report('flows', '');
  if (note) byId('flow-note').textContent = note;
  if (lost) byId('flow-lost').textContent = lost;
  if (!flows) return;
  const all = [...held, ...flows];
  held = all.slice(-MAX_ROWS);
  leftOut += (more ?? 0) + all.length - held.length;
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
  byId('flow-note').textContent = rows.size === 0 ? 'none yet' : leftOut > 0 ? `${leftOut.toLocaleString('en')} more than fit here` : '';
}

function flowRow(flow) {
  const time = new Date(flow.time);
  const shown = `${time.toLocaleTimeString('sv')}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  const button = html('button', { type: 'button', title: `${flow.client}: show it in the map` }, flow.client);
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
    button.disabled = true;
    button.textContent = 'Asking…';
    showAnswer(key, await explain(edge));
    button.disabled = false;
    button.textContent = 'Why?';
  });
  return place;
};

async function explain({ from, to, port }) {
  try {
    const response = await ask('/why', { source: from, destination: to, port });
    return `${await response.text()}\nasked at ${new Date().toLocaleTimeString('sv')}`;
  } catch {
    return 'kubectl depmap ui does not answer.';
  }
}

function showAnswer(key, text) {
  answers.set(key, text);
  for (const place of document.querySelectorAll('.why')) {
    if (place.dataset.key !== key) continue;
    place.querySelector('pre')?.remove();
    place.append(html('pre', {}, text));
  }
}

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

/** Asks for the map and the flows anew, from a page that somebody sees. */
function start() {
  feed.abort();
  if (!session || document.hidden) return;
  feed = new AbortController();
  byId('rows').replaceChildren();
  rows.clear();
  [held, leftOut] = [[], 0];
  byId('flow-note').textContent = 'none yet';
  byId('flow-lost').textContent = '';
  const words = wordsOf();
  follow(words, byId('failing').checked ? `${words} --verdict=DROPPED` : words, feed.signal);
}

async function openPage() {
  report('page', await openSession());
  if (problems.page === '') start();
}

byId('filters').addEventListener('submit', event => {
  event.preventDefault();
  start();
});
byId('namespace').addEventListener('change', start);
byId('time').addEventListener('change', () => {
  const isOther = byId('time').value === 'other';
  for (const element of document.querySelectorAll('.period')) element.hidden = !isOther;
  if (!isOther) start();
});
byId('failing').addEventListener('change', start);
byId('pause').addEventListener('change', showFlows);
// Another link was pasted into the address bar: only the fragment changes.
addEventListener('hashchange', openPage);
document.addEventListener('visibilitychange', start);
// Counts change all the time: a screen reader would never stop.
byId('facts').removeAttribute('aria-live');

openPage();
