import { Tensor } from 'onnxruntime-node';

/** int64 tensor of these numbers; a vector when no shape is given. */
export function integers(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), shape);
}
