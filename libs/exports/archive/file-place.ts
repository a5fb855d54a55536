import { createHash } from 'node:crypto';

/** Of one folder or file: most systems take 255, and a suffix and an extension come after it. */
const MAX_SEGMENT_BYTES = 180;
const MAX_FOLDERS = 16;
/** What Windows, which knows the most, takes in no name. */
const FORBIDDEN = /[<>:"|?*\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

export interface FilePlace {
  /** Folders and name, without the extension. */
  readonly stem: string;
  /** With its dot, or empty. */
  readonly extension: string;
}

/**
 * Where the file of an image goes: its own name with its folders, without what would lead elsewhere. Client names are
 * text, never paths: `../../x.jpg` is `x.jpg`, `C:\x.jpg` is `C_/x.jpg`.
 */
export function safePlace(name: string): FilePlace {
  const segments = name
    .toWellFormed()
    .split(/[/\\]/)
    .map(safeSegment)
    .filter((segment) => segment !== '');
  const file = segments.pop() ?? 'unnamed';
  const dot = file.lastIndexOf('.');
  const hasExtension = dot > 0 && file.length - dot <= 6;
  const stem = cut(hasExtension ? file.slice(0, dot) : file);
  const folders = segments.slice(-MAX_FOLDERS).map(cut);
  return {
    stem: [...folders, stem].join('/'),
    extension: hasExtension ? file.slice(dot) : '',
  };
}

/** A label as part of a name. */
export const safeName = (text: string): string => cut(safeSegment(text.replaceAll(/[/\\]/g, '_')));

function safeSegment(segment: string): string {
  // A name that ends with a dot or a space is another one on Windows; `.` and `..` are nothing here.
  const visible = segment
    .normalize('NFC')
    .replace(FORBIDDEN, '_')
    .replace(/[. ]+$/, '')
    .trim();
  return RESERVED.test(visible) ? `_${visible}` : visible;
}

function cut(segment: string): string {
  if (Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES) return segment;
  let kept = '';
  for (const character of segment) {
    if (Buffer.byteLength(kept + character) > MAX_SEGMENT_BYTES) break;
    kept += character;
  }
  return kept.replace(/[. ]+$/, '');
}

/**
 * Gives each image a place of its own: who comes first keeps the name, the next one gets its number behind it. Systems
 * that do not tell `a` from `A` are thought of. Memory: 8 to 32 bytes an image.
 */
export class FilePlaces {
  readonly #taken = new HashSet();

  /** `by`: whether `a.jpg` and `a.png` are in each other's way, as they are where both become `a.txt`. */
  constructor(private readonly by: 'name' | 'stem') {}

  place(image: { readonly n: number; readonly image: { readonly name: string } }): FilePlace {
    const wanted = safePlace(image.image.name);
    let place = wanted;
    for (let tries = 0; !this.#taken.add(this.#key(place)); tries++) {
      place = { ...wanted, stem: `${wanted.stem}_${image.n}${'_'.repeat(tries)}` };
    }
    return place;
  }

  #key({ stem, extension }: FilePlace): string {
    return (this.by === 'stem' ? stem : stem + extension).toLowerCase();
  }
}

export const pathOf = ({ stem, extension }: FilePlace): string => stem + extension;

/**
 * Texts by 48 bits of their hash: a set of a million names would take ten times as much. Two names of the same hash
 * are told apart by a number that they did not need, no more.
 */
class HashSet {
  #slots = new Float64Array(1024).fill(-1);
  #size = 0;

  /** False when it is there already. */
  add(text: string): boolean {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const hash = createHash('sha1').update(text).digest().readUIntBE(0, 6);
    if (!this.#insert(hash)) return false;
    this.#size += 1;
    return true;
  }

  #insert(hash: number): boolean {
    const slots = this.#slots;
    let at = hash % slots.length;
    for (; slots[at] !== -1; at = (at + 1) % slots.length) if (slots[at] === hash) return false;
    slots[at] = hash;
    return true;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Float64Array(before.length * 2).fill(-1);
    for (const hash of before) if (hash !== -1) this.#insert(hash);
  }
}
