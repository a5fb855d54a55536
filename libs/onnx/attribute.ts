import type { Attribute, Graph } from './graph.js';

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const text = (value: string): Attribute => ({ kind: 'string', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const floats = (value: readonly number[]): Attribute => ({ kind: 'floats', value });
/** The body of a Loop, or a branch of an If: what a builder made by `GraphBuilder.body` builds. */
export const subgraph = (value: Graph): Attribute => ({ kind: 'graph', value });
