import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitmapOf, decodeRuns } from '#paligemma/pictures';
import { filesOf } from '../read-export-fixture.js';
import { aBox, aJob, anAnswer, anItem, named, someItems, sourceOf } from '../source-fixture.js';

const instances = async (...args: Parameters<typeof sourceOf>) =>
  JSON.parse((await filesOf('coco', sourceOf(...args)))['instances.json']!);

describe('coco', () => {
  it('lists images, sorted categories and annotations', async () => {
    const { images, categories, annotations } = await instances(someItems());
    expect(images).toEqual([
      { id: 1, file_name: 'photo-0.jpg', width: 40, height: 30 },
      { id: 3, file_name: 'photo-2.jpg', width: 40, height: 30 },
      { id: 5, file_name: 'photo-4.jpg', width: 40, height: 30 },
    ]);
    expect(categories).toEqual([
      { id: 1, name: 'cat', supercategory: '' },
      { id: 2, name: 'dog "big" <& é', supercategory: '' },
    ]);
    const shared = { iscrowd: 0, score: 0.5 };
    const box = { ...shared, segmentation: [], task: 1, image_id: 1 };
    expect(annotations).toMatchObject([
      { ...box, id: 1, category_id: 1, bbox: [4, 5, 10, 20], area: 200 },
      { ...box, id: 2, category_id: 2, bbox: [20.5, 10, 19, 19.25], area: 365.75 },
      { ...shared, id: 3, image_id: 3, category_id: 1, bbox: [3, 4, 6, 8], area: 24, task: 2 },
    ]);
    expect(annotations[2].segmentation.size).toEqual([30, 40]);
  });

  it('has run lengths that decode to the mask, whatever it is', async () => {
    const size = { width: 40, height: 30 };
    const bits = fc.uint8Array({ minLength: 48, maxLength: 48, max: 1 });
    await fc.assert(
      fc.asyncProperty(bits, async (mask) => {
        const boxes = [aBox('cat', size, [3, 4, 9, 12], mask)];
        const { annotations } = await instances([anItem(0, { answers: [anAnswer(2, { boxes })] })]);
        const whole = bitmapOf(decodeRuns(annotations[0].segmentation));
        const cut = mask.map((_, at) => whole[(4 + Math.floor(at / 6)) * 40 + 3 + (at % 6)]!);
        expect([cut, annotations[0].area]).toEqual([mask, mask.reduce((a, b) => a + b, 0)]);
      }),
      { numRuns: 50 },
    );
  });

  it('says what an image was called where its path had to be another', async () => {
    const { images } = await instances([named(0, '../a.jpg'), named(1, 'a.jpg')]);
    expect(images).toMatchObject([
      { file_name: 'a.jpg', original_name: '../a.jpg' },
      { file_name: 'a_1.jpg', original_name: 'a.jpg' },
    ]);
  });

  it('calls a box without a label an object', async () => {
    const boxes = [aBox('', { width: 40, height: 30 }, [1, 1, 2, 2])];
    const { categories } = await instances([anItem(0, { answers: [anAnswer(1, { boxes })] })]);
    expect(categories).toMatchObject([{ name: 'object' }]);
  });
});

describe('coco-results', () => {
  it('has a file for each kind, with the ids of the dataset', async () => {
    const files = await filesOf('coco-results', sourceOf(someItems()));
    const read = (path: string) => JSON.parse(files[path]!);
    const dataset = await instances(someItems());
    expect(read('images.json')).toEqual({ ...dataset, annotations: [] });
    expect(read('detections.json')).toEqual([
      { image_id: 1, category_id: 1, bbox: [4, 5, 10, 20], score: 0.5 },
      { image_id: 1, category_id: 2, bbox: [20.5, 10, 19, 19.25], score: 0.5 },
      { image_id: 3, category_id: 1, bbox: [3, 4, 6, 8], score: 0.5 },
    ]);
    const { segmentation } = dataset.annotations[2];
    expect(read('segmentations.json')).toEqual([
      { image_id: 3, category_id: 1, segmentation, score: 0.5 },
    ]);
    expect(read('captions.json')).toEqual([{ image_id: 1, caption: 'a cat, and a dog' }]);
  });

  it('knows a caption by the tasks of its image when each has its own', async () => {
    const job = aJob({ tasks: 'own' });
    const answers = [anAnswer(0, { text: 'a cat' })];
    const items = [
      anItem(0, { answers, tasks: [{ type: 'ocr' }] }),
      anItem(1, { answers, tasks: [{ type: 'caption', language: 'en' }] }),
    ];
    const files = await filesOf('coco-results', sourceOf(items, { job }));
    expect(JSON.parse(files['captions.json']!)).toEqual([{ image_id: 2, caption: 'a cat' }]);
    expect(await filesOf('coco-results', sourceOf([items[0]!], { job }))).not.toHaveProperty([
      'captions.json',
    ]);
  });
});
