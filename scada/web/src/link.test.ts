import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Link, Transit, retryDelay, type LinkState, type Socket } from './link';

class FakeSocket implements Socket {
  sent: string[] = [];
  closed = false;
  onopen = null;
  onmessage: ((e: { data: string }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  send(text: string) { this.sent.push(text); }
  close() { this.closed = true; }
}

/** A bench with its own time: advance runs the timers that fall due. */
function bench(accept = true) {
  let now = 1_000_000;
  let id = 0;
  const timers = new Map<number, { at: number; f: () => void }>();
  const sockets: FakeSocket[] = [];
  const states: LinkState[] = [];
  const link = new Link({
    open: () => { const s = new FakeSocket(); sockets.push(s); return s; },
    now: () => now,
    random: () => 0.5,
    later: (f, ms) => { const n = ++id; timers.set(n, { at: now + ms, f }); return () => timers.delete(n); },
    frame: (_, send) => { send({ ack: 1 }); return accept; },
    changed: (s) => states.push(s),
  });
  const advance = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const due = [...timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      timers.delete(due[0]);
      now = due[1].at;
      due[1].f();
    }
    now = end;
  };
  return { link, sockets, states, advance, frame: (s: FakeSocket) => s.onmessage!({ data: '{}' }) };
}

test('a frame makes the link live, three silent seconds make it stale', () => {
  const b = bench();
  b.link.start();
  assert.equal(b.link.state.phase, 'connecting');
  b.frame(b.sockets[0]!);
  assert.equal(b.link.state.phase, 'live');
  assert.equal(b.sockets[0]!.sent[0], '{"ack":1}');
  b.advance(2999);
  assert.equal(b.link.state.phase, 'live');
  b.advance(1);
  assert.equal(b.link.state.phase, 'stale');
  assert.ok(b.sockets[0]!.closed, 'the silent socket is given up');
});

test('reconnection doubles from 0.4 s to 8 s and never reloads', () => {
  const b = bench();
  b.link.start();
  b.frame(b.sockets[0]!);
  b.sockets[0]!.onclose!({ code: 1006 });
  b.advance(399);
  assert.equal(b.sockets.length, 1);
  b.advance(1);
  assert.equal(b.sockets.length, 2);
  b.sockets[1]!.onclose!({ code: 1006 });
  b.advance(799);
  assert.equal(b.sockets.length, 2);
  b.advance(1);
  assert.equal(b.sockets.length, 3);
  assert.equal(b.link.state.attempts, 2);
  b.frame(b.sockets[2]!);
  assert.equal(b.link.state.attempts, 0);
  assert.equal(b.link.state.phase, 'live');
});

test('a short cut that reconnects within three seconds never shows as stale', () => {
  const b = bench();
  b.link.start();
  b.frame(b.sockets[0]!);
  b.sockets[0]!.onclose!({ code: 1012 });
  b.advance(1000);
  b.frame(b.sockets[1]!);
  assert.ok(!b.states.some((s) => s.phase === 'stale'));
});

test('a dead service becomes stale and its late frames are ignored', () => {
  const b = bench();
  b.link.start();
  b.advance(3000);
  assert.equal(b.link.state.phase, 'stale');
  const first = b.sockets[0]!;
  b.advance(20_000);
  assert.ok(b.sockets.length > 2);
  b.frame(first);
  assert.equal(b.link.state.phase, 'stale');
});

test('a refused frame asks for a fresh start', () => {
  const b = bench(false);
  b.link.start();
  b.frame(b.sockets[0]!);
  assert.ok(b.sockets[0]!.closed);
  b.advance(400);
  assert.equal(b.sockets.length, 2);
});

test('an expired session is not retried', () => {
  const b = bench();
  b.link.start();
  b.frame(b.sockets[0]!);
  b.sockets[0]!.onclose!({ code: 4401 });
  b.advance(60_000);
  assert.equal(b.link.state.phase, 'signed-out');
  assert.equal(b.sockets.length, 1);
});

test('waking up tries at once instead of waiting out the delay', () => {
  const b = bench();
  b.link.start();
  b.frame(b.sockets[0]!);
  for (let i = 0; i < 6; i++) {
    b.sockets[b.sockets.length - 1]!.onclose!({ code: 1006 });
    b.advance(retryDelay(b.link.state.attempts, 0.5));
  }
  b.sockets[b.sockets.length - 1]!.onclose!({ code: 1006 });
  const before = b.sockets.length;
  b.link.wake();
  assert.equal(b.sockets.length, before + 1);
  b.link.wake();
  assert.equal(b.sockets.length, before + 1, 'one attempt at a time');
});

test('the wait stays within ±30 %', () => {
  assert.ok(Math.abs(retryDelay(1, 0) - 280) < 1e-9);
  assert.ok(Math.abs(retryDelay(1, 1) - 520) < 1e-9);
  assert.equal(retryDelay(9, 0.5), 8000);
});

test('a backlog shows in the frames, whatever the clocks say', () => {
  const t = new Transit();
  t.begin(500_000, 80); // the clocks differ, and the first frame came 80 ms late
  assert.equal(t.late(501_000, 1000), 0);
  assert.equal(t.skew, 500_000);
  assert.equal(t.late(502_000, 2100), 100);
  assert.equal(t.late(503_000, 9000), 6000);
  t.begin(900_000, 9500); // a new connection begins anew, its clock set forward
  assert.equal(t.late(901_000, 10_500), 0);
});
