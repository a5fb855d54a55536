import { AppError } from '#contracts';
import type { CodeTokens } from '../tokenizer/code-tokens.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { TokenTrie } from './token-trie.js';

/** Follows one answer and says what may come next. */
export interface TokenConstraint {
  /** At least one id. */
  readonly allowed: readonly number[];
  /** Moves on by an allowed token. */
  take(token: number): void;
}

export interface ObjectGrammarOptions {
  readonly tokenizer: Tokenizer;
  readonly codes: CodeTokens;
  /** What may be found; "a ; b" counts as two labels, as it does in a prompt. */
  readonly labels: readonly string[];
  /** `segment`: a mask follows each box, and the label may be left out (as in RefCOCO's answers). */
  readonly hasMasks: boolean;
}

/** What may follow a label: another object, or the end. */
type After = 'object' | 'end';

const MASK_CODES = 16;

/**
 * The answers of `detect` and `segment` as an automaton over token ids:
 *
 *     answer = [ object ( " ; " object )* ] eos
 *     object = y1 x1 y2 x2 [ 16 mask codes ] " " label
 *
 *     corners 0..3 -> mask 0..15 (segment) -> label (a walk through a trie) -> corners, or done
 *
 * A label is followed as the tokenizer writes it, alone and before a separator: these differ in how they split.
 * The far corner lies beyond the near one, so every finished answer is read without a warning.
 */
export class ObjectGrammar implements TokenConstraint {
  readonly #labels: TokenTrie<After>;
  readonly #corners: number[] = [];
  readonly #codeOf: ReadonlyMap<number, number>;
  #masks = 0;
  #label: TokenTrie<After> | undefined;
  #isFirst = true;

  /** Errors: `generation.bad_label`. */
  constructor(private readonly options: ObjectGrammarOptions) {
    this.#labels = labelTrie(options);
    this.#codeOf = new Map(options.codes.locations.map((id, code) => [id, code]));
  }

  get allowed(): readonly number[] {
    const { tokenizer, codes } = this.options;
    if (this.#label) return this.#afterLabel(this.#label);
    if (this.#corners.length === 4) return codes.segments;
    const corners = this.#corner();
    return this.#isFirst && this.#corners.length === 0 ? [tokenizer.eosId, ...corners] : corners;
  }

  take(token: number): void {
    this.#isFirst = false;
    if (this.#label) return this.#takeLabel(this.#label, token);
    if (this.#corners.length < 4) this.#corners.push(this.#codeOf.get(token)!);
    else this.#masks++;
    const isWhole = this.#corners.length === 4;
    if (isWhole && this.#masks === (this.options.hasMasks ? MASK_CODES : 0)) {
      this.#label = this.#labels;
    }
  }

  /** The near corner leaves room for the far one. */
  #corner(): readonly number[] {
    const { locations } = this.options.codes;
    const near = this.#corners[this.#corners.length - 2];
    return near === undefined ? locations.slice(0, -1) : locations.slice(near + 1);
  }

  #afterLabel({ next, marks }: TokenTrie<After>): readonly number[] {
    const following = [...next.keys()];
    return marks.has('end') ? [this.options.tokenizer.eosId, ...following] : following;
  }

  #takeLabel(place: TokenTrie<After>, token: number): void {
    this.#label = place.next.get(token) ?? new TokenTrie();
    if (!this.#label.marks.has('object')) return;
    this.#label = undefined;
    this.#corners.length = 0;
    this.#masks = 0;
  }
}

function labelTrie({ tokenizer, labels, hasMasks }: ObjectGrammarOptions): TokenTrie<After> {
  const trie = new TokenTrie<After>();
  const add = (text: string): void => {
    // The tokenizer takes no empty text.
    trie.add(text === '' ? [] : tokenizer.encode(text), 'end');
    trie.add(tokenizer.encode(`${text} ; `), 'object');
  };
  if (hasMasks) add('');
  const wanted = labels.flatMap((label) => label.split(';')).map((label) => label.trim());
  for (const label of wanted.filter(Boolean)) {
    mustBeWritable(tokenizer, label);
    add(` ${label}`);
  }
  if (trie.next.size > 0) return trie;
  throw badLabel('There is no label to look for.', labels.join(' ; '));
}

/** `<` and `>` would read as the start of a code. */
function mustBeWritable(tokenizer: Tokenizer, label: string): void {
  const isWritten = [` ${label}`, ` ${label} ; `].every(
    (text) => tokenizer.decode(tokenizer.encode(text)) === text,
  );
  if (isWritten && !/[<>]/.test(label)) return;
  throw badLabel('The tokens of the model cannot spell this label.', label);
}

function badLabel(problem: string, label: string): AppError {
  return new AppError(
    'generation.bad_label',
    `${problem} Use plain words without "<" and ">", or ask with \`constrained: false\`.`,
    { context: { label } },
  );
}
