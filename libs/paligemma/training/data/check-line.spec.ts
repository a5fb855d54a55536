import { describe, expect, it } from 'vitest';
import { checkText, parseLine } from './check-line.js';

const IMAGE_ID = 3;
const VOCABULARY = 128;

/** A word is a token, numbered by its first letter, and so are a blank and a newline. */
const tokenizer = {
  bosId: 2,
  eosId: 1,
  imageId: IMAGE_ID,
  encode: (text: string) =>
    (text.match(/<image>|\S+|\s/g) ?? []).map((word) =>
      word === '<image>' ? IMAGE_ID : word.charCodeAt(0),
    ),
};
const limits = { tokenizer, textTokens: 10, vocabularySize: VOCABULARY };

const check = (prefix: string, suffix: string): number =>
  checkText({ image: '/a.png', prefix, suffix }, limits);
const parse = (value: unknown) => parseLine('/data/train.jsonl', JSON.stringify(value));
const good = { image: 'cat.png', prefix: 'caption en', suffix: 'a cat' };

describe('parseLine', () => {
  it('reads an image beside the file, or anywhere', () => {
    expect(parse(good)).toEqual({ ...good, image: '/data/cat.png' });
    expect(parse({ ...good, image: '/pictures/cat.png' }).image).toBe('/pictures/cat.png');
  });

  it('passes over fields that it does not know', () => {
    expect(parse({ ...good, source: 'me' })).not.toHaveProperty('source');
  });

  it.each([
    ['what is no JSON', () => parseLine('/a', '{"image":'), 'it is no JSON'],
    ['what is no object', () => parse(['cat.png']), 'it is no JSON object'],
    ['a line without a field', () => parse({ ...good, suffix: undefined }), 'it has no "suffix"'],
    ['a field that is no text', () => parse({ ...good, prefix: 5 }), 'its "prefix" is no text'],
    ['an empty image', () => parse({ ...good, image: '' }), 'its "image" is empty'],
  ])('refuses %s', (_, read, reason) => {
    expect(read).toThrow(reason);
  });
});

describe('checkText', () => {
  it('counts what is to be learned: the suffix and its end', () => {
    expect(check('caption', 'cat')).toBe(2);
    expect(check('caption', 'a cat')).toBe(4);
  });

  it('lets codes be in the prefix and in the suffix', () => {
    expect(check('describe <loc0001><seg005>', '<loc0000><loc1023><seg000><seg127>')).toBe(2);
    expect(check('caption', 'a<b>c < d')).toBe(6);
  });

  it('lets a text be as long as fits, and no longer', () => {
    // <bos>, a word, a newline; then the words and blanks of the suffix, and <eos>.
    expect(check('caption', 'a b c d')).toBe(8);
    expect(() => check('caption', 'a b c d e')).toThrow('takes 13 tokens, and 11 fit');
  });

  it.each([
    ['nothing to learn', 'caption', ' \n', 'its "suffix", the answer to learn, is empty'],
    ['a location that is none', 'detect', '<loc1024>', '<loc1024> is no token'],
    ['a location of other digits', 'detect', '<loc12>', '<loc12> is no token'],
    ['a code word that is none', 'segment', '<seg128>', 'seg runs from 0 to 127, with 3 digits'],
    ['a picture in the text', 'what is <image> ?', 'cat', 'contains "<image>"'],
    ['an end in the suffix', 'caption', 'a<eos>', 'its "suffix" contains <eos>'],
    ['an end in the prefix', '<eos>', 'a', 'its "prefix" contains <eos>'],
    ['a beginning', '<bos>caption', 'a', 'its "prefix" contains <bos>'],
    ['padding', 'caption', 'a <pad>', 'its "suffix" contains <pad>'],
    ['a token that the model lacks', 'caption', 'ä', 'has token 228, which the model has no row'],
  ])('refuses %s', (_, prefix, suffix, reason) => {
    expect(() => check(prefix, suffix)).toThrow(reason);
  });
});
