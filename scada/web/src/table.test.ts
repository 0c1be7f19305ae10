import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Table, document, live, type Snap } from './table';

const snap = (): Snap => ({
  k: 'snap', t: 1, p: 1, topic: 'net', epoch: 'e', s: 41,
  cols: ['state', 'x', 'plant_ms'], rows: ['S1', 'S2'],
  v: [['normal', 1.01, 100], ['under', 0.8, 100]], q: [[1, 'stale']],
});

test('a snapshot becomes rows with their qualities', () => {
  const rows = new Table(snap()).rows();
  assert.equal(rows.length, 2);
  assert.deepEqual(live(rows[0]!, 'x'), { v: 1.01, q: 'stale', t: 100 });
  assert.deepEqual(live(rows[1]!, 'x'), { v: 0.8, q: 'good', t: 100 });
});

test('a topic without rows is an empty table, and fills later', () => {
  const table = new Table({ ...snap(), rows: null, v: [], q: [] });
  assert.deepEqual(table.rows(), []);
  assert.ok(table.apply({ k: 'delta', t: 2, p: 2, topic: 'net', s: 42, r: ['S1'], i: [0, 1], v: ['over', 1.4] }));
  assert.deepEqual(table.rows().map((r) => [r.id, r.cells['x']]), [['S1', 1.4]]);
});

test('rows that are gone keep their number in a snapshot', () => {
  const table = new Table({ ...snap(), rows: ['', 'S2'], v: [[null, null, null], ['under', 0.8, 100]], q: [] });
  assert.deepEqual(table.rows().map((r) => r.id), ['S2']);
  table.apply({ k: 'delta', t: 2, p: 2, topic: 'net', s: 42, i: [4], v: [0.7] });
  assert.equal(table.rows()[0]!.cells['x'], 0.7);
});

test('cell numbers ascend by differences, over rows', () => {
  const table = new Table(snap());
  assert.ok(table.apply({ k: 'delta', t: 2, p: 2, topic: 'net', s: 42, i: [1, 3, 1], v: [0.93, null, 200], q: [[1, 'good'], [4, 'bad']] }));
  const [a, b] = table.rows();
  assert.equal(a!.cells['x'], 0.93);
  assert.equal(live(a!, 'x').q, 'good');
  assert.deepEqual(live(b!, 'x'), { v: null, q: 'bad', t: 200 });
});

test('rows are added and go away without moving the numbers of others', () => {
  const table = new Table(snap());
  table.apply({ k: 'delta', t: 2, p: 2, topic: 'net', s: 42, r: ['S3'], x: [0], i: [6, 1], v: ['over', 1.5] });
  assert.deepEqual(table.rows().map((r) => r.id), ['S2', 'S3']);
  table.apply({ k: 'delta', t: 3, p: 3, topic: 'net', s: 43, i: [1, 6], v: [9, 1.6] });
  assert.deepEqual(table.rows().map((r) => r.cells['x']), [0.8, 1.6]);
});

test('a missing number asks for a snapshot and changes nothing', () => {
  const table = new Table(snap());
  assert.equal(table.apply({ k: 'delta', t: 2, p: 2, topic: 'net', s: 43, i: [1], v: [0.5] }), false);
  assert.equal(table.rows()[0]!.cells['x'], 1.01);
});

test('changed rows are new objects, others the same', () => {
  const table = new Table(snap());
  const before = table.rows();
  table.apply({ k: 'delta', t: 2, p: 2, topic: 'net', s: 42, i: [1], v: [0.5] });
  const after = table.rows();
  assert.notEqual(after[0], before[0]);
  assert.equal(after[1], before[1]);
  assert.equal(before[0]!.cells['x'], 1.01, 'a row that was handed out stays as it was');
});

test('a document keeps plain keys and turns measured ones into values', () => {
  const doc = document<{ state: string; x: unknown }>(new Table(snap()).rows()[0]!, ['x', 'absent']);
  assert.deepEqual(doc, { state: 'normal', x: { v: 1.01, q: 'stale', t: 100 }, plant_ms: 100 });
});
