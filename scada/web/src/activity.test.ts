import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TELL_EVERY, watched } from './activity';

test('a hand at the page is told once a minute, and nothing is told without one', () => {
  let now = 1_000_000;
  let told = 0;
  const sign = watched(() => { told++; }, () => now);
  sign();
  assert.equal(told, 0, 'coming in has just been told');
  for (let s = 0; s < 600; s++) {
    now += 1000;
    sign();
  }
  assert.equal(told, 10);
  now += 25 * TELL_EVERY;
  assert.equal(told, 10, 'nobody is there');
  sign();
  sign();
  assert.equal(told, 11);
});

test('a clock that was set back holds nothing up', () => {
  let now = 1_000_000_000;
  let told = 0;
  const sign = watched(() => { told++; }, () => now);
  now -= 3600_000;
  sign();
  assert.equal(told, 1);
  sign();
  assert.equal(told, 1);
});
