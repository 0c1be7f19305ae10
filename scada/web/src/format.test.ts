import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as f from './format';

test('thousands get a thin space from 10 000, not before', () => {
  assert.equal(f.number(2086), '2086');
  assert.equal(f.number(9999.4), '9999');
  assert.equal(f.number(12480), '12\u2009480');
  assert.equal(f.number(1234567.25, 1), '1\u2009234\u2009567.3');
});

test('a true minus, and no minus on a rounded zero', () => {
  assert.equal(f.number(-18.6, 1), '\u221218.6');
  assert.equal(f.number(-0.04, 1), '0.0');
});

test('unknown is a dash, never 0', () => {
  for (const v of [null, undefined, NaN, Infinity]) assert.equal(f.number(v, 1), '\u2014');
  assert.equal(f.signed(null, 1), '\u2014');
  assert.equal(f.flow(undefined), '\u2014');
  assert.equal(f.clock(0), '\u2014');
});

test('differences always carry a sign', () => {
  assert.equal(f.signed(8.5, 1), '+8.5');
  assert.equal(f.signed(-19.1, 1), '\u221219.1');
  assert.equal(f.signed(0.01, 1), '0.0');
});

test('flow drops its decimal at 100 t/h', () => {
  assert.equal(f.flow(45.62), '45.6');
  assert.equal(f.flow(99.94), '99.9');
  assert.equal(f.flow(99.96), '100');
  assert.equal(f.flow(243.4), '243');
});

test('time in the plant zone', () => {
  f.setZone('Asia/Shanghai');
  const ms = Date.UTC(2026, 0, 18, 6, 32, 8);
  assert.equal(f.clock(ms), '14:32:08');
  assert.equal(f.minutes(ms), '14:32');
  assert.equal(f.date(ms), '2026-01-18');
  assert.equal(f.weekday(ms), 0);
  f.setZone('No/Such_Zone');
  assert.match(f.clock(ms), /^\d\d:\d\d:\d\d$/);
  f.setZone(undefined);
});

test('spans and ages', () => {
  assert.equal(f.duration(102_000), '01:42');
  assert.equal(f.duration(3_723_000), '1:02:03');
  assert.equal(f.age(1000), '1.0 s');
  assert.equal(f.age(59_400), '59 s');
  assert.equal(f.age(150_000), '02:30');
});
