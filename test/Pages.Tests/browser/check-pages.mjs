// check-pages.mjs CHROMIUM FOLDER: opens each page of a folder, light and dark, uses it as a reader does, and prints what it found as JSON.
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const [chromium, folder] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
const results = [];
try {
  for (const file of (await readdir(folder)).filter(name => name.endsWith('.html')).sort()) {
    for (const scheme of ['light', 'dark']) results.push(await check(file, scheme));
  }
} finally {
  await browser.close();
}

console.log(JSON.stringify(results));

async function check(file, scheme) {
  const page = await browser.newPage();
  const messages = [];
  const requests = [];
  page.on('console', message => messages.push(message.text()));
  page.on('pageerror', error => messages.push(String(error)));
  page.on('dialog', dialog => { messages.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', request => requests.push(request.url()));
  await page.setViewport({ width: 1600, height: 1000 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  const url = pathToFileURL(join(folder, file)).href;
  await page.goto(url);
  const used = await use(page);
  await page.screenshot({ path: join(folder, `${file}.${scheme}.png`) });
  const failing = messages.length;
  // The policy of the page allows no other script, so axe comes by the debugger.
  await page.evaluate(`${axe}; 0`);
  const { violations } = await page.evaluate('axe.run()');
  await page.close();
  return {
    file, scheme, ...used,
    messages: messages.slice(0, failing),
    requests: requests.filter(other => other !== url),
    violations: violations.map(found => `${found.id}: ${found.help} (${found.nodes.map(node => node.target).slice(0, 3).join(' ')})`),
  };
}

/** By the keyboard and by the mouse. */
async function use(page) {
  const facts = () => page.$eval('#facts', element => element.textContent);
  const count = selector => page.$$eval(selector, elements => elements.length);
  const items = await count('.item');
  const lines = await count('.wire');
  if (items === 0) return { items, lines, overview: await facts() };

  const overview = await facts();
  await page.$eval('.item[tabindex="0"]', element => element.focus());
  await page.keyboard.press('Enter');
  const node = await facts();
  await page.$eval('.wire', element => element.focus());
  await page.keyboard.press('Enter');
  const line = await facts();
  await page.keyboard.press('Escape');
  const name = await page.$eval('#data', element => JSON.parse(element.textContent).nodes[0][0]);
  await page.keyboard.press('/');
  await page.keyboard.type(name);
  const found = await count('#facts li');
  await page.keyboard.press('Enter');
  const chosen = await count('.item.chosen');
  const before = await page.$eval('#ground', element => element.getAttribute('transform'));
  await page.click('#in');
  const isZoomed = before !== await page.$eval('#ground', element => element.getAttribute('transform'));
  // Every view can be drawn.
  const views = [];
  for (const value of await page.$$eval('#views option', options => options.map(option => option.value))) {
    await page.select('#views', value);
    views.push(await count('.item'));
  }

  await page.select('#views', '0');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Escape');
  await page.keyboard.press('0');
  return { items, lines, overview, node, line, found, chosen, isZoomed, views };
}
