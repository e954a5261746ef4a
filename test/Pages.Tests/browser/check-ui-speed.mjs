// check-ui-speed.mjs CHROMIUM LINK FOLDER NAME: opens the live page of a large map, moves and zooms it in each of its largest views, and
// prints for each how many frames a second it drew, as JSON.
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const [chromium, link, folder, name] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
const results = [];
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  const messages = [];
  page.on('console', message => messages.push(message.text()));
  page.on('pageerror', error => messages.push(String(error)));
  await page.setViewport({ width: 1600, height: 1000 });
  await page.goto(link);
  await page.waitForFunction(() => document.querySelectorAll('.item').length > 0, { polling: 100 });
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.screenshot({ path: join(folder, `${name}.${scheme}.png`) });
  }

  for (const view of await page.$$eval('#views option', options => options.slice(0, 4).map(option => option.value))) {
    await page.select('#views', view);
    results.push(await page.evaluate(measure));
  }

  results.push({ messages });
} finally {
  await browser.close();
}

console.log(JSON.stringify(results));

/** Runs in the page: moves the map with the pointer for two seconds. */
async function measure() {
  const map = document.getElementById('map');
  const { left, top, width, height } = map.getBoundingClientRect();
  const send = (type, x, y) => map.dispatchEvent(
    new PointerEvent(type, { clientX: left + x, clientY: top + y, pointerId: 1, bubbles: true, cancelable: true }));
  const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
  map.setPointerCapture = () => {};
  const times = [await frame()];
  send('pointerdown', width / 2, height / 2);
  while (times.at(-1) - times[0] < 2000) {
    const angle = (times.at(-1) - times[0]) / 300;
    send('pointermove', width / 2 + 200 * Math.cos(angle), height / 2 + 150 * Math.sin(angle));
    times.push(await frame());
  }

  send('pointerup', width / 2 + 9, height / 2 + 9);
  const gaps = times.slice(1).map((time, i) => time - times[i]).sort((one, other) => one - other);
  return {
    view: document.getElementById('views').selectedOptions[0].textContent,
    items: document.querySelectorAll('.item').length,
    lines: document.querySelectorAll('.wire').length,
    framesPerSecond: Math.round((times.length - 1) / (times.at(-1) - times[0]) * 1000),
    medianGapMs: gaps[gaps.length >> 1],
  };
}
