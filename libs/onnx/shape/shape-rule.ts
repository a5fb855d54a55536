import type { Node } from '../graph.js';

export type Shape = readonly number[];

/** What a rule may ask about one node's inputs. */
export interface ShapeQuestion {
  readonly node: Node;
  /** Shape of input `index`. */
  readonly shape: (index: number) => Shape;
  /** Numbers of an int64 constant input. */
  readonly integers: (index: number) => number[];
}

export type ShapeRule = (question: ShapeQuestion) => readonly Shape[];
