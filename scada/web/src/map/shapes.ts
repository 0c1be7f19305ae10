// The shapes of the map, drawn on a canvas around a point. Meaning is carried
// by the shape; colour repeats it.
import type { Palette } from './palette';

type Ctx = CanvasRenderingContext2D;

/** pin draws a filled pin down (under) or up (over); its length grows with the deviation. */
export function pin(c: Ctx, x: number, y: number, k: number, down: boolean, deviation: number, colour: string, halo: string): void {
  const half = 4.2 * k;
  const body = (9 + 13 * Math.min(1, deviation / 0.5)) * k;
  const tip = 5.5 * k;
  const s = down ? 1 : -1;
  const top = y - s * (body + tip) * 0.5;
  c.beginPath();
  c.moveTo(x - half, top);
  c.lineTo(x + half, top);
  c.lineTo(x + half, top + s * body);
  c.lineTo(x, top + s * (body + tip));
  c.lineTo(x - half, top + s * body);
  c.closePath();
  c.lineWidth = 2 * k;
  c.strokeStyle = halo;
  c.stroke();
  c.fillStyle = colour;
  c.fill();
}

/** square draws the hollow square of a station in order. */
export function square(c: Ctx, x: number, y: number, k: number, size: number, colour: string, ground: string): void {
  const r = size * k;
  c.fillStyle = ground;
  c.strokeStyle = colour;
  c.lineWidth = 1.2 * k;
  c.fillRect(x - r, y - r, 2 * r, 2 * r);
  c.strokeRect(x - r, y - r, 2 * r, 2 * r);
}

/** lost draws the dashed square with a stroke. */
export function lost(c: Ctx, x: number, y: number, k: number, colour: string, ground: string): void {
  const r = 5 * k;
  c.fillStyle = ground;
  c.fillRect(x - r, y - r, 2 * r, 2 * r);
  c.strokeStyle = colour;
  c.lineWidth = 1.4 * k;
  c.setLineDash([2.4 * k, 2 * k]);
  c.strokeRect(x - r, y - r, 2 * r, 2 * r);
  c.setLineDash([]);
  c.beginPath();
  c.moveTo(x - r, y + r);
  c.lineTo(x + r, y - r);
  c.stroke();
}

/** crossed draws the square with a cross: a valve that is stuck, a meter not believed. */
export function crossed(c: Ctx, x: number, y: number, k: number, colour: string, ground: string): void {
  square(c, x, y, k, 4.6, colour, ground);
  const r = 4.6 * k;
  c.beginPath();
  c.moveTo(x - r, y - r);
  c.lineTo(x + r, y + r);
  c.moveTo(x + r, y - r);
  c.lineTo(x - r, y + r);
  c.stroke();
}

/** dot draws a station that is not connected to any PLC. */
export function dot(c: Ctx, x: number, y: number, k: number, colour: string): void {
  c.beginPath();
  c.arc(x, y, 2 * k, 0, 2 * Math.PI);
  c.fillStyle = colour;
  c.fill();
}

/** source draws the disc with three waves. */
export function source(c: Ctx, x: number, y: number, k: number, p: Palette): void {
  const r = 11 * k;
  c.beginPath();
  c.arc(x, y, r, 0, 2 * Math.PI);
  c.fillStyle = p['ink2'];
  c.fill();
  c.lineWidth = 1.6 * k;
  c.strokeStyle = p['panel'];
  c.stroke();
  for (const dx of [-4.5, 0, 4.5]) {
    c.beginPath();
    c.moveTo(x + (dx - 1) * k, y + 6 * k);
    c.bezierCurveTo(x + (dx + 3) * k, y + 2 * k, x + (dx - 3) * k, y - 2 * k, x + (dx + 1) * k, y - 6 * k);
    c.stroke();
  }
}

/** ring marks the selection. */
export function ring(c: Ctx, x: number, y: number, k: number, p: Palette): void {
  c.beginPath();
  c.arc(x, y, 14 * k, 0, 2 * Math.PI);
  c.lineWidth = 4.5 * k;
  c.strokeStyle = p['panel'];
  c.stroke();
  c.lineWidth = 2.2 * k;
  c.strokeStyle = p['sel'];
  c.stroke();
}

/** path draws the supply path with chevrons in flow direction. */
export function path(c: Ctx, points: ReadonlyArray<readonly [number, number]>, k: number, p: Palette): void {
  if (points.length < 2) return;
  const trace = () => {
    c.beginPath();
    points.forEach(([x, y], i) => (i === 0 ? c.moveTo(x, y) : c.lineTo(x, y)));
  };
  c.lineJoin = 'round';
  c.lineCap = 'round';
  trace();
  c.lineWidth = 6 * k;
  c.strokeStyle = p['panel'];
  c.stroke();
  trace();
  c.lineWidth = 3 * k;
  c.strokeStyle = p['sel'];
  c.stroke();
  let until = 46 * k;
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1]!;
    const [x1, y1] = points[i]!;
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (length === 0) continue;
    const ux = (x1 - x0) / length;
    const uy = (y1 - y0) / length;
    while (until <= length) {
      chevron(c, x0 + ux * until, y0 + uy * until, ux, uy, k, p['sel']);
      until += 82 * k;
    }
    until -= length;
  }
}

function chevron(c: Ctx, x: number, y: number, ux: number, uy: number, k: number, colour: string): void {
  const l = 7 * k;
  const w = 5 * k;
  c.beginPath();
  c.moveTo(x + ux * l, y + uy * l);
  c.lineTo(x - ux * l - uy * w, y - uy * l + ux * w);
  c.lineTo(x - ux * l + uy * w, y - uy * l - ux * w);
  c.closePath();
  c.fillStyle = colour;
  c.fill();
}
