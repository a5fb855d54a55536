/**
 * A normal name (tensor-name.ts) as published files spell it: layout A, which every version of transformers reads.
 */
export function publishedTensorName(name: string): string {
  return name
    .replace(/^vision\./, 'vision_tower.vision_model.')
    .replace(/^projector\./, 'multi_modal_projector.linear.')
    .replace(/^head\./, 'language_model.lm_head.')
    .replace(/^text\./, 'language_model.model.');
}
