/** cos and sin of every position: [positions, headSize / 2] each. */
export interface RotaryTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/**
 * Angles of rotary position embedding, rounded to float32 at each step as torch rounds them, so that far
 * positions get the reference's angles and not better ones.
 */
export function rotaryTables(positions: number, headSize: number, theta: number): RotaryTables {
  const pairs = headSize / 2;
  const frequencies = Float32Array.from({ length: pairs }, (_, pair) => {
    const power = Math.fround(theta ** Math.fround((2 * pair) / headSize));
    return 1 / power;
  });
  const cos = new Float32Array(positions * pairs);
  const sin = new Float32Array(positions * pairs);
  for (let index = 0; index < cos.length; index++) {
    const position = Math.floor(index / pairs);
    const angle = Math.fround(position * frequencies[index % pairs]!);
    cos[index] = Math.cos(angle);
    sin[index] = Math.sin(angle);
  }
  return { cos, sin };
}
