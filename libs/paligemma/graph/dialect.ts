/**
 * How graphs are written for an execution provider. The emitter is the same for all; what a provider has no kernel
 * for, computes wrongly or much slower stands here, and nowhere else.
 */
export interface Dialect {
  readonly provider: 'cpu' | 'webgpu' | 'cuda';
  /**
   * The cache is laid out in pieces so that no sum is longer than RUN (see cache-layout.ts). Only the CPU divides a
   * sum by the number of batch mates.
   */
  readonly cutsSums: boolean;
  /** com.microsoft.FusedMatMul: product, transposition and factor in one. */
  readonly hasFusedMatMul: boolean;
  /** com.microsoft.MultiHeadAttention, and right at every length. */
  readonly hasFusedAttention: boolean;
  /** Joins sizes of tensors to new shapes inside the graph; else such shapes are inputs. */
  readonly computesShapes: boolean;
  /** New keys and values leave the decoder as one output; else as two for each layer. */
  readonly joinsKeyValues: boolean;
  /** int8 linears: activations to bytes row by row, or weights back to float32 just before the product. */
  readonly int8: 'integer-product' | 'dequantised-weight';
  /** Products of float16 weights: computed in float16, or weights widened to float32 at load. What lies between products is float32. */
  readonly hasHalfProducts: boolean;
  /** `accuracy_level` of MatMulNBits: 4 computes with int8 activations, 0 in float32. */
  readonly int4AccuracyLevel: 0 | 4;
}

export const cpuDialect: Dialect = {
  provider: 'cpu',
  cutsSums: true,
  hasFusedMatMul: true,
  hasFusedAttention: true,
  computesShapes: true,
  joinsKeyValues: true,
  int8: 'integer-product',
  hasHalfProducts: false,
  // Level 0 is up to 100 times slower on the CPU.
  int4AccuracyLevel: 4,
};

/**
 * ONNX Runtime 1.30. No kernel: FusedMatMul, MatMulIntegerToFloat, DynamicQuantizeMatMul, Concat of int64. MultiHeadAttention and
 * GroupQueryAttention compute wrong numbers from 32 tokens on (their flash prefill).
 */
export const webgpuDialect: Dialect = {
  provider: 'webgpu',
  cutsSums: false,
  hasFusedMatMul: false,
  hasFusedAttention: false,
  computesShapes: false,
  joinsKeyValues: false,
  int8: 'dequantised-weight',
  hasHalfProducts: false,
  int4AccuracyLevel: 0,
};

/**
 * ONNX Runtime 1.30, by its list of kernels (docs/OperatorKernels.md): run on no hardware yet. FusedMatMul is there,
 * the integer products are not.
 */
export const cudaDialect: Dialect = {
  provider: 'cuda',
  // Not for the sums: its cache is the CPU's, since there are no tensors on the device.
  cutsSums: true,
  hasFusedMatMul: true,
  // There is one. Which of its kernels runs depends on the card, and none was tried.
  hasFusedAttention: false,
  computesShapes: true,
  joinsKeyValues: true,
  // Never reached, and so is the level of int4: the provider refuses both.
  int8: 'dequantised-weight',
  hasHalfProducts: true,
  int4AccuracyLevel: 0,
};
