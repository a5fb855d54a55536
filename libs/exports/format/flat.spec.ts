import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { exported } from '../read-export-fixture.js';
import { someItems, sourceOf } from '../source-fixture.js';
import { FLAT_COLUMNS } from './flat-row.js';

describe('jsonl', () => {
  it('has every item as the API lists it', async () => {
    const text = (await exported('jsonl', sourceOf(someItems()))).toString('utf8');
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(someItems());
  });
});

describe('csv', () => {
  it('has a row for each box, each answer without one and each item without answers', async () => {
    const text = (await exported('csv', sourceOf(someItems()))).toString('utf8');
    const [head, ...lines] = text.trimEnd().split('\r\n');
    expect(head).toBe(Object.keys(FLAT_COLUMNS).join(','));
    const zeros = '00'.repeat(32);
    expect(lines[0]).toBe(
      `0,photo-0.jpg,${zeros},40,30,succeeded,,,0,caption,"caption\n","a cat, and a dog",raw,0.75,eos,,,,,,,,,,,,`,
    );
    expect(lines[2]).toContain(',raw,0.75,eos,1,"dog ""big"" <& é",0.5,20.5,10,39.5,29.25,,,');
    expect(lines[3]).toMatch(/,0.5,3,4,9,12,"\{""size"":\[30,40\],""counts"":"".*""\}",24,0.9,,$/);
    expect(lines[4]).toBe(
      `3,photo-3.jpg,${zeros},,,failed,image.undecodable,The bytes end too early.,,,,,,,,,,,,,,,,,,,`,
    );
    expect(lines[5]).toMatch(/,sku-4,"\{""shelf"":""7"",""row"":""é""\}"$/);
    expect(lines).toHaveLength(6);
  });
});

describe('parquet', () => {
  const read = async (bytes: Buffer) => {
    const { buffer } = new Uint8Array(bytes);
    return parquetReadObjects({ file: buffer });
  };

  it('has the rows of the CSV with their types, as another package reads them', async () => {
    const rows = await read(await exported('parquet', sourceOf(someItems())));
    expect(rows).toHaveLength(6);
    expect(Object.keys(rows[0]!)).toEqual(Object.keys(FLAT_COLUMNS));
    expect(rows[0]).toMatchObject({ n: 0, text: 'a cat, and a dog', box: null, x1: null });
    expect(rows[2]).toMatchObject({ label: 'dog "big" <& é', x1: 20.5, y2: 29.25, box: 1 });
    expect(rows[3]).toMatchObject({ mask_area: 24, task_type: 'segment' });
    expect(rows[0]).toMatchObject({ custom_id: null, metadata: null });
    expect(rows[5]).toMatchObject({ custom_id: 'sku-4', metadata: '{"shelf":"7","row":"é"}' });
    expect(rows[4]).toMatchObject({
      state: 'failed',
      error_code: 'image.undecodable',
      width: null,
    });
  });

  it('has rows in several groups, and none', async () => {
    const many = Array.from({ length: 15_000 }, () => someItems()[0]!);
    const rows = await read(await exported('parquet', sourceOf(many)));
    expect(rows).toHaveLength(45_000);
    expect(rows.at(-1)).toMatchObject({ label: 'dog "big" <& é', x2: 39.5 });
    expect(await read(await exported('parquet', sourceOf([])))).toEqual([]);
  });
});
