import { describe, expect, it } from 'vitest';
import { FolderSync } from './folder-sync.js';

function setup() {
  const begun: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const folders = new FolderSync((folder) => {
    begun.push(folder);
    return new Promise((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  });
  return { folders, begun, ends };
}

describe('a sync of a folder', () => {
  it('is shared by those who come while another one runs, and never the one that has begun', async () => {
    const { folders, begun, ends } = setup();
    const first = folders.sync('a');
    const [second, third, other] = [folders.sync('a'), folders.sync('a'), folders.sync('b')];
    expect(begun).toEqual(['a', 'b']);
    ends[0]!();
    await first;
    await expect.poll(() => begun).toEqual(['a', 'b', 'a']);
    ends[2]!();
    await Promise.all([second, third]);
    ends[1]!();
    await other;
    const fourth = folders.sync('a');
    expect(begun).toEqual(['a', 'b', 'a', 'a']);
    ends[3]!();
    await fourth;
  });

  it('that fails is told to those who waited for it, and not to the next', async () => {
    const { folders, begun, ends } = setup();
    const [first, second] = [folders.sync('a'), folders.sync('a')];
    ends[0]!(new Error('no disk'));
    await expect(first).rejects.toThrow('no disk');
    await expect.poll(() => begun).toHaveLength(2);
    ends[1]!();
    await second;
  });
});
