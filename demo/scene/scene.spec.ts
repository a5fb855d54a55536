import { describe, expect, it } from 'vitest';
import { answersTo } from '../answer/examples.js';
import { describe as caption } from '../answer/caption.js';
import { locate } from '../answer/detect.js';
import { placeOf } from '../answer/place.js';
import { questionsOf } from '../answer/question.js';
import { drawScene } from './draw-scene.js';
import { KINDS, type Kind } from './kind.js';
import { CHARACTERS } from './plate/glyph.js';
import { drawPlate } from './plate/plate.js';
import { Random } from './random.js';
import { SIDE, type Box, type Scene } from './scene.js';
import { Sprites } from './sprite.js';

/** Ellipses instead of pictures: the rules are the same. */
const sprites = Sprites.of(({ code }, size) => {
  const [width, height] = [size, Math.ceil(size * (0.6 + (code.length % 3) / 6))];
  const data = new Uint8Array(width * height * 4);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [
      (2 * (at % width) + 1) / width - 1,
      (2 * Math.floor(at / width) + 1) / height - 1,
    ];
    data.set([200, 30, 30, x * x + y * y <= 1 ? 255 : 0], at * 4);
  }
  return { width, height, data };
});
const scenes = Array.from({ length: 120 }, (_, seed) => drawScene(seed, 'full', sprites));
const plates = Array.from({ length: 120 }, (_, seed) => drawScene(seed, 'text', sprites));
const numbers = ['zero', 'one', 'two', 'three', 'four', 'five'];

describe('a scene', () => {
  it('follows from its seed, byte by byte', () => {
    for (const scene of scenes.slice(0, 5)) {
      const again = drawScene(scene.seed, 'full', sprites);
      expect(Buffer.compare(again.pixels, scene.pixels)).toBe(0);
      const told = ({ objects }: typeof scene) => objects.map(({ kind, box }) => [kind.code, box]);
      expect(told(again)).toEqual(told(scene));
      again.objects.forEach(({ mask }, index) =>
        expect(Buffer.compare(mask, scene.objects[index]!.mask)).toBe(0),
      );
    }
    expect(Buffer.compare(scenes[0]!.pixels, scenes[1]!.pixels)).not.toBe(0);
  });

  it('has one to five objects, each with one owner of each pixel and a box around all of it', () => {
    const counts = new Set(scenes.map(({ objects }) => objects.length));
    expect([...counts].toSorted()).toEqual([1, 2, 3, 4, 5]);
    for (const { objects } of scenes) {
      const owners = new Uint8Array(SIDE * SIDE);
      for (const { mask, box } of objects) {
        const [top, left, bottom, right] = box;
        let [all, inside] = [0, 0];
        mask.forEach((value, at) => {
          const [y, x] = [Math.floor(at / SIDE), at % SIDE];
          owners[at]! += value;
          all += value;
          if (y >= top && y < bottom && x >= left && x < right) inside += value;
        });
        expect(inside).toBe(all);
        expect(all).toBeGreaterThan(200);
      }
      expect(owners.every((count) => count < 2)).toBe(true);
    }
  });

  it('never has one thing in two colours, which no question could tell apart', () => {
    for (const { objects } of scenes) {
      const colours = new Map<string, string | undefined>();
      for (const { kind } of objects) {
        const known = colours.get(kind.label) ?? kind.code;
        expect(kind.code).toBe(known);
        colours.set(kind.label, kind.code);
      }
    }
  });
});

const overlap = (one: Box, other: Box): boolean =>
  one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];

describe('a plate', () => {
  it('is in every scene of text, in two of five full ones, and in no other', () => {
    expect(plates.every(({ text }) => text !== undefined)).toBe(true);
    expect(new Set(plates.map(({ objects }) => objects.length))).toEqual(new Set([0, 1, 2]));
    const share = scenes.filter(({ text }) => text !== undefined).length / scenes.length;
    expect(Math.abs(share - 0.4)).toBeLessThan(0.12);
    for (const difficulty of ['easy', 'medium'] as const) {
      const { text, characters } = drawScene(1, difficulty, sprites);
      expect([text, characters]).toEqual([undefined, []]);
    }
  });

  it('follows from the seed of its scene, byte by byte', () => {
    for (const scene of plates.slice(0, 5)) {
      const again = drawScene(scene.seed, 'text', sprites);
      expect(Buffer.compare(again.pixels, scene.pixels)).toBe(0);
      expect([again.text, again.characters]).toEqual([scene.text, scene.characters]);
    }
  });

  it('says two to four characters, each in a box of its own that no object reaches into', () => {
    for (const { text, characters, objects } of [...scenes, ...plates]) {
      expect(characters.map(({ character }) => character).join('')).toBe(text ?? '');
      expect(text ?? 'NO').toMatch(/^[A-Z0-9]{2,4}$/);
      for (const { box } of characters) {
        expect(Math.min(...box)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...box)).toBeLessThanOrEqual(SIDE);
        expect(objects.some((object) => overlap(object.box, box))).toBe(false);
      }
    }
  });

  it('has its characters inside of its edge', () => {
    for (let seed = 0; seed < 300; seed++) {
      const { sprite, characters } = drawPlate(new Random(seed));
      const opaque = (y: number, x: number) => sprite.data[(y * sprite.width + x) * 4 + 3] === 255;
      for (const { box } of characters) {
        const [y1, x1, y2, x2] = box;
        expect([y1, y2 - 1].every((y) => opaque(y, x1) && opaque(y, x2 - 1))).toBe(true);
        expect(y2 - y1).toBeGreaterThanOrEqual(26);
        expect(y2 - y1).toBeLessThan(60);
      }
    }
  });

  it('shows every letter and digit in time', () => {
    const all = Array.from({ length: 300 }, (_, seed) => drawPlate(new Random(seed)).text);
    expect([...new Set(all.join(''))].toSorted().join('')).toBe(CHARACTERS);
    expect(CHARACTERS).toBe('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  });

  it('is read in a quarter of what is asked about its scene', () => {
    const share = (some: readonly Scene[], count: number): number => {
      const all = some.flatMap((scene) => answersTo(scene, count).map((each) => ({ scene, each })));
      const read = all.filter(({ each }) => each.prefix === 'ocr');
      expect(read.every(({ scene, each }) => each.suffix === scene.text)).toBe(true);
      return read.length / all.length;
    };
    const full = scenes.filter(({ text }) => text !== undefined);
    expect(Math.abs(share(full, 1) - 0.25)).toBeLessThan(0.15);
    expect(Math.abs(share(full, 4) - 0.25)).toBeLessThan(0.05);
    const others = scenes.filter(({ text }) => text === undefined);
    expect(share(others, 4)).toBe(0);
    const bare = plates.filter(({ objects }) => objects.length === 0);
    expect(share(bare, 4)).toBe(1);
  });
});

describe('what is asked about a scene', () => {
  it('is counted in captions as it is in questions', () => {
    for (const scene of scenes) {
      const words = caption(scene).split(/[ ,]+/);
      const total = words.reduce((sum, word) => {
        if (word === 'a' || word === 'an') return sum + 1;
        return sum + Math.max(0, numbers.indexOf(word));
      }, 0);
      expect(total).toBe(scene.objects.length);
    }
  });

  it('is true of the picture', () => {
    for (const scene of scenes) {
      const count = (name: string): number =>
        scene.objects.filter(({ kind }) => kind.label === name || kind.plural === name).length;
      const asked = questionsOf(scene, new Random(scene.seed));
      for (const { question, answer } of asked['count']!) {
        expect(Number(answer)).toBe(count(/^how many (\w+) are there\?$/.exec(question)![1]!));
      }
      for (const { question, answer } of asked['presence']!) {
        expect(answer === 'yes').toBe(count(/^is there an? (\w+)\?$/.exec(question)![1]!) > 0);
      }
      for (const { question, answer } of asked['colour']!) {
        const label = /^what colour is the (\w+)\?$/.exec(question)![1]!;
        const [only, ...others] = scene.objects.filter(({ kind }) => kind.label === label);
        expect([only!.kind.colour, others]).toEqual([answer, []]);
      }
    }
  });

  it('says where things are only when it is beyond doubt', () => {
    const at = (x: number, y: number) => placeOf([y - 1, x - 1, y + 1, x + 1]);
    expect(at(10, 10)).toBe('top left');
    expect(at(112, 112)).toBe('middle');
    expect(at(112, 200)).toBe('bottom');
    expect(at(200, 112)).toBe('right');
    expect(at(SIDE / 3 + 2, 10)).toBeUndefined();
  });

  it('finds the boxes again in the bins of an answer', () => {
    for (const scene of scenes) {
      const labels = [...new Set(scene.objects.map(({ kind }) => kind.label))];
      const found = locate(scene, labels).split(' ; ');
      expect(found.length).toBe(scene.objects.length);
      for (const part of found) {
        const label = part.split('> ')[1]!;
        const pixels = [...part.matchAll(/<loc(\d{4})>/g)].map(
          ([, bin]) => (Number(bin) * SIDE) / 1024,
        );
        const near = scene.objects.some(
          ({ kind, box }) =>
            kind.label === label &&
            box.every((side, index) => Math.abs(side - pixels[index]!) < 0.3),
        );
        expect(near).toBe(true);
      }
    }
  });

  it('is a mixture of all tasks, none without an answer, the same for the same seed', () => {
    const all = scenes.flatMap((scene) => answersTo(scene, 4));
    expect(all).toEqual(scenes.flatMap((scene) => answersTo(scene, 4)));
    expect(all.every(({ suffix }) => suffix !== '')).toBe(true);
    const tasks = new Map<string, number>();
    for (const { prefix } of all) {
      const task = prefix.split(' ')[0]!;
      tasks.set(task, (tasks.get(task) ?? 0) + 1);
    }
    for (const task of ['caption', 'answer', 'detect']) {
      expect(tasks.get(task)!).toBeGreaterThan(0.15 * all.length);
    }
  });
});

it('knows every kind by one picture', () => {
  expect(new Set(KINDS.map(({ code }: Kind) => code)).size).toBe(KINDS.length);
  const plurals = new Map(KINDS.map(({ label, plural }) => [label, plural]));
  expect(KINDS.every(({ label, plural }) => plurals.get(label) === plural)).toBe(true);
});
