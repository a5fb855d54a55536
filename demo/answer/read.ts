import { taskPrompt } from '#paligemma';
import type { Scene } from '../scene/scene.js';
import type { Example } from './example.js';

/** What is written, if anything is. */
export function read({ text }: Scene): Example | undefined {
  return text === undefined ? undefined : { prefix: taskPrompt({ type: 'ocr' }), suffix: text };
}
