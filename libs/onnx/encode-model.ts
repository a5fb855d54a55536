import { elementTypeNumber } from './element-type.js';
import type { Attribute, Graph, GraphPort, Initializer, Node } from './graph.js';
import { ProtobufWriter } from './protobuf-writer.js';

/** IR version 11 belongs to ONNX 1.18, which brought opset 23. */
const IR_VERSION = 11;
const EXTERNAL = 1;
const attributeTypeNumber = { float: 1, int: 2, string: 3, graph: 5, floats: 6, ints: 7 } as const;

/**
 * Writes a graph as an ONNX ModelProto.
 * Field numbers are those of onnx/onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); its
 * message names stand at each function.
 */
export function encodeModel(graph: Graph): Uint8Array {
  const model = new ProtobufWriter();
  model.integer(1, IR_VERSION);
  model.string(2, 'pallet');
  model.message(7, (writer) => writeGraph(writer, graph));
  for (const [domain, version] of Object.entries(graph.opsets)) {
    model.message(8, (opset) => {
      opset.string(1, domain);
      opset.integer(2, version);
    });
  }
  return model.finish();
}

/** GraphProto */
function writeGraph(writer: ProtobufWriter, graph: Graph): void {
  for (const node of graph.nodes) writer.message(1, (nested) => writeNode(nested, node));
  writer.string(2, graph.name);
  for (const initializer of graph.initializers) {
    writer.message(5, (nested) => writeTensor(nested, initializer));
  }
  for (const port of graph.inputs) writer.message(11, (nested) => writePort(nested, port));
  for (const port of graph.outputs) writer.message(12, (nested) => writePort(nested, port));
}

/** NodeProto. An empty input name means that an optional input is left out. */
function writeNode(writer: ProtobufWriter, node: Node): void {
  for (const input of node.inputs) writer.string(1, input?.name ?? '');
  for (const output of node.outputs) writer.string(2, output.name);
  writer.string(3, node.name);
  writer.string(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    writer.message(5, (nested) => writeAttribute(nested, name, attribute));
  }
  if (node.domain) writer.string(7, node.domain);
}

/** AttributeProto */
function writeAttribute(writer: ProtobufWriter, name: string, attribute: Attribute): void {
  writer.string(1, name);
  if (attribute.kind === 'float') writer.float(2, attribute.value);
  else if (attribute.kind === 'int') writer.integer(3, attribute.value);
  else if (attribute.kind === 'string') writer.string(4, attribute.value);
  else if (attribute.kind === 'graph')
    writer.message(6, (nested) => writeGraph(nested, attribute.value));
  else if (attribute.kind === 'floats') for (const item of attribute.value) writer.float(7, item);
  else for (const item of attribute.value) writer.integer(8, item);
  writer.integer(20, attributeTypeNumber[attribute.kind]);
}

/** TensorProto */
function writeTensor(writer: ProtobufWriter, { value, type, shape, data }: Initializer): void {
  for (const size of shape) writer.integer(1, size);
  writer.integer(2, elementTypeNumber[type]);
  writer.string(8, value.name);
  if (data instanceof Uint8Array) {
    writer.bytes(9, data);
    return;
  }
  for (const [key, entry] of Object.entries(data)) {
    writer.message(13, (nested) => {
      nested.string(1, key);
      nested.string(2, String(entry));
    });
  }
  writer.integer(14, EXTERNAL);
}

/** ValueInfoProto > TypeProto > TypeProto.Tensor > TensorShapeProto */
function writePort(writer: ProtobufWriter, { value, type, shape }: GraphPort): void {
  writer.string(1, value.name);
  writer.message(2, (typeProto) =>
    typeProto.message(1, (tensor) => {
      tensor.integer(1, elementTypeNumber[type]);
      tensor.message(2, (shapeProto) => {
        for (const size of shape) {
          shapeProto.message(1, (dimension) => {
            if (typeof size === 'number') dimension.integer(1, size);
            else dimension.string(2, size);
          });
        }
      });
    }),
  );
}
