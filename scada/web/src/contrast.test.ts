import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('./style/tokens.css', import.meta.url), 'utf8');

function table(block: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const m of block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)) found.set(m[1]!, m[2]!);
  return found;
}
const [light, dark] = css.split(":root[data-theme='dark']").map(table) as [Map<string, string>, Map<string, string>];

/** WCAG 2.1 relative luminance. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (hi + 0.05) / (lo + 0.05);
}

// Text must reach 4.5; graphics that carry meaning 3.0 (WCAG 1.4.3, 1.4.11).
const text = ['ink', 'ink2', 'ink3', 'live', 'under', 'over', 'hs', 'hr', 'demo'];
const grounds = ['panel', 'plot', 'card', 'bar'];

for (const [name, t] of [['light', light], ['dark', dark]] as const) {
  test(`${name}: every ink can be read on every ground`, () => {
    for (const ink of text) {
      for (const ground of grounds) {
        const c = contrast(t.get(ink)!, t.get(ground)!);
        assert.ok(c >= 4.5, `--${ink} on --${ground}: ${c.toFixed(2)}`);
      }
    }
    assert.ok(contrast(t.get('act-ink')!, t.get('act')!) >= 4.5, 'button text');
    assert.ok(contrast(t.get('sel-ink')!, t.get('sel')!) >= 7, 'selected row');
  });
  test(`${name}: alarm symbols are carried by their outline`, () => {
    for (const p of ['p1', 'p2', 'p3', 'p4']) {
      const best = Math.max(contrast(t.get(p)!, t.get('panel')!), contrast(t.get('al-out')!, t.get('panel')!));
      assert.ok(best >= 3, `--${p}: ${best.toFixed(2)}`);
    }
    assert.ok(contrast(t.get('pointer')!, t.get('track')!) >= 3, 'bar pointer');
  });
}

test('both themes name the same tokens', () => {
  assert.deepEqual([...dark.keys()].sort(), [...light.keys()].sort());
});
