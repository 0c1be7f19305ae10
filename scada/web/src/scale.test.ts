import assert from 'node:assert/strict';
import { test } from 'node:test';
import { line, linear, steps } from './scale';

test('ticks are round and inside the range', () => {
  assert.deepEqual(steps(0, 100, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(steps(0, 9160, 5), [0, 2000, 4000, 6000, 8000]);
  assert.deepEqual(steps(47, 56, 3).map((v) => Math.round(v)), [50, 55]);
  assert.deepEqual(steps(3, 3, 4), [3]);
});

test('linear maps both ends and survives an empty domain', () => {
  const f = linear(0, 10, 100, 0);
  assert.equal(f(0), 100);
  assert.equal(f(10), 0);
  assert.equal(linear(1, 1, 5, 9)(1), 5);
});

test('a gap stays a gap', () => {
  assert.equal(line([[0, 1], [1, 2], [2, null], [3, 4], [4, 5]]), 'M0.0 1.0L1.0 2.0M3.0 4.0L4.0 5.0');
});
