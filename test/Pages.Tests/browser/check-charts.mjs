// check-charts.mjs CHROMIUM FOLDER: draws each Mermaid chart of a folder and prints the errors, and the labels of its nodes, as JSON.
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const [chromium, folder] = process.argv.slice(2);
const mermaid = await readFile(createRequire(import.meta.url).resolve('mermaid/dist/mermaid.min.js'), 'utf8');
const browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage();
await page.goto('about:blank');
await page.evaluate(`${mermaid}; mermaid.initialize({ startOnLoad: false }); 0`);
const results = [];
for (const file of (await readdir(folder)).filter(name => name.endsWith('.mmd')).sort()) {
  const chart = await readFile(join(folder, file), 'utf8');
  results.push({ file, ...await page.evaluate(draw, chart) });
}
await browser.close();
console.log(JSON.stringify(results));

async function draw(chart) {
  try {
    const { svg } = await mermaid.render('chart', chart);
    const holder = document.createElement('div');
    holder.innerHTML = svg;
    return { error: '', labels: [...holder.querySelectorAll('.node .nodeLabel')].map(label => label.textContent) };
  } catch (error) {
    return { error: String(error), labels: [] };
  }
}
