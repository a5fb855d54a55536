import { useImageSets } from '../../client/image-sets';
import { counted } from '../../parts/format';
import { Field, type FieldFault } from '../../parts/field';
import { MoreButton } from '../../parts/more-button';

interface Props {
  /** Empty: lines bring their pictures. */
  readonly value: string;
  readonly fault: FieldFault | undefined;
  readonly onChange: (id: string, isOpen: boolean) => void;
}

/** The pictures that lines of a file name. */
export function ImageSetField({ value, fault, onChange }: Props) {
  const sets = useImageSets();
  const known = sets.data?.pages.flatMap((page) => page.data) ?? [];
  const chosen = known.find(({ id }) => id === value);
  const isOpen = (id: string): boolean => known.find((set) => set.id === id)?.state === 'open';
  return (
    <>
      <Field
        label="Pictures"
        hint={
          chosen?.state === 'open'
            ? 'The set is open: it is sealed first, and takes no more images.'
            : 'Where the lines name their pictures by file name, the image set that has them.'
        }
        fault={fault}
      >
        {(props) => (
          <select
            {...props}
            value={value}
            onChange={(event) => onChange(event.target.value, isOpen(event.target.value))}
          >
            <option value="">In the lines themselves, as data: URLs</option>
            {known.map((set) => (
              <option key={set.id} value={set.id}>
                {set.name ?? set.id}, {counted(set.image_counts.accepted, 'image')}
              </option>
            ))}
          </select>
        )}
      </Field>
      <MoreButton of={sets} label="Older image sets" className="button" />
    </>
  );
}
