// The page: which view is shown, what is chosen, and how far it is zoomed.

const byId = id => document.getElementById(id);
const map = byId('map');
const ground = byId('ground');
let model = null;
let view = null;
let chosen = null;
let place = { x: 0, y: 0, scale: 1 };

/** Shows a map: with the view, the place and the choice as before, as far as it has them. */
function showModel(next) {
  const old = view;
  const names = chosen && endsOf(chosen);
  const focused = view && meantBy(document.activeElement);
  const focusedNames = focused && endsOf(focused);
  const last = { place, facts: byId('facts').scrollTop };
  const titles = model?.views.map(other => other.title).join('\n');
  model = next;
  if (titles !== model.views.map(other => other.title).join('\n'))
    byId('views').replaceChildren(...model.views.map((other, index) => html('option', { value: index }, other.title)));
  showCounts();
  const index = old ? model.views.findIndex(other => other.title === old.title) : -1;
  showView(Math.max(0, index));
  if (index < 0) return;
  move(last.place);
  const found = names && findEnds(names);
  if (found) choose(found);
  else if (byId('search').value.trim() !== '') search();
  byId('facts').scrollTop = last.facts;
  const same = focusedNames && findEnds(focusedNames);
  if (same) (same.item ? elementOf(same.item) : ground.querySelector(`[data-line="${same.line.index}"]`)).focus();
}

function showCounts() {
  const drops = model.edges.filter(edge => edge.dropped > 0).length;
  byId('counts').replaceChildren(`${counted(model.nodes.length, 'node')}, ${counted(model.edges.length, 'edge')}, `,
    html('span', drops ? { class: 'bad' } : {}, `${drops.toLocaleString('en')} with drops`));
}

/** The names of what is chosen: of one item, or of both ends of a line. */
function endsOf({ item, line }) {
  return (item ? [item] : [view.items[line.source], view.items[line.target]]).map(end => fullName(model, end));
}

/** What has these names in this view. */
function findEnds(names) {
  const ends = names.map(name => view.items.find(item => fullName(model, item) === name));
  if (ends.includes(undefined)) return null;
  if (ends.length === 1) return { item: ends[0] };
  const line = view.lines.find(other => other.source === ends[0].index && other.target === ends[1].index);
  return line ? { line } : null;
}

/** Shows other counts of the same map. */
function updateCounts(edges) {
  model.edges = edges;
  showCounts();
  view = openView(model, model.views[byId('views').value]);
  for (const wire of ground.querySelectorAll('.wire')) countLine(model, view, view.lines[wire.dataset.line], wire);
  if (chosen) chosen = chosen.item ? { item: view.items[chosen.item.index] } : { line: view.lines[chosen.line.index] };
  const near = nearTo(chosen);
  mark(chosen?.item, chosen?.line, near);
  const isFound = byId('search').value.trim() !== '' && !chosen;
  if (!isFound) updateFacts(factsOf(chosen));
}

/** Replaces what the panel shows if it changes, and keeps where its reader is. */
function updateFacts(parts) {
  const facts = byId('facts');
  const next = html('div', {}, ...parts);
  const selection = getSelection();
  const isRead = !selection.isCollapsed && facts.contains(selection.anchorNode);
  if (isRead || next.textContent === facts.textContent) return;
  const top = facts.scrollTop;
  const focus = [...facts.querySelectorAll('button')].indexOf(document.activeElement);
  facts.replaceChildren(...next.childNodes);
  facts.scrollTop = top;
  if (focus >= 0) facts.querySelectorAll('button')[focus]?.focus();
}

function showView(index, node) {
  view = openView(model, model.views[index]);
  byId('views').value = String(index);
  drawView(ground, model, view);
  map.classList.toggle('dense', view.lines.length > 5 * view.items.length);
  fit();
  const item = node === undefined ? undefined : view.items[view.itemOf(node)];
  choose(item ? { item } : null);
  const first = ground.querySelector('.item');
  if (first && !item) first.setAttribute('tabindex', '0');
}

/** Chooses an item or a line, or nothing. */
function choose(what) {
  chosen = what;
  mark(what?.item, what?.line, nearTo(what));
  byId('facts').replaceChildren(...factsOf(what));
  byId('facts').scrollTop = 0;
}

function factsOf(what) {
  return what?.item ? itemFacts(model, view, what.item, choose, showView)
    : what?.line ? lineFacts(model, view, what.line, choose) : summaryFacts(model, view, choose);
}

/** The items that have to do with it. */
function nearTo(what) {
  const { item, line } = what ?? {};
  const near = new Set(line ? [line.source, line.target] : (item?.lines ?? []).flatMap(other => [other.source, other.target]));
  if (item) near.add(item.index);
  return near;
}

function mark(item, line, near) {
  const onlyFailing = byId('failing').checked;
  const failing = new Set(view.lines.filter(other => other.dropped > 0).flatMap(other => [other.source, other.target]));
  const words = byId('search').value.trim().toLowerCase();
  for (const element of ground.querySelectorAll('.wire')) {
    const other = view.lines[element.dataset.line];
    const isNear = line ? other === line : item ? item.lines.includes(other) : true;
    element.classList.toggle('chosen', other === line);
    element.classList.toggle('dim', !isNear || (onlyFailing && other.dropped === 0));
  }
  for (const element of ground.querySelectorAll('.item')) {
    const other = view.items[element.dataset.item];
    const isFound = words !== '' && matches(other, words);
    element.classList.toggle('chosen', other === item);
    element.classList.toggle('found', isFound);
    const isFar = item || line ? !near.has(other.index) : words !== '' && !isFound;
    element.classList.toggle('dim', isFar || (onlyFailing && !failing.has(other.index)));
    if (item) element.setAttribute('tabindex', other === item ? '0' : '-1');
  }
}

function matches(item, words) {
  if (fullName(model, item).toLowerCase().includes(words)) return true;
  return item.folded >= 0 && model.nodes.some(node => node.group === item.folded && fullName(model, node).toLowerCase().includes(words));
}

function search() {
  const words = byId('search').value.trim().toLowerCase();
  choose(null);
  if (words === '') return;
  const nodes = model.nodes.filter(node => fullName(model, node).toLowerCase().includes(words))
    .map(node => ({ name: fullName(model, node), more: node.detail, act: () => reveal(node) }));
  const groups = model.views.map((other, index) => ({ name: other.title, more: 'open this view', act: () => showView(index) }))
    .filter(entry => entry.name.toLowerCase().includes(words));
  const found = [...nodes, ...groups];
  byId('facts').replaceChildren(
    html('h2', {}, found.length === 1 ? '1 match' : `${found.length.toLocaleString('en')} matches`),
    buttonList(found.slice(0, 60)));
}

/** Goes to a view that shows the node. */
function reveal(node) {
  const has = other => other.items.some(([index]) => index === node.index);
  const current = model.views[byId('views').value];
  const index = has(current) ? Number(byId('views').value) : model.views.findIndex(has);
  if (index < 0) return;
  showView(index, node.index);
  const item = view.items[view.itemOf(node.index)];
  const { width, height } = map.getBoundingClientRect();
  const scale = Math.max(place.scale, 0.8);
  move({ x: width / 2 - (item.x + NODE_WIDTH / 2) * scale, y: height / 2 - (item.y + NODE_HEIGHT / 2) * scale, scale });
  elementOf(item).focus();
}

function move(next) {
  place = next;
  ground.setAttribute('transform', `translate(${place.x} ${place.y}) scale(${place.scale})`);
}

function fit() {
  const { width, height } = map.getBoundingClientRect();
  const scale = Math.min(1, (width - 16) / Math.max(1, view.width), (height - 16) / Math.max(1, view.height));
  // A very tall drawing starts at its top, at a size that can be read.
  const readable = Math.max(scale, Math.min(0.45, (width - 16) / Math.max(1, view.width)));
  const y = view.height * readable > height ? 8 : (height - view.height * readable) / 2;
  move({ x: Math.max(8, (width - view.width * readable) / 2), y, scale: readable });
}

function zoom(factor, x = map.clientWidth / 2, y = map.clientHeight / 2) {
  const scale = Math.min(4, Math.max(0.03, place.scale * factor));
  const change = scale / place.scale;
  move({ x: x - (x - place.x) * change, y: y - (y - place.y) * change, scale });
}

const elementOf = item => ground.querySelector(`[data-item="${item.index}"]`);

/** What an element of the map stands for. */
function meantBy(element) {
  const item = element.closest?.('.item');
  if (item) return { item: view.items[item.dataset.item] };
  const line = element.closest?.('.wire');
  return line ? { line: view.lines[line.dataset.line] } : null;
}

function activate(what) {
  const isAgain = what.item && what.item === chosen?.item && what.item.folded >= 0;
  const index = isAgain ? model.views.findIndex(other => other.focus === what.item.folded) : -1;
  if (index >= 0) showView(index);
  else choose(what);
}

/** The nearest item in the direction of an arrow key. */
function neighbour(item, key) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  let best = null;
  for (const other of view.items) {
    const along = (other.x - item.x) * dx + (other.y - item.y) * dy;
    const aside = Math.abs((other.x - item.x) * dy) + Math.abs((other.y - item.y) * dx);
    if (along > 1 && (best === null || along + 2 * aside < best.cost)) best = { other, cost: along + 2 * aside };
  }
  return best?.other;
}

function moveFocus(item, key) {
  const next = neighbour(item, key);
  if (!next) return;
  elementOf(item).setAttribute('tabindex', '-1');
  const element = elementOf(next);
  element.setAttribute('tabindex', '0');
  element.focus();
  const { width, height } = map.getBoundingClientRect();
  const x = place.x + next.x * place.scale;
  const y = place.y + next.y * place.scale;
  const isVisible = x > 0 && y > 0 && x + NODE_WIDTH * place.scale < width && y + NODE_HEIGHT * place.scale < height;
  if (!isVisible) move({ ...place, x: place.x + width / 2 - x, y: place.y + height / 2 - y });
}

function goBack() {
  if (byId('search').value) {
    byId('search').value = '';
    choose(null);
  } else if (chosen) choose(null);
  else if (byId('views').value !== '0') showView(0);
}

document.addEventListener('keydown', event => {
  const isTyping = event.target.matches('input:not([type="checkbox"]), select');
  if (event.key === 'Escape') goBack();
  else if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  else if (event.key === '/') byId('search').focus();
  else if (event.key === '+' || event.key === '=') zoom(1.25);
  else if (event.key === '-') zoom(0.8);
  else if (event.key === '0') fit();
  else if (event.key === 'Enter' || event.key === ' ') {
    const what = meantBy(event.target);
    if (!what) return;
    activate(what);
  } else if (event.key.startsWith('Arrow')) {
    const item = meantBy(event.target)?.item;
    if (!item) return;
    moveFocus(item, event.key);
  } else return;
  event.preventDefault();
});

let drag = null;
map.addEventListener('pointerdown', event => {
  drag = { x: event.clientX, y: event.clientY, from: place, what: meantBy(event.target), moved: false };
  map.setPointerCapture(event.pointerId);
});
map.addEventListener('pointermove', event => {
  if (!drag) return;
  const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.moved && Math.hypot(dx, dy) < 4) return;
  drag.moved = true;
  map.classList.add('moving');
  move({ ...drag.from, x: drag.from.x + dx, y: drag.from.y + dy });
});
map.addEventListener('pointerup', () => {
  if (drag && !drag.moved) {
    if (drag.what) activate(drag.what);
    else choose(null);
  }
  drag = null;
  map.classList.remove('moving');
});
map.addEventListener('wheel', event => {
  event.preventDefault();
  const { left, top } = map.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - left, event.clientY - top);
}, { passive: false });

byId('in').addEventListener('click', () => zoom(1.25));
byId('out').addEventListener('click', () => zoom(0.8));
byId('fit').addEventListener('click', fit);
byId('search').addEventListener('input', search);
byId('search').addEventListener('keydown', event => {
  if (event.key === 'Enter') byId('facts').querySelector('button')?.click();
});
byId('failing').addEventListener('change', () => choose(chosen));
byId('views').addEventListener('change', () => showView(Number(byId('views').value)));
addEventListener('resize', () => view && fit());
