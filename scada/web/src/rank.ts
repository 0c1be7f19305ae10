// Worst first, without moving rows under the reader's eyes.
import type { Maybe } from './format';
import type { StationState } from './view';

export interface Ranked { id: string; state: StationState; x: Maybe }

/** Re-rank at most this often, ms. */
export const RERANK_AFTER = 10_000;

const UNDER_WEIGHT = 4;

/** severity orders the list: too little weighs four times too much; then what cannot be judged; then the balanced. */
export function severity(r: Ranked): number {
  const x = r.x;
  const deviation = x === null || x === undefined ? 0 : x < 1 ? UNDER_WEIGHT * (1 - x) : x - 1;
  switch (r.state) {
    case 'under':
    case 'over':
      return 1000 + deviation;
    case 'lost': return 800;
    case 'stuck': return 700;
    case 'bad_flow': return 600;
    case 'local': return 500 + deviation;
    case 'unmeasured': return -1;
    default: return deviation;
  }
}

/** rank returns the ids worst first; equals stay in the order they came. */
export function rank(rows: readonly Ranked[]): string[] {
  return rows.map((r, n) => ({ id: r.id, n, s: severity(r) })).sort((a, b) => b.s - a.s || a.n - b.n).map((r) => r.id);
}

/** Ranking keeps an order until it may change. */
export class Ranking {
  private order: string[] = [];
  private members = '';
  private at = -Infinity;

  /** update returns the order to show at a moment; held: a row has the pointer or the focus. */
  update(rows: readonly Ranked[], now: number, held: boolean): string[] {
    const members = rows.map((r) => r.id).join('\n');
    const due = now - this.at >= RERANK_AFTER && !held;
    if (members !== this.members || due) {
      this.order = rank(rows);
      this.members = members;
      this.at = now;
    }
    return this.order;
  }
}
