import { evenScale, powerScale, type Scale } from './scale.js';
import { thinned, type Point } from './series.js';

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  readonly colour: string;
  /** What a smoothed line was made of: thin, and its last value says nothing. */
  readonly isFaint?: boolean;
  /** A dot at each point: they are few and lie apart. */
  readonly hasDots?: boolean;
}

export interface Panel {
  readonly title: string;
  /** What is measured, with its unit: along the vertical axis. */
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly range: readonly [number, number];
  /** Powers of ten; the range must be above 0. */
  readonly hasPowers?: boolean;
}

export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Updates from the left edge to the right. */
  readonly steps: number;
}

/** Room round the field: numbers on the left, title and legend above, the horizontal axis below. */
const MARGIN = { left: 64, right: 20, top: 44, bottom: 38 };
const LEGEND_ROW = 16;
const LETTER_WIDTH = 6.4;
const TICK_PIXELS = { across: 70, up: 24 };

/** One diagram, as SVG. */
export function drawPanel(panel: Panel, frame: Frame): string {
  const left = frame.x + MARGIN.left;
  const right = frame.x + frame.width - MARGIN.right;
  const rows = legendRows(panel.lines, right - left);
  const top = frame.y + MARGIN.top + (rows.length - 1) * LEGEND_ROW;
  const bottom = frame.y + frame.height - MARGIN.bottom;
  const x = evenScale([0, frame.steps], [left, right], (right - left) / TICK_PIXELS.across);
  const y = panel.hasPowers
    ? powerScale(panel.range, [bottom, top])
    : evenScale(panel.range, [bottom, top], (bottom - top) / TICK_PIXELS.up);
  const middle = (top + bottom) / 2;
  return [
    text(left, frame.y + 14, panel.title, 'class="title"'),
    ...rows.map((items, row) => legendRow(items, left, frame.y + 32 + row * LEGEND_ROW)),
    ...y.ticks.map((tick) => {
      const at = fixed(y.at(tick));
      return `<path class="grid" d="M${left} ${at}H${right}"/>${text(left - 8, Number(at) + 4, number(tick), 'text-anchor="end"')}`;
    }),
    ...x.ticks.map((tick) => text(x.at(tick), bottom + 16, number(tick), 'text-anchor="middle"')),
    `<path class="axis" d="M${left} ${top}V${bottom}H${right}"/>`,
    text((left + right) / 2, bottom + 32, 'updates', 'text-anchor="middle"'),
    `<g transform="rotate(-90 ${frame.x + 14} ${middle})">${text(frame.x + 14, middle, panel.unit, 'text-anchor="middle"')}</g>`,
    ...panel.lines.map((line) => drawLine(line, x, y)),
  ].join('\n');
}

function drawLine({ points, colour, isFaint, hasDots }: Line, x: Scale, y: Scale): string {
  const places = thinned(points).map(({ step, value }) => [fixed(x.at(step)), fixed(y.at(value))]);
  if (places.length === 0) return '';
  const path = places.map(([across, up]) => `${across} ${up}`).join('L');
  const line = `<path fill="none" stroke="${colour}" stroke-width="${isFaint ? 1 : 2}" stroke-linejoin="round"${isFaint ? ' opacity="0.3"' : ''} d="M${path}"/>`;
  const dots = hasDots
    ? places.map(([across, up]) => `<circle fill="${colour}" r="3" cx="${across}" cy="${up}"/>`)
    : [];
  return [line, ...dots].join('');
}

interface LegendItem {
  readonly line: Line;
  /** Name and last value. */
  readonly label: string;
  /** With the gap to the next. */
  readonly width: number;
}

function legendRows(lines: readonly Line[], width: number): LegendItem[][] {
  const rows: LegendItem[][] = [[]];
  let room = width;
  for (const line of lines) {
    const last = line.points.at(-1);
    const hasValue = last !== undefined && !line.isFaint;
    const label = hasValue ? `${line.name} ${number(last.value)}` : line.name;
    const item = { line, label, width: 34 + label.length * LETTER_WIDTH };
    if (item.width > room) {
      rows.push([]);
      room = width;
    }
    rows.at(-1)!.push(item);
    room -= item.width;
  }
  return rows;
}

function legendRow(items: readonly LegendItem[], left: number, y: number): string {
  let x = left;
  return items
    .map(({ line: { colour, isFaint }, label, width }) => {
      const mark = `<path stroke="${colour}" stroke-width="${isFaint ? 1 : 3}"${isFaint ? ' opacity="0.5"' : ''} d="M${fixed(x)} ${y - 4}h14"/>`;
      const item = mark + text(x + 18, y, label);
      x += width;
      return item;
    })
    .join('');
}

export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escaped(content)}</text>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
/** Names of tasks come from prompts. Control characters are no XML at all. */
const escaped = (content: string): string =>
  content
    // oxlint-disable-next-line no-control-regex -- they are what is taken out
    .replaceAll(/[\u0000-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '')
    .replaceAll(/[&<>]/g, (sign) => ENTITIES[sign]!);

const fixed = (pixels: number): string => String(Number(pixels.toFixed(1)));

/** 1500 as it is, 0.00012 as 1.2e-4. */
function number(value: number): string {
  const short = Number(value.toPrecision(3));
  return short !== 0 && Math.abs(short) < 1e-3 ? short.toExponential() : String(short);
}
