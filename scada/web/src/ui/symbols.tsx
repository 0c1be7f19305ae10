// The shapes of the control room. Colour never stands alone: each meaning has
// a shape of its own.

/** Priority 1..4: square, triangle up, triangle down, diamond. */
export function Priority({ level, title }: { level: 1 | 2 | 3 | 4; title?: string }) {
  const shape = {
    1: <rect x="2" y="2" width="12" height="12" />,
    2: <path d="M8 1.2 15 14H1z" />,
    3: <path d="M8 14.8 1 2h14z" />,
    4: <path d="M8 .8 15.2 8 8 15.2.8 8z" />,
  }[level];
  const y = level === 2 ? 12.6 : level === 3 ? 9.6 : 11.4;
  return (
    <svg class={`priority p${level}`} viewBox="0 0 16 16" role="img" aria-label={title ?? `P${level}`}>
      {shape}
      <text x="8" y={y}>{level}</text>
    </svg>
  );
}

export type Mark = 'under' | 'over' | 'normal' | 'lost' | 'held' | 'local' | 'stuck' | 'unmeasured';

/** Mark is the shape of a station's condition in a list. */
export function Mark({ kind, title }: { kind: Mark; title?: string }) {
  const shape = {
    under: <path class="fill" d="M2.5 4h11L8 12.5z" />,
    over: <path class="fill" d="M2.5 12h11L8 3.5z" />,
    normal: <rect x="5" y="5" width="6" height="6" />,
    lost: <><rect x="3.5" y="3.5" width="9" height="9" class="dash" /><path d="m3.5 12.5 9-9" /></>,
    held: <><rect x="3.5" y="3.5" width="9" height="9" /><path d="M6.5 6v4M9.5 6v4" /></>,
    local: <><rect x="3" y="3" width="10" height="10" /><path d="M5 11V5.5l3 3 3-3V11" /></>,
    stuck: <><rect x="3" y="3" width="10" height="10" /><path d="M5.5 5.5l5 5M10.5 5.5l-5 5" /></>,
    unmeasured: <circle cx="8" cy="8" r="1.6" class="fill" />,
  }[kind];
  return <svg class={`mark ${kind}`} viewBox="0 0 16 16" role="img" aria-label={title ?? kind}>{shape}</svg>;
}

/** Brand: a level kept even over two columns. */
export function Brand() {
  return (
    <svg class="brand-mark" viewBox="0 0 20 16" aria-hidden="true">
      <path d="M1 14h18M4 14l3.5-9h5L16 14" />
    </svg>
  );
}
