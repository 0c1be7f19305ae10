import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RERANK_AFTER, Ranking, rank, type Ranked } from './rank';

const row = (id: string, x: number | null, state: Ranked['state']): Ranked => ({ id, x, state });

test('too little weighs four times too much', () => {
  assert.deepEqual(rank([row('over30', 1.3, 'over'), row('under11', 0.89, 'under'), row('over50', 1.5, 'over'), row('under24', 0.76, 'under')]),
    ['under24', 'over50', 'under11', 'over30']);
});

test('then what cannot be judged, then the balanced, last what is not connected', () => {
  assert.deepEqual(rank([row('u', null, 'unmeasured'), row('n', 1.02, 'normal'), row('l', null, 'lost'), row('s', 1, 'stuck'), row('o', 1.21, 'over')]),
    ['o', 'l', 's', 'n', 'u']);
});

test('equal stations keep their order', () => {
  assert.deepEqual(rank([row('b', 1, 'normal'), row('a', 1, 'normal')]), ['b', 'a']);
});

test('the order stands for ten seconds, and longer under the pointer', () => {
  const r = new Ranking();
  const first = [row('a', 0.8, 'under'), row('b', 0.85, 'under')];
  const turned = [row('a', 0.85, 'under'), row('b', 0.8, 'under')];
  assert.deepEqual(r.update(first, 0, false), ['a', 'b']);
  assert.deepEqual(r.update(turned, RERANK_AFTER - 1, false), ['a', 'b']);
  assert.deepEqual(r.update(turned, RERANK_AFTER, true), ['a', 'b']);
  assert.deepEqual(r.update(turned, RERANK_AFTER, false), ['b', 'a']);
});

test('another set of rows is ranked at once', () => {
  const r = new Ranking();
  r.update([row('a', 0.8, 'under')], 0, false);
  assert.deepEqual(r.update([row('a', 0.8, 'under'), row('c', 0.5, 'under')], 1, true), ['c', 'a']);
});
