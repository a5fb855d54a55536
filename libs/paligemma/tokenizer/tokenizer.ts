import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { AppError } from '#contracts';
import { findJson, getJson, type JsonObject } from '../checkpoint/json-file.js';
import { checkTokenizerFile } from './check-tokenizer-file.js';

/** Turns prompts into token ids and token ids into text, as the checkpoint's tokenizer.json says. */
export class Tokenizer {
  readonly bosId: number;
  readonly eosId: number;
  readonly imageId: number;

  constructor(private readonly inner: HuggingFaceTokenizer) {
    this.bosId = this.#get('<bos>');
    this.eosId = this.#get('<eos>');
    this.imageId = this.#get('<image>');
  }

  /**
   * Errors: `checkpoint.incomplete`, `checkpoint.unreadable`, `checkpoint.unsupported` (a tokenizer without the
   * tokens of PaliGemma).
   */
  static async load(directory: string): Promise<Tokenizer> {
    const [tokenizer, config] = await Promise.all([
      getJson(directory, 'tokenizer.json'),
      findJson(directory, 'tokenizer_config.json'),
    ]);
    checkTokenizerFile(tokenizer);
    return new Tokenizer(build(tokenizer, config ?? {}));
  }

  /** Adds no special tokens of its own. */
  encode(text: string): number[] {
    return this.inner.encode(text, { add_special_tokens: false }).ids;
  }

  /** Keeps `<loc>` and `<seg>`; drops control tokens such as `<eos>`. */
  decode(ids: readonly number[]): string {
    // The library takes no empty list.
    if (ids.length === 0) return '';
    return this.inner.decode([...ids], { skip_special_tokens: true });
  }

  /** The id of one token as it is written, if there is such a token. */
  find(token: string): number | undefined {
    return this.inner.token_to_id(token);
  }

  /** Of all tokens but `<image>`, which has no embedding. */
  highestTextId(): number {
    let highest = -1;
    for (const id of this.inner.get_vocab().values())
      if (id > highest && id !== this.imageId) highest = id;
    return highest;
  }

  #get(token: string): number {
    const id = this.find(token);
    if (id !== undefined) return id;
    throw new AppError(
      'checkpoint.unsupported',
      `tokenizer.json has no token ${token}. Use the tokenizer of a PaliGemma checkpoint.`,
      { context: { token } },
    );
  }
}

/** The library says what is wrong with a damaged file in any error that comes to hand. */
function build(tokenizer: JsonObject, config: JsonObject): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(tokenizer, config);
  } catch (cause) {
    throw new AppError(
      'checkpoint.unreadable',
      `tokenizer.json cannot be used: ${(cause as Error).message}. Download it and tokenizer_config.json again.`,
      { cause },
    );
  }
}
