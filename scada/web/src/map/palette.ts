// The colour tokens, read from the style sheet for the canvas.

const names = [
  'panel', 'plot', 'ink', 'ink2', 'ink3', 'live', 'under', 'over', 'sel', 'sel-ink', 'pipe', 'pipe-thin', 'station', 'label', 'edge', 'band', 'track', 'al-out',
] as const;
export type Token = (typeof names)[number];
/** scale: how much larger than on a desk the page is drawn (wall screens). */
export type Palette = Record<Token, string> & { ramp: string[]; scale: number };

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const p = {} as Palette;
  for (const n of names) p[n] = style.getPropertyValue(`--${n}`).trim();
  const dark = document.documentElement.dataset.theme === 'dark';
  // One blue-grey ramp for every quantity: more of it is further from the ground.
  p.ramp = dark
    ? ['#44525e', '#5a6f80', '#7590a8', '#9bbad3', '#d3e6f5']
    : ['#a9b7c1', '#8aa0b0', '#66829a', '#3f6181', '#173a5e'];
  p.scale = (parseFloat(style.fontSize) || 13) / 13;
  return p;
}

/** ramp picks the colour of v between lo and hi. */
export function ramp(p: Palette, v: number, lo: number, hi: number): string {
  const k = hi > lo ? (v - lo) / (hi - lo) : 0;
  const i = Math.min(p.ramp.length - 1, Math.max(0, Math.floor(k * p.ramp.length)));
  return p.ramp[i]!;
}
