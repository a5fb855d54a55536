import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { maskOfBitmap } from '#paligemma/pictures';
import { filesOf } from '../read-export-fixture.js';
import { aBox, aJob, anAnswer, anItem, someItems, sourceOf } from '../source-fixture.js';
import { rowRuns } from './cvat.js';

/** Every opening tag with its attributes and the text right in it. */
function elements(xml: string) {
  const all: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const open: typeof all = [];
  const parser = new SaxesParser({ fragment: false });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes: { ...(attributes as Record<string, string>) }, text: '' };
    all.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    if (open.length > 0) open.at(-1)!.text += text;
  });
  parser.on('closetag', () => void open.pop());
  parser.write(xml).close();
  return (name: string) => all.filter((element) => element.name === name);
}

describe('pascal-voc', () => {
  it('counts pixels from 1, both ends inside', async () => {
    const files = await filesOf('pascal-voc', sourceOf(someItems()));
    const find = elements(files['Annotations/photo-0.xml']!);
    const values = (name: string) => find(name).map(({ text }) => text);
    expect(values('filename')).toEqual(['photo-0.jpg']);
    expect([values('width'), values('height')]).toEqual([['40'], ['30']]);
    expect(values('name')).toEqual(['cat', 'dog "big" <& é']);
    expect(['xmin', 'ymin', 'xmax', 'ymax'].map(values)).toEqual([
      ['5', '22'],
      ['6', '11'],
      ['14', '40'],
      ['25', '29'],
    ]);
    expect(Object.keys(files)).not.toContain('Annotations/photo-3.xml');
  });

  it('keeps every corner in the picture', async () => {
    const coordinate = fc.double({ min: -2, max: 42, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.tuple(coordinate, coordinate, coordinate, coordinate), async (pixels) => {
        const boxes = [aBox('x', { width: 40, height: 30 }, pixels)];
        const source = sourceOf([anItem(0, { answers: [anAnswer(1, { boxes })] })]);
        const find = elements((await filesOf('pascal-voc', source))['Annotations/photo-0.xml']!);
        const [xmin, xmax, ymin, ymax] = ['xmin', 'xmax', 'ymin', 'ymax'].map((name) =>
          Number(find(name)[0]!.text),
        ) as [number, number, number, number];
        expect(xmin >= 1 && xmin <= xmax && xmax <= 40).toBe(true);
        expect(ymin >= 1 && ymin <= ymax && ymax <= 30).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('cvat', () => {
  it('has labels, boxes and masks with their score', async () => {
    const files = await filesOf('cvat', sourceOf(someItems()));
    const find = elements(files['annotations.xml']!);
    expect(find('image').map(({ attributes }) => attributes)).toEqual([
      { id: '0', name: 'photo-0.jpg', width: '40', height: '30' },
      { id: '2', name: 'photo-2.jpg', width: '40', height: '30' },
      { id: '4', name: 'photo-4.jpg', width: '40', height: '30' },
    ]);
    expect(find('box')[1]!.attributes).toMatchObject({
      label: 'dog "big" <& é',
      source: 'auto',
      xtl: '20.5',
      ytl: '10',
      xbr: '39.5',
      ybr: '29.25',
    });
    const place = { left: '3', top: '4', width: '6', height: '8' };
    const rle = '0, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 12';
    expect(find('mask').map(({ attributes }) => attributes)).toMatchObject([
      { label: 'cat', ...place, rle },
    ]);
    expect(find('name').map(({ text }) => text)).toEqual(
      expect.arrayContaining(['cat', 'dog "big" <& é', 'score']),
    );
  });

  it('has runs that give the mask back row by row, outside first', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 35, maxLength: 35, max: 1 }), (bitmap) => {
        const place = { x: 1, y: 2, boxWidth: 7, boxHeight: 5, width: 20, height: 20 };
        const runs = rowRuns(maskOfBitmap(place, bitmap));
        const pixels = runs.flatMap((run, index) => Array<number>(run).fill(index % 2));
        expect(pixels).toEqual([...bitmap]);
      }),
    );
  });
});

describe('label-studio', () => {
  it('has predictions in percent, and a configuration that names their labels', async () => {
    const files = await filesOf('label-studio', sourceOf(someItems()));
    const tasks = JSON.parse(files['tasks.json']!);
    expect(tasks).toHaveLength(3);
    expect(tasks[0].data.image).toBe('/data/local-files/?d=photo-0.jpg');
    expect(tasks[0].predictions[0]).toMatchObject({ model_version: 'tiny', score: 0.75 });
    const [cat, , text] = tasks[0].predictions[0].result;
    expect(cat).toMatchObject({
      type: 'rectanglelabels',
      from_name: 'box',
      original_width: 40,
      value: { x: 10, y: 16.6667, width: 25, height: 66.6667, rectanglelabels: ['cat'] },
    });
    expect(text).toMatchObject({ from_name: 'text0', value: { text: ['a cat, and a dog'] } });
    const [outline] = tasks[1].predictions[0].result;
    expect(outline.value).toMatchObject({ polygonlabels: ['cat'], closed: true });
    expect(outline.value.points).toContainEqual([7.5, 13.3333]);
    const find = elements(files['labeling-config.xml']!);
    const names = (element: string, attribute: string) =>
      find(element).map(({ attributes }) => attributes[attribute]);
    expect(names('Label', 'value')).toEqual(['cat', 'dog "big" <& é', 'cat', 'dog "big" <& é']);
    expect(names('TextArea', 'name')).toEqual(['text0', 'text1', 'text2']);
  });

  it('has as many texts as an image has tasks of its own', async () => {
    const ocr = { type: 'ocr' } as const;
    const items = [anItem(0, { tasks: [ocr] }), anItem(1, { tasks: [ocr, ocr] })];
    const source = sourceOf(items, { job: aJob({ tasks: 'own' }) });
    const files = await filesOf('label-studio', source);
    const areas = elements(files['labeling-config.xml']!)('TextArea');
    expect(areas.map(({ attributes }) => attributes['name'])).toEqual(['text0', 'text1']);
  });
});
