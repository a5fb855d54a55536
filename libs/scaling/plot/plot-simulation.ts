import type { Sample } from '../simulation/simulate.js';

const WIDTH = 900;
const LEFT = 70;
const RIGHT = 20;
const PANEL_HEIGHT = 150;
const TOP = 44;
const GAP = 50;
const HEIGHT = TOP + 2 * PANEL_HEIGHT + GAP + 36;
/** More points than pixels only make the file larger. */
const MOST_POINTS = 1_200;

interface Panel {
  readonly top: number;
  readonly most: number;
  readonly title: string;
}

/**
 * Images outstanding over workers wanted and ready, against time, as an SVG without scripts or fonts of its own.
 * `beside` is another run of the same load, drawn dashed.
 */
export function plotSimulation(
  { samples }: { readonly samples: readonly Sample[] },
  title: string,
  beside: { readonly samples: readonly Sample[]; readonly name: string } | null = null,
): string {
  const points = thin(samples);
  const all = [...samples, ...(beside?.samples ?? [])];
  const end = Math.max(1, samples.at(-1)?.at ?? 1, beside?.samples.at(-1)?.at ?? 1);
  const dashed = beside === null ? '' : `, ${beside.name} (dashed)`;
  const above: Panel = {
    top: TOP,
    most: Math.max(1, ...all.map((sample) => sample.outstanding)),
    title: `images outstanding${dashed}`,
  };
  const below: Panel = {
    top: TOP + PANEL_HEIGHT + GAP,
    most: Math.max(1, ...all.map((sample) => sample.replicas)),
    title: `workers: wanted (line), ready (filled)${beside === null ? '' : `, wanted by ${beside.name} (dashed)`}`,
  };
  const line = (panel: Panel, value: (sample: Sample) => number, isStep: boolean): string =>
    path(points, end, panel, value, isStep);
  const other = thin(beside?.samples ?? []);
  const dash = (panel: Panel, value: (sample: Sample) => number, isStep: boolean): string =>
    beside === null
      ? ''
      : `<path d="${path(other, end, panel, value, isStep)}" fill="none" stroke="#52606d" stroke-dasharray="5 4"/>\n`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
<text x="${LEFT}" y="20" font-size="15" fill="#1f2933">${escapeXml(title)}</text>
${frame(above)}
<path d="${closed(
    line(above, (s) => s.outstanding, false),
    above,
  )}" fill="#cfe3f5" stroke="none"/>
<path d="${line(above, (s) => s.outstanding, false)}" fill="none" stroke="#1c6fb5" stroke-width="1.5"/>
${dash(above, (s) => s.outstanding, false)}${frame(below)}
<path d="${closed(
    line(below, (s) => s.ready, true),
    below,
  )}" fill="#d5ecd9" stroke="none"/>
<path d="${line(below, (s) => s.replicas, true)}" fill="none" stroke="#23803a" stroke-width="1.5"/>
${dash(below, (s) => s.replicas, true)}${timeAxis(end)}
</svg>
`;
}

function thin(samples: readonly Sample[]): readonly Sample[] {
  const every = Math.max(1, Math.ceil(samples.length / MOST_POINTS));
  return samples.filter((_, n) => n % every === 0 || n === samples.length - 1);
}

const xOf = (at: number, end: number): number => LEFT + (at / end) * (WIDTH - LEFT - RIGHT);
const yOf = (value: number, { top, most }: Panel): number =>
  top + PANEL_HEIGHT * (1 - value / most);

function path(
  samples: readonly Sample[],
  end: number,
  panel: Panel,
  value: (sample: Sample) => number,
  isStep: boolean,
): string {
  return samples
    .map((sample, n) => {
      const [x, y] = [xOf(sample.at, end).toFixed(1), yOf(value(sample), panel).toFixed(1)];
      if (n === 0) return `M${x} ${y}`;
      return isStep ? `H${x}V${y}` : `L${x} ${y}`;
    })
    .join('');
}

function closed(line: string, { top }: Panel): string {
  return `${line}V${top + PANEL_HEIGHT}H${LEFT}Z`;
}

function frame(panel: Panel): string {
  const bottom = panel.top + PANEL_HEIGHT;
  const label = (value: number): string =>
    `<text x="${LEFT - 8}" y="${(yOf(value, panel) + 4).toFixed(1)}" text-anchor="end" fill="#52606d">${count(value)}</text>`;
  return `<text x="${LEFT}" y="${panel.top - 8}" fill="#52606d">${panel.title}</text>
<path d="M${LEFT} ${panel.top}V${bottom}H${WIDTH - RIGHT}" fill="none" stroke="#9aa5b1"/>
${label(0)}${label(panel.most / 2)}${label(panel.most)}`;
}

function timeAxis(end: number): string {
  const [unit, name] =
    end >= 2 * 86_400 ? [86_400, 'd'] : end >= 7_200 ? [3_600, 'h'] : [60, 'min'];
  const step = unit * [1, 2, 5, 10, 20, 50].find((n) => end / (unit * n) <= 12)!;
  const marks = Array.from({ length: Math.floor(end / step) + 1 }, (_, n) => n * step);
  return marks
    .map(
      (at) =>
        `<text x="${xOf(at, end).toFixed(1)}" y="${HEIGHT - 14}" text-anchor="middle" fill="#52606d">${at / unit} ${name}</text>`,
    )
    .join('');
}

function count(value: number): string {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(2)}M`;
  if (value >= 1e4) return `${+(value / 1e3).toFixed(1)}k`;
  return String(+value.toFixed(1));
}

const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`);
