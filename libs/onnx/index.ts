export { float, floats, int, ints, subgraph, text } from './attribute.js';
export { tensorBytes, type ElementType } from './element-type.js';
export { differentiate, type DifferentiateOptions } from './gradient/differentiate.js';
export { encodeModel } from './encode-model.js';
export { GraphBuilder, MICROSOFT_DOMAIN } from './graph-builder.js';
export type {
  Attribute,
  Attributes,
  Dimension,
  ExternalData,
  Graph,
  GraphPort,
  Initializer,
  Node,
  Value,
} from './graph.js';
