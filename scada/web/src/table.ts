// The tables of the stream: a snapshot, then numbered changes. A change whose
// number is not the next one is refused, and the page asks for a snapshot.
import type { Live, Quality } from './view';

export interface Snap {
  k: 'snap'; t: number; p: number; topic: string; epoch: string; s: number;
  cols: string[];
  /** null: none; '': a row that is gone, its number is not used again. */
  rows: string[] | null;
  v?: unknown[][]; q?: [number, Quality][];
}
export interface Delta {
  k: 'delta'; t: number; p: number; topic: string; s: number;
  r?: string[]; x?: number[]; i?: number[]; v?: unknown[]; q?: [number, Quality][];
}

/** A row as an object: its columns by name, and the qualities that are not good. */
export interface Row {
  id: string;
  cells: Record<string, unknown>;
  quality: Record<string, Quality>;
}

export class Table {
  readonly cols: string[];
  readonly epoch: string;
  private s: number;
  /** By row number; undefined: gone. */
  private list: (Row | undefined)[];

  constructor(snap: Snap) {
    this.cols = snap.cols;
    this.epoch = snap.epoch;
    this.s = snap.s;
    this.list = (snap.rows ?? []).map((id, n) => (id === '' ? undefined : this.blank(id, snap.v?.[n] ?? [])));
    for (const [id, q] of snap.q ?? []) this.qualify(id, q);
  }

  /** rows are those that exist, in the order they came. */
  rows(): Row[] {
    return this.list.filter((r): r is Row => r !== undefined);
  }

  /** apply takes a delta in; false: a number is missing, a snapshot is needed. */
  apply(d: Delta): boolean {
    if (d.s !== this.s + 1) return false;
    this.s = d.s;
    for (const id of d.r ?? []) this.list.push(this.blank(id, []));
    for (const n of d.x ?? []) this.list[n] = undefined;
    const fresh = new Set<number>();
    const edit = (cell: number): [Row, string] | null => {
      const n = Math.floor(cell / this.cols.length);
      const row = this.list[n];
      const col = this.cols[cell % this.cols.length]!;
      if (!row) return null;
      if (fresh.has(n)) return [row, col];
      fresh.add(n);
      // Changed rows become new objects, so that what shows them notices.
      const copy = { id: row.id, cells: { ...row.cells }, quality: { ...row.quality } };
      this.list[n] = copy;
      return [copy, col];
    };
    let cell = 0;
    d.i?.forEach((difference, n) => {
      cell = n === 0 ? difference : cell + difference;
      const at = edit(cell);
      if (at) at[0].cells[at[1]] = d.v?.[n] ?? null;
    });
    for (const [id, q] of d.q ?? []) {
      const at = edit(id);
      if (!at) continue;
      if (q === 'good') delete at[0].quality[at[1]];
      else at[0].quality[at[1]] = q;
    }
    return true;
  }

  private blank(id: string, values: unknown[]): Row {
    const cells: Record<string, unknown> = {};
    this.cols.forEach((c, n) => { cells[c] = values[n] ?? null; });
    return { id, cells, quality: {} };
  }

  private qualify(cell: number, q: Quality): void {
    const row = this.list[Math.floor(cell / this.cols.length)];
    const col = this.cols[cell % this.cols.length];
    if (row && col) row.quality[col] = q;
  }
}

/** live makes a measured value of a cell: value, quality, the row's source time. */
export function live(row: Row, col: string): Live {
  const v = row.cells[col];
  const t = row.cells['plant_ms'];
  return { v: typeof v === 'number' ? v : null, q: row.quality[col] ?? 'good', t: typeof t === 'number' ? t : null };
}

/** document makes an object of a row, with the named columns as measured values. */
export function document<T>(row: Row, measured: readonly string[]): T {
  const doc: Record<string, unknown> = { ...row.cells };
  for (const col of measured) if (col in row.cells) doc[col] = live(row, col);
  return doc as T;
}
