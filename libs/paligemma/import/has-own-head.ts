import { EMBEDDING, HEAD } from '../checkpoint/expected-tensors.js';
import { getTensor, type TensorMap } from '../checkpoint/match-tensors.js';
import { RowSource } from './row-source.js';

const BLOCK_BYTES = 1 << 26;

/**
 * Whether a checkpoint has a head that is more than a second copy of its embedding. Some files hold that copy; one that
 * differs counts, whatever config.json says of tying: so does transformers 5 (`tie_weights` in modeling_utils.py).
 */
export async function hasOwnHead(
  { tensors }: { readonly tensors: TensorMap },
  signal?: AbortSignal,
): Promise<boolean> {
  const head = tensors.get(HEAD);
  if (!head) return false;
  const embedding = getTensor(tensors, EMBEDDING);
  if (head.type !== embedding.type) return true;
  const source = new RowSource();
  try {
    for (let start = 0; start < head.bytes; start += BLOCK_BYTES) {
      signal?.throwIfAborted();
      const length = Math.min(BLOCK_BYTES, head.bytes - start);
      const block = await source.bytes(head, start, length);
      if (!block.equals(await source.bytes(embedding, start, length))) return true;
    }
    return false;
  } finally {
    await source.close();
  }
}
