// check-ui.mjs CHROMIUM LINK FOLDER: opens the live page of the lab's shop, uses it as a reader does while the shop changes, and prints
// what it found as JSON. NEW_EDGE, STOP_RELAY and START_RELAY are commands.
import { execSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const [chromium, link, folder] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
const found = {};
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  const messages = [];
  const requests = [];
  page.on('console', message => messages.push(message.text()));
  page.on('pageerror', error => messages.push(String(error)));
  page.on('request', request => requests.push(new URL(request.url()).origin));
  await page.setViewport({ width: 1600, height: 1000 });
  const texts = selector => page.$$eval(selector, elements => elements.map(element => element.textContent));
  const wires = () => texts('.wire title');
  const rows = () => texts('#rows tr');
  const until = (test, ...args) => page.waitForFunction(test, { polling: 200 }, ...args);

  await page.goto(link);
  await until(() => document.querySelectorAll('.wire').length >= 5 && document.querySelectorAll('#rows tr').length >= 10);
  found.address = page.url();
  found.wires = (await wires()).map(text => text.split('\n')[0]);
  found.about = await page.$eval('#about', element => element.textContent);
  found.verdicts = [...new Set(await texts('#rows td:nth-child(2)'))].sort();
  await page.screenshot({ path: join(folder, 'ui.light.png') });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  await page.screenshot({ path: join(folder, 'ui.dark.png') });
  await page.evaluate(`${axe}; 0`);
  found.violations = [];
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    const { violations } = await page.evaluate('axe.run()');
    found.violations.push(...violations.map(one => `${one.id}: ${one.help} (${one.nodes.map(node => node.target).slice(0, 3).join(' ')})`));
  }

  // A line's facts, and why. They stay while the counts change.
  await page.$$eval('.wire', elements => elements.find(element => element.textContent.includes('to shop/payments')).focus());
  await page.keyboard.press('Enter');
  await page.click('.why button');
  await until(() => document.querySelector('.why pre')?.textContent);
  found.why = await page.$eval('.why pre', element => element.textContent);
  const count = () => page.$eval('#facts dl', element => element.textContent);
  const before = await count();
  await until(text => document.querySelector('#facts dl').textContent !== text, before);
  found.whyStays = await page.$eval('.why pre', element => element.textContent) === found.why;

  // A flow leads to its line.
  await page.keyboard.press('Escape');
  await page.click('#rows tr button');
  found.chosenByFlow = (await texts('.wire.chosen, .item.chosen')).length > 0;
  await page.keyboard.press('Escape');

  // A new edge appears by itself.
  const known = (await wires()).length;
  execSync(process.env.NEW_EDGE, { stdio: 'ignore' });
  await until(number => document.querySelectorAll('.wire').length > number, known);
  found.added = (await wires()).map(text => text.split('\n')[0]).filter(name => !found.wires.includes(name));

  // Drops in focus.
  await page.click('#failing');
  await until(() => [...document.querySelectorAll('#rows td:nth-child(2)')].some(cell => cell.textContent === 'DROPPED'));
  found.dropsOnly = [...new Set(await texts('#rows td:nth-child(2)'))];
  await page.click('#failing');

  // Filters.
  await page.type('#words', '--to svc/redis');
  await page.keyboard.press('Enter');
  await until(() => document.querySelectorAll('.wire').length === 1);
  found.filtered = (await wires()).map(text => text.split('\n')[0]);
  await until(() => document.querySelectorAll('#rows tr').length > 0);
  found.filteredServers = [...new Set((await texts('#rows td:nth-child(4)')).map(text => text.split(' ')[0]))];
  await page.$eval('#words', element => { element.value = ''; });
  await page.type('#words', '--namespaze shop');
  await page.keyboard.press('Enter');
  await until(() => document.querySelector('#invalid').textContent);
  found.invalid = await page.$eval('#invalid', element => element.textContent);
  await page.$eval('#words', element => { element.value = ''; });
  await page.focus('#words');
  await page.keyboard.press('Enter');
  await until(() => document.querySelectorAll('.wire').length >= 5);
  found.invalidAfter = await page.$eval('#invalid', element => element.textContent);
  await page.select('#namespace', 'kube-system');
  await until(() => [...document.querySelectorAll('.wire title')].every(title => title.textContent.includes('coredns')));
  found.byNamespace = (await wires()).length;
  await page.select('#namespace', '');
  await page.select('#time', '5m');
  await until(() => document.querySelectorAll('.wire').length >= 5);
  await page.select('#time', '');

  // The relay restarts: the page says so, and goes on with what the new one has.
  execSync(process.env.STOP_RELAY, { stdio: 'ignore' });
  await until(() => document.querySelector('#state').textContent);
  found.problem = await page.$eval('#state', element => element.textContent);
  execSync(process.env.START_RELAY, { stdio: 'ignore' });
  await until(() => document.querySelector('#state').textContent === '' && document.querySelectorAll('.wire').length >= 3);
  await until(() => document.querySelector('#counts').textContent.includes('with drops') && document.querySelector('#counts .bad'));
  const newest = (await rows())[0];
  await until(text => document.querySelector('#rows tr')?.textContent !== text, newest);

  // Loaded again, the window keeps its session; the link of another is used up.
  await page.reload();
  await until(() => document.querySelectorAll('.wire').length >= 3);
  // A link that is pasted into the address bar of a window with an ended session opens a new one.
  await page.evaluate(() => sessionStorage.clear());
  await page.evaluate(address => { location.href = address; }, `${new URL(link).origin}/#${await nextToken()}`);
  await until(() => sessionStorage.getItem('depmap-session') && location.hash === '');
  const other = await (await browser.createBrowserContext()).newPage();
  await other.goto(link);
  await other.waitForFunction(() => document.querySelector('#state').textContent);
  found.usedLink = await other.$eval('#state', element => element.textContent);
  found.usedLinkWires = await other.$$eval('.wire', elements => elements.length);
  found.messages = messages.filter(text => !text.includes('400 (Bad Request)')); // the invalid filter, as the browser logs it
  found.origins = [...new Set(requests)];
} finally {
  await browser.close();
}

console.log(JSON.stringify(found));

/** Of the link that was printed last. */
async function nextToken() {
  return (await readFile(process.env.PRINTED, 'utf8')).trim().split('#').at(-1);
}
