import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './line-chart.css';
import type { ChartProps, DrawnChart } from './chart-props';
import { ChartTable } from './chart-table';

const HEIGHT_PX = 220;
const plain = (value: number): string => String(Number(value.toPrecision(4)));

/** Lines over one axis: a drawing, what its lines are called, and the same numbers as a table for whoever sees none. */
export function LineChart(props: ChartProps) {
  const { title, lines, showX = plain, showY = plain } = props;
  const place = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  useDrawing(place, legend, { ...props, showX, showY });
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <ul ref={legend} className="chart-legend">
        {lines.map(({ name, isSparse }, i) => (
          <li key={name} data-line={i % 4} data-sparse={isSparse}>
            {name}
          </li>
        ))}
      </ul>
      <div ref={place} className="chart-place" aria-hidden="true" />
      <ChartTable {...props} showX={showX} showY={showY} />
    </figure>
  );
}

function useDrawing(
  place: React.RefObject<HTMLDivElement | null>,
  legend: React.RefObject<HTMLUListElement | null>,
  drawn: DrawnChart,
): void {
  const plot = useRef<uPlot>(null);
  const shape = drawn.lines.map(({ name, isSparse }) => `${name}${isSparse}`).join();
  const data = [drawn.x, ...drawn.lines.map(({ values }) => values)] as uPlot.AlignedData;
  const newest = useRef({ data, drawn });
  newest.current = { data, drawn };
  useEffect(() => {
    const target = place.current!;
    const colours = legend.current!;
    const { data: first, drawn: now } = newest.current;
    const made = new uPlot(optionsOf(now, target, colours), first, target);
    plot.current = made;
    const size = new ResizeObserver(() => fit(made, target));
    size.observe(target);
    const end = onTheme(() => made.redraw(false));
    return () => {
      end();
      size.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, place, legend]);
  useEffect(() => plot.current?.setData(newest.current.data), [drawn.x, drawn.lines]);
}

function fit(plot: uPlot, target: HTMLElement): void {
  if (target.clientWidth === plot.width) return;
  plot.setSize({ width: target.clientWidth, height: plot.height });
}

/** Colours are those of the legend, so that the style sheet alone says what they are, in light and in dark. */
function optionsOf(drawn: DrawnChart, target: HTMLElement, legend: HTMLElement): uPlot.Options {
  const colourOf = (i: number) => () => getComputedStyle(legend.children[i]!, '::before').color;
  const axis: uPlot.Axis = {
    stroke: () => getComputedStyle(target).color,
    grid: { stroke: () => getComputedStyle(target).borderTopColor, width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  const shown = (show: (value: number) => string) => (_: uPlot, values: number[]) =>
    values.map((value) => show(value));
  return {
    width: target.clientWidth,
    height: drawn.height ?? HEIGHT_PX,
    legend: { show: false },
    cursor:
      drawn.linkedBy === undefined
        ? { show: false }
        : { y: false, points: { show: false }, drag: { x: false }, sync: { key: drawn.linkedBy } },
    scales: {
      x: { time: drawn.isTime ?? false },
      ...(drawn.fromZero ? { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } } : {}),
    },
    axes: [
      { ...axis, values: shown(drawn.showX) },
      { ...axis, values: shown(drawn.showY), size: 64 },
    ],
    series: [
      {},
      ...drawn.lines.map(({ name, isSparse }, i) => ({
        label: name,
        stroke: colourOf(i),
        width: 2,
        spanGaps: !drawn.hasGaps,
        ...(isSparse ? { dash: [5, 4], points: { show: true, size: 6, fill: colourOf(i) } } : {}),
      })),
    ],
  };
}

function onTheme(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(changed);
  system.addEventListener('change', changed);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => {
    system.removeEventListener('change', changed);
    chosen.disconnect();
  };
}
