// Builds the page into dist/: unhashed names, no clock, no machine paths, so
// that two builds of one source are the same bytes.
import { build } from 'esbuild';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';

const out = new URL('./dist/', import.meta.url);
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const result = await build({
  entryPoints: { app: 'src/main.tsx', theme: 'src/theme.ts' },
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2020', 'chrome92'],
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  metafile: true,
  loader: { '.svg': 'text' },
});

await cp('src/index.html', 'dist/index.html');
await cp('src/icon.svg', 'dist/icon.svg');

// The licences of what went into the bundle travel with it.
const packages = new Set();
for (const path of Object.keys(result.metafile.inputs)) {
  const m = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (m) packages.add(m[1]);
}
const texts = [];
for (const name of [...packages].sort()) {
  const { version, license } = JSON.parse(await readFile(`node_modules/${name}/package.json`, 'utf8'));
  let text = '';
  for (const file of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'LICENCE']) {
    try {
      text = await readFile(`node_modules/${name}/${file}`, 'utf8');
      break;
    } catch {
      // this package names its licence file otherwise
    }
  }
  texts.push(`${name} ${version} (${license})\n\n${text.replace(/\r\n/g, '\n').trim()}\n`);
}
await writeFile('dist/licenses.txt', texts.join(`\n${'-'.repeat(72)}\n\n`));

for (const [file, info] of Object.entries(result.metafile.outputs)) {
  console.log(`${file} ${(info.bytes / 1024).toFixed(0)} KiB`);
}
