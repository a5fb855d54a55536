import { SaxesParser } from 'saxes';
import { expect, it } from 'vitest';
import { burst } from '../simulation/load.js';
import { DEFAULT_POOL, DEFAULT_WORLD } from '../simulation/settings.js';
import { simulate } from '../simulation/simulate.js';
import { plotSimulation } from './plot-simulation.js';

function plot(images: number, title = 'a burst') {
  const svg = plotSimulation(simulate(burst(images), DEFAULT_POOL, DEFAULT_WORLD), title);
  const elements: { name: string; attributes: Record<string, string> }[] = [];
  let text = '';
  const parser = new SaxesParser();
  parser.on('opentag', (tag) => {
    elements.push({ name: tag.name, attributes: tag.attributes as Record<string, string> });
  });
  parser.on('text', (part) => {
    text += part;
  });
  parser.write(svg).close();
  return { svg, elements, text };
}

it('draws a well-formed picture inside its frame', () => {
  const { elements, text } = plot(100_000, '<b> & "c"');
  expect(text).toContain('<b> & "c"');
  expect(elements.some(({ name }) => name === 'script')).toBe(false);
  const [, , width, height] = elements[0]!.attributes['viewBox']!.split(' ').map(Number);
  const points = elements
    .filter(({ name }) => name === 'path')
    .flatMap(({ attributes }) => [...attributes['d']!.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)]);
  expect(points.length).toBeGreaterThan(40);
  for (const [, x, y] of points) {
    expect(Number(x)).toBeGreaterThanOrEqual(0);
    expect(Number(x)).toBeLessThanOrEqual(width!);
    expect(Number(y)).toBeGreaterThanOrEqual(0);
    expect(Number(y)).toBeLessThanOrEqual(height!);
  }
});

it('stays small however long the simulation', () => {
  expect(plot(10_000_000).svg.length).toBeLessThan(120_000);
  expect(plot(1).svg).not.toMatch(/NaN|Infinity/);
});

it('draws another run of the same load beside it, inside the same frame', () => {
  const [one, other] = [60_000, 120_000].map((images) =>
    simulate(burst(images), DEFAULT_POOL, DEFAULT_WORLD),
  );
  const svg = plotSimulation(one!, 'measured', { name: 'simulation', samples: other!.samples });
  expect(svg.match(/stroke-dasharray/g)).toHaveLength(2);
  expect(svg).toContain('images outstanding, simulation (dashed)');
  const heights = [...svg.matchAll(/[LV]([\d.]+ )?([\d.-]+)/g)].map(([, , y]) => Number(y));
  expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
});
