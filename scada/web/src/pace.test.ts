import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paced } from './pace';

/** A bench with its own clock and work that ends when told to. */
function bench(pace: number) {
  let now = 0;
  let started = 0;
  const ends: (() => void)[] = [];
  const timers: { at: number; f: () => void }[] = [];
  const trigger = paced(() => { started++; return new Promise((r) => { ends.push(r); }); }, pace, () => now, (f, ms) => timers.push({ at: now + ms, f }));
  const settle = async () => { for (let i = 0; i < 8; i++) await Promise.resolve(); };
  return {
    trigger, settle,
    started: () => started,
    end: async () => { ends.shift()!(); await settle(); },
    advance: async (ms: number) => {
      now += ms;
      for (const t of timers.splice(0)) if (t.at <= now) t.f(); else timers.push(t);
      await settle();
    },
  };
}

test('never twice at a time, and once more for all that asked meanwhile', async () => {
  const b = bench(1000);
  b.trigger();
  b.trigger();
  b.trigger();
  assert.equal(b.started(), 1);
  await b.end();
  assert.equal(b.started(), 1, 'the pace is kept');
  await b.advance(1000);
  assert.equal(b.started(), 2);
});

test('a trigger that is urgent does not wait', async () => {
  const b = bench(1000);
  b.trigger();
  await b.end();
  b.trigger(true);
  assert.equal(b.started(), 2);
});

test('an urgent one while working follows at once', async () => {
  const b = bench(1000);
  b.trigger();
  b.trigger(true);
  await b.end();
  assert.equal(b.started(), 2);
});

test('many triggers within the pace are one', async () => {
  const b = bench(1000);
  b.trigger();
  await b.end();
  b.trigger();
  b.trigger();
  await b.advance(999);
  assert.equal(b.started(), 1);
  await b.advance(1);
  assert.equal(b.started(), 2);
});
