import { AppError } from '#contracts';
import { isObject, type JsonObject } from '../checkpoint/json-file.js';

/** Four times Gemma's: ids are places in tables. */
const MOST_TOKENS = 1 << 20;

/**
 * What the tokenizer library takes on trust: a vocabulary of ids, and a list of added tokens.
 * Errors: `checkpoint.unreadable`, naming the place.
 */
export function checkTokenizerFile({ model, added_tokens: added }: JsonObject): void {
  const vocabulary = isObject(model) ? model['vocab'] : undefined;
  if (!isObject(vocabulary)) throw damaged('has no model.vocab');
  for (const [token, id] of Object.entries(vocabulary)) {
    if (!isId(id)) throw damaged(`has no id for ${JSON.stringify(token)} in model.vocab`);
  }
  if (added === undefined || added === null) return;
  const isList = Array.isArray(added) && added.every(isAddedToken);
  if (!isList) throw damaged('has added_tokens that are no list of ids and contents');
}

function isAddedToken(token: unknown): boolean {
  return isObject(token) && isId(token['id']) && typeof token['content'] === 'string';
}

function isId(id: unknown): boolean {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < MOST_TOKENS;
}

function damaged(problem: string): AppError {
  return new AppError(
    'checkpoint.unreadable',
    `tokenizer.json ${problem}. Use the tokenizer.json of the checkpoint.`,
    { context: { problem } },
  );
}
