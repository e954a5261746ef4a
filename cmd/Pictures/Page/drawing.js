// Draws a view at the positions that the program has computed.

const NODE_WIDTH = 190;
const NODE_HEIGHT = 44;
const HEAD = 8;

function svg(name, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** By the logarithm of the bytes, as in Traffic.cs. */
function lineWidth(total) {
  const share = (Math.log2(Math.max(1, total)) - 10) / 23;
  return 1.25 + 4.75 * Math.min(1, Math.max(0, share));
}

/** Straight, then curved, in turns; the end leaves room for the arrow's head. As LinePath.cs. */
function linePath(line) {
  const points = line.points;
  let path = `M${points[0]} ${points[1]}`;
  if (line.source === line.target) return `${path} C${points.slice(2).join(' ')}`;
  let [x, y] = points;
  for (let i = 2; i < points.length; i += 2) {
    const isLast = i >= points.length - 4;
    const nextX = points[i] + (isLast ? (line.reversed ? HEAD : -HEAD) : 0);
    const nextY = points[i + 1];
    const middle = (x + nextX) / 2;
    path += (i / 2) % 2 === 0 && y !== nextY ? ` C${middle} ${y} ${middle} ${nextY} ${nextX} ${nextY}` : ` L${nextX} ${nextY}`;
    [x, y] = [nextX, nextY];
  }
  return path;
}

function shortened(text, length) {
  const letters = [...text];
  if (letters.length <= length) return text;
  const end = Math.floor((length - 1) / 2);
  return `${letters.slice(0, length - 1 - end).join('')}…${letters.slice(letters.length - end).join('')}`;
}

function drawBox(model, [group, x, y, width, height]) {
  const name = model.groups[group].name;
  return svg('g', { class: 'box' },
    svg('rect', { x, y, width, height, rx: 12 }),
    svg('text', { x: x + 14, y: y + 21 }, shortened(name, Math.max(8, Math.floor(width / 8)))));
}

function drawLine(model, view, line) {
  const path = linePath(line);
  const wire = svg('g', { class: 'wire', role: 'button', tabindex: -1, 'data-line': line.index },
    svg('title', {}),
    svg('path', { class: 'touch', d: path }),
    svg('path', { d: path }));
  countLine(model, view, line, wire);
  return wire;
}

/** Shows the counts of a line that is drawn. */
function countLine(model, view, line, wire) {
  const failing = line.dropped > 0;
  const path = wire.lastElementChild;
  path.setAttribute('class', failing ? 'line failing' : 'line');
  path.setAttribute('stroke-width', lineWidth(line.sent + line.received));
  if (line.source !== line.target) path.setAttribute('marker-end', failing ? 'url(#arrow-failing)' : 'url(#arrow)');
  const name = `${fullName(model, view.items[line.source])} to ${fullName(model, view.items[line.target])}`;
  wire.firstElementChild.textContent = `${name}\n${portsOf(line)}\n${trafficOf(line)}`;
}

function drawItem(model, item) {
  const isPlain = item.kind === 'outside' || item.kind === 'host' || item.group < 0;
  const size = { width: NODE_WIDTH, height: NODE_HEIGHT, rx: 8 };
  const node = svg('g', {
    class: `item node ${item.kind}`, role: 'button', tabindex: -1, 'data-item': item.index,
    transform: `translate(${item.x} ${item.y})`,
  }, svg('title', {}, `${fullName(model, item)}\n${item.detail}`));
  if (item.folded >= 0) node.append(svg('rect', { class: 'sheet', x: 4, y: 4, ...size }));
  // The title is the name for assistive technology too, since the text may be shortened.
  const content = svg('g', { 'clip-path': 'url(#card)', 'aria-hidden': 'true' },
    svg('rect', { class: isPlain ? 'none' : `c${item.group % 8}`, width: 5, height: NODE_HEIGHT }),
    svg('text', { class: 'name', x: 15, y: item.detail ? 19 : 27 }, shortened(item.name, 23)));
  if (item.detail) content.append(svg('text', { class: 'detail', x: 15, y: 35 }, shortened(item.detail, 29)));
  node.append(svg('rect', { class: 'card', ...size }), content);
  return node;
}

/** Replaces what is in `ground`. Failing lines are above the others, nodes above all lines. */
function drawView(ground, model, view) {
  const lines = [...view.lines].sort((one, other) => (one.dropped > 0) - (other.dropped > 0));
  ground.replaceChildren(
    ...view.boxes.map(box => drawBox(model, box)),
    ...lines.map(line => drawLine(model, view, line)),
    ...view.items.map(item => drawItem(model, item)));
}
