import { sendTuningFile } from '../../client/files';
import type { Examples } from './examples-field';
import { FieldError, type Pointer } from './run-faults';

/**
 * Sends the file if the API has it not yet. Input: the field of the file. Output: its id; undefined where there is none.
 * Errors: `FieldError`.
 */
export async function sendExamples(
  pointer: Pointer,
  { from, file }: Examples,
): Promise<string | undefined> {
  if (from === 'none') return undefined;
  if (from !== 'upload') return from;
  if (file === undefined) return undefined;
  try {
    return await sendTuningFile(file);
  } catch (error) {
    throw new FieldError(pointer, error);
  }
}
