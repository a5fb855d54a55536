import type { Attribute, Node } from './graph.js';

/** The integer attribute of a node, or what the operator takes when it is absent. */
export function intOf(node: Node, name: string, absent: number): number {
  const attribute: Attribute | undefined = node.attributes[name];
  return attribute?.kind === 'int' ? attribute.value : absent;
}

export function intsOf(node: Node, name: string, absent: readonly number[]): readonly number[] {
  const attribute: Attribute | undefined = node.attributes[name];
  return attribute?.kind === 'ints' ? attribute.value : absent;
}

export function floatOf(node: Node, name: string, absent: number): number {
  const attribute: Attribute | undefined = node.attributes[name];
  return attribute?.kind === 'float' ? attribute.value : absent;
}

/** An axis counted from the front. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
