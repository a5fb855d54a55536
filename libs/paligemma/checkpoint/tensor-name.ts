/**
 * Published files spell one tensor in four ways (and PEFT merges mix them):
 *   A  vision_tower.vision_model.*        language_model.model.*         hub originals, transformers <= 4.57
 *   B  model.vision_tower.vision_model.*  model.language_model.*         in memory 4.52 - 4.57, with lm_head.weight
 *   C  model.vision_tower.*               model.language_model.*         in memory 5.x
 *   D  vision_tower.*                     language_model.model.*         transformers 5.x save_pretrained
 * Leaf names are the same in all.
 */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/^model\.(?=vision_tower\.|multi_modal_projector\.|language_model\.)/, ''],
  [/^vision_tower\.(vision_model\.)?/, 'vision.'],
  [/^multi_modal_projector\.linear\./, 'projector.'],
  [/^(language_model\.)?lm_head\./, 'head.'],
  [/^language_model\.(model\.)?/, 'text.'],
];

/** Buffers that old versions saved; they follow from the sizes. */
const DERIVED = /(\.rotary_emb\.inv_freq|\.embeddings\.position_ids)$/;

/** `vision.*`, `projector.*`, `text.*`, `head.weight`; `undefined` for buffers that carry nothing. */
export function normalTensorName(name: string): string | undefined {
  if (DERIVED.test(name)) return undefined;
  return RULES.reduce((current, [pattern, prefix]) => current.replace(pattern, prefix), name);
}
