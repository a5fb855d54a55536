import { Plus, X } from 'lucide-react';
import type { CorrectedBox } from '#contracts';
import { moveCorner, newBox, pixelsOf, type Size } from './box-draft';

const CORNERS = ['left', 'top', 'right', 'bottom'] as const;

interface Props {
  readonly boxes: readonly CorrectedBox[];
  readonly size: Size;
  /** What a new box is called first. */
  readonly label: string;
  readonly onChange: (boxes: readonly CorrectedBox[]) => void;
}

/** A row a box: its label and its corners in pixels of the picture, which shows them as they are typed. */
export function BoxFields({ boxes, size, label, onChange }: Props) {
  const set = (at: number, box: CorrectedBox): void =>
    onChange(boxes.map((old, i) => (i === at ? box : old)));
  return (
    <>
      {boxes.map((box, at) => {
        const pixels = pixelsOf(box, size);
        return (
          <fieldset key={at} className="box-fields">
            <legend className="quiet">Box {at + 1}</legend>
            <input
              aria-label={`Box ${at + 1}: label`}
              value={box.label}
              maxLength={128}
              onChange={(event) => set(at, { ...box, label: event.target.value })}
            />
            {CORNERS.map((name, corner) => (
              <label key={name} className="quiet">
                {name}
                <input
                  type="number"
                  aria-label={`Box ${at + 1}: ${name}, pixels`}
                  min={0}
                  max={corner % 2 === 0 ? size.width : size.height}
                  value={pixels[corner]}
                  onChange={(event) => {
                    const value = event.target.valueAsNumber;
                    if (!Number.isNaN(value)) set(at, moveCorner(box, corner, value, size));
                  }}
                />
              </label>
            ))}
            <button
              type="button"
              className="icon-button"
              aria-label={`Remove box ${at + 1}`}
              onClick={() => onChange(boxes.filter((_, i) => i !== at))}
            >
              <X size={14} aria-hidden="true" />
            </button>
          </fieldset>
        );
      })}
      <button
        type="button"
        className="button"
        onClick={() => onChange([...boxes, newBox(boxes.at(-1)?.label ?? label)])}
      >
        <Plus size={14} aria-hidden="true" /> Add a box
      </button>
    </>
  );
}
