/** Element types that our graphs use, with their numbers in `TensorProto.DataType` of onnx.proto. */
export const elementTypeNumber = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  uint32: 12,
  bfloat16: 16,
} as const;

export type ElementType = keyof typeof elementTypeNumber;

const BYTES: Record<ElementType, number> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  uint32: 4,
  bfloat16: 2,
};

/** Bytes that a dense tensor of this shape takes. */
export function tensorBytes(type: ElementType, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, BYTES[type]);
}
