import type { ReceivedSpan } from './otlp-receiver.js';

export interface SpanNode {
  readonly span: ReceivedSpan;
  readonly children: readonly SpanNode[];
}

/** Output: the spans of a trace under those of their parents that are there, each level in order of time. */
export function spanTree(spans: readonly ReceivedSpan[], traceId: string): SpanNode[] {
  const all = spans.filter((span) => span.traceId === traceId);
  const ids = new Set(all.map(({ spanId }) => spanId));
  const below = (parent: string | undefined): SpanNode[] =>
    all
      .filter(({ parentSpanId }) => (ids.has(parentSpanId) ? parentSpanId : undefined) === parent)
      .toSorted((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)
      .map((span) => ({ span, children: below(span.spanId) }));
  return below(undefined);
}

/** Names alone, deeper ones further in: what a test compares. */
export function outline(nodes: readonly SpanNode[], depth = 0): string[] {
  return nodes.flatMap(({ span, children }) => [
    `${'  '.repeat(depth)}${span.name}`,
    ...outline(children, depth + 1),
  ]);
}

const SHOWN = /^(http\.response\.status_code|error\.type|pallet\.(items|end|event\.type|attempt))$/;

/** As a table: when it began after the first span, how long it took, whose it is, what it is. */
export function printTree(nodes: readonly SpanNode[]): string {
  const firstMs = Math.min(...nodes.map(({ span }) => span.startMs));
  const lines = (level: readonly SpanNode[], depth: number): string[] =>
    level.flatMap(({ span, children }) => [
      [
        (span.startMs - firstMs).toFixed(1).padStart(9),
        (span.endMs - span.startMs).toFixed(1).padStart(9),
        ` ${span.service.replace('pallet-', '').padEnd(10)}`,
        `  ${'  '.repeat(depth)}${span.name}`.padEnd(38),
        describe(span),
      ]
        .join(' ')
        .trimEnd(),
      ...lines(children, depth + 1),
    ]);
  return [' begin ms   took ms  process      span', ...lines(nodes, 0)].join('\n');
}

const describe = ({ attributes }: ReceivedSpan): string =>
  Object.entries(attributes)
    .filter(([name]) => SHOWN.test(name))
    .map(([name, value]) => `${name.replace(/^(pallet|http)\.(response\.)?/, '')}=${value}`)
    .join(' ');
