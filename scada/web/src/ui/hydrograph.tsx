// The lines of the pressure diagram 水压图: heads over true pipe length.
import { line, linear, steps } from '../scale';
import { t } from '../i18n';
import { head as headText, number, pressure } from '../format';
import type { Diagram } from '../hydraulics';
import { useSize } from './size';

interface Props {
  d: Diagram;
  /** Index of the place under the cursor. */
  cursor: number;
  onCursor(i: number): void;
}

const PAD = { left: 46, right: 54, top: 16, bottom: 22 };
const MPA_PER_M = 0.00980665;
/** Below this height (px) the lines need the whole plot: what else is written moves onto the ground, or goes. */
const LOW = 240;

export function Hydrograph({ d, cursor, onCursor }: Props) {
  const [ref, size] = useSize<HTMLDivElement>();
  const w = Math.max(200, size.width);
  const h = Math.max(110, size.height);
  const length = d.places[d.places.length - 1]!.distance;
  const x = linear(0, length || 1, PAD.left, w - PAD.right);
  const [lo, hi] = d.range;
  const y = linear(lo, hi, h - PAD.bottom, PAD.top);
  const yTicks = steps(lo, hi, Math.max(2, Math.floor(h / 46)));
  const xTicks = steps(0, length, Math.max(2, Math.floor(w / 190)));
  const along = (f: (p: Diagram['places'][number]) => number | null) =>
    line(d.places.map((p) => { const v = f(p); return [x(p.distance), v === null ? null : y(v)] as const; }));
  const ground = along((p) => p.ground);
  const end = d.places[d.places.length - 1]!;
  const at = d.places[cursor] ?? end;

  const pick = (e: MouseEvent) => {
    const box = (e.currentTarget as Element).getBoundingClientRect();
    const where = e.clientX - box.left;
    let best = 0;
    d.places.forEach((p, i) => {
      if (Math.abs(x(p.distance) - where) < Math.abs(x(d.places[best]!.distance) - where)) best = i;
    });
    onCursor(best);
  };
  const keys = (e: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -d.places.length, End: d.places.length }[e.key];
    if (step === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    onCursor(Math.min(d.places.length - 1, Math.max(0, cursor + step)));
  };

  return (
    <div class="plot" ref={ref} tabIndex={0} role="img" aria-label={summary(d)} onKeyDown={keys} onMouseMove={pick} data-testid="hydrograph">
      <svg width={w} height={h}>
        <defs>
          <pattern id="soil" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect class="soil-fill" width="8" height="8" /><path class="soil-line" d="M0 0v8" />
          </pattern>
        </defs>
        <rect class="plot-ground" x={PAD.left} y={PAD.top} width={w - PAD.left - PAD.right} height={h - PAD.top - PAD.bottom} />
        {yTicks.map((v) => (
          <g key={v}>
            <path class="grid" d={`M${PAD.left} ${y(v)}H${w - PAD.right}`} />
            <text class="tick" x={PAD.left - 6} y={y(v) + 4} text-anchor="end">{number(v)}</text>
            <text class="tick" x={w - PAD.right + 6} y={y(v) + 4}>{number((v - (d.sourceGround ?? 0)) * MPA_PER_M, 2)}</text>
          </g>
        ))}
        {xTicks.map((v) => (
          <g key={v}>
            <path class="grid" d={`M${x(v)} ${PAD.top}V${h - PAD.bottom}`} />
            <text class="tick" x={x(v)} y={h - PAD.bottom + 14} text-anchor="middle" visibility={x(v) > w - PAD.right - 90 ? 'hidden' : undefined}>{number(v / 1000, length < 3000 ? 1 : 0)}</text>
          </g>
        ))}
        <text class="tick" x={PAD.left - 6} y={PAD.top - 5} text-anchor="end">{t('diagram.head_axis')}</text>
        <text class="tick" x={w - PAD.right + 6} y={PAD.top - 5}>MPa*</text>
        <text class="tick" x={w - PAD.right} y={h - 3} text-anchor="end">{t('diagram.distance_axis')}</text>
        {ground && (
          <g>
            <path fill="url(#soil)" d={`${ground.replace(/M/g, 'L').replace('L', 'M')}L${x(length)} ${h - PAD.bottom}L${x(0)} ${h - PAD.bottom}Z`} />
            <path class="l-ground" d={ground} />
            <text class="note" x={PAD.left + (w - PAD.right - PAD.left) * (h < LOW ? 0.2 : 0.5)} y={h - PAD.bottom - 5} text-anchor="middle">{t('diagram.ground')}</text>
          </g>
        )}
        <path class="l-vapour" d={along((p) => p.vapour)} />
        <path class="l-limit" d={along((p) => (p.limit !== null && p.limit <= hi ? p.limit : null))} />
        {d.staticHead !== null && (
          <g>
            <path class="l-static" d={`M${PAD.left} ${y(d.staticHead)}H${w - PAD.right}`} />
            <text class="note" x={PAD.left + (w - PAD.left - PAD.right) * 0.62} y={y(d.staticHead) + 13}>{t('diagram.static_at', { head: number(d.staticHead) })}</text>
          </g>
        )}
        <path class="l-after" d={along((p) => p.afterSupply)} />
        <path class="l-after" d={along((p) => p.afterReturn)} />
        <path class="l-supply" d={along((p) => p.supply)} />
        <path class="l-return" d={along((p) => p.ret)} />
        <path class="l-pump" d={line([[x(0), y(d.places[0]!.supply)], [x(0), d.places[0]!.ret === null ? null : y(d.places[0]!.ret)]])} />
        <circle class="end-dot" cx={x(length)} cy={y(end.supply)} r="4" />
        {end.ret !== null && <circle class="end-dot" cx={x(length)} cy={y(end.ret)} r="4" />}
        <text class="line-name hs" x={PAD.left + 8} y={y(d.places[0]!.supply) - 6}>{t('diagram.supply')}</text>
        {d.places[0]!.ret !== null && <text class="line-name hr" x={PAD.left + 8} y={y(d.places[0]!.ret) + 15}>{t('diagram.return')}</text>}
        {d.limitNote && h >= 210 && <text class="note" x={PAD.left + (w - PAD.left - PAD.right) * 0.3} y={PAD.top + 12}>{d.limitNote}</text>}
        <EndBox d={d} right={w - PAD.right - 12} top={h < LOW ? h - PAD.bottom - (d.endAfter !== null ? 43 : 26) : PAD.top + 4} />
        <path class="cursor" d={`M${x(at.distance)} ${PAD.top}V${h - PAD.bottom}`} />
      </svg>
    </div>
  );
}

/** EndBox is the available head at the station, now and after the action. */
function EndBox({ d, right, top }: { d: Diagram; right: number; top: number }) {
  const after = d.endAfter !== null;
  const width = 168;
  return (
    <g transform={`translate(${right - width} ${top})`}>
      <rect class="end-box" width={width} height={after ? 40 : 23} rx="3" />
      <text class="note" x="8" y="16">{t('diagram.end_head')}</text>
      <text class="end-now" x={width - 8} y="16" text-anchor="end">{headText(d.endNow)} m</text>
      {after && <text class="note" x="8" y="33">{t('diagram.after')}</text>}
      {after && <text class="end-after" x={width - 8} y="33" text-anchor="end">{headText(d.endAfter)} m</text>}
    </g>
  );
}

function summary(d: Diagram): string {
  const first = d.places[0]!;
  return t('diagram.summary', {
    supply: pressure(first.supplyMpa), ret: pressure(first.returnMpa), head: headText(d.endNow),
  });
}
