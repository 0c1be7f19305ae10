import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const read = (lang: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`./words/${lang}.json`, import.meta.url), 'utf8'));
const zh = read('zh');
const en = read('en');

test('both languages have the same words', () => {
  assert.deepEqual(Object.keys(en).sort(), Object.keys(zh).sort());
});

test('both languages fill in the same values', () => {
  const slots = (s: string) => [...s.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();
  for (const key of Object.keys(zh)) assert.deepEqual(slots(en[key]!), slots(zh[key]!), key);
});

test('no word is empty, and English has no Chinese in it', () => {
  for (const key of Object.keys(zh)) {
    assert.ok(zh[key]!.trim() && en[key]!.trim(), key);
    if (key !== 'lang.other') assert.doesNotMatch(en[key]!, /[\u4e00-\u9fff]/, key);
  }
});

test('no Chinese is written into the components', () => {
  for (const dir of ['.', './ui', './map']) {
    for (const file of readdirSync(new URL(dir + '/', import.meta.url))) {
      if (!/\.tsx?$/.test(file) || /\.test\.ts$/.test(file)) continue;
      const code = readFileSync(new URL(`${dir}/${file}`, import.meta.url), 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
      assert.doesNotMatch(code, /[\u4e00-\u9fff]/, `${dir}/${file}: words belong into words/zh.json`);
    }
  }
});
