import { beginnings, words } from './words.js';

const SPECIAL = ['<pad>', '<eos>', '<bos>', '<unk>', '<mask>'];
const NEWLINES = ['\n', '\n\n', '\n\n\n'];
const BYTES = Array.from({ length: 256 }, (_, byte) => `<0x${hex(byte)}>`);
const CHARACTERS = [
  '▁',
  ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:?!\'"-+/()%&',
];
const LOCATIONS = Array.from({ length: 1024 }, (_, bin) => `<loc${digits(bin, 4)}>`);
const SEGMENTS = Array.from({ length: 128 }, (_, code) => `<seg${digits(code, 3)}>`);

/** Files of a checkpoint that say how its texts are cut: Gemma's form, with the demo's few words. */
export interface Vocabulary {
  /** File name -> content. */
  readonly files: Readonly<Record<string, object>>;
  /** `<image>` is the last of them. */
  readonly tokens: number;
  /** Rows of the `<loc>` tokens, and of the `<seg>` tokens. */
  readonly locations: { readonly first: number; readonly count: number };
  readonly segments: { readonly first: number; readonly count: number };
}

/**
 * BPE with bytes to fall back on, as Gemma's. A word is one token behind a blank, and those that texts begin with
 * are one without: their letters are merged from the left. Merges come in the order of their rank, so a long word's stand before those of a short
 * one that begins in its middle: "bottom" before "top".
 */
export function vocabulary(): Vocabulary {
  const merges: [string, string][] = NEWLINES.slice(1).map((_, at) => [NEWLINES[at]!, '\n']);
  const pieces = new Set<string>();
  for (const word of [...words().map((each) => `▁${each}`), '▁;', ...beginnings()]) {
    for (let length = 2; length <= word.length; length++) {
      const piece = word.slice(0, length);
      if (pieces.has(piece)) continue;
      pieces.add(piece);
      merges.push([word.slice(0, length - 1), word[length - 1]!]);
    }
  }
  const texts = [...SPECIAL, ...NEWLINES, ...BYTES, ...CHARACTERS, ...pieces];
  const all = [...texts, ...LOCATIONS, ...SEGMENTS, '<image>'];
  const idOf = new Map(all.map((token, id) => [token, id]));
  const added = (content: string, special: boolean) =>
    addedToken(idOf.get(content)!, content, special);
  const codes = [...LOCATIONS, ...SEGMENTS];
  const tokenizer = {
    ...frame(),
    added_tokens: [
      ...SPECIAL.map((token) => added(token, true)),
      ...codes.map((token) => added(token, false)),
      added('<image>', true),
    ],
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(texts.map((token, id) => [token, id])),
      merges,
    },
  };
  return {
    files: { 'tokenizer.json': tokenizer, ...besides() },
    tokens: all.length,
    locations: { first: idOf.get(LOCATIONS[0]!)!, count: LOCATIONS.length },
    segments: { first: idOf.get(SEGMENTS[0]!)!, count: SEGMENTS.length },
  };
}

function addedToken(id: number, content: string, special: boolean) {
  const flags = { single_word: false, lstrip: false, rstrip: false };
  return { id, content, ...flags, normalized: !special, special };
}

function frame() {
  const bos = { SpecialToken: { id: '<bos>', type_id: 0 } };
  const text = { Sequence: { id: 'A', type_id: 0 } };
  const pair = [
    { SpecialToken: { id: '<bos>', type_id: 1 } },
    { Sequence: { id: 'B', type_id: 1 } },
  ];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: {
      type: 'Split',
      pattern: { String: ' ' },
      behavior: 'MergedWithPrevious',
      invert: false,
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [bos, text],
      pair: [bos, text, ...pair],
      special_tokens: { '<bos>': { id: '<bos>', ids: [2], tokens: ['<bos>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
      ],
    },
  };
}

function besides(): Record<string, object> {
  const special = {
    bos_token: '<bos>',
    eos_token: '<eos>',
    pad_token: '<pad>',
    unk_token: '<unk>',
  };
  return {
    'tokenizer_config.json': {
      ...special,
      add_bos_token: true,
      add_eos_token: false,
      clean_up_tokenization_spaces: false,
      additional_special_tokens: ['<image>'],
      extra_special_tokens: { image_token: '<image>' },
      processor_class: 'PaliGemmaProcessor',
      spaces_between_special_tokens: false,
      tokenizer_class: 'GemmaTokenizer',
    },
    'special_tokens_map.json': { ...special, additional_special_tokens: ['<image>'] },
  };
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
