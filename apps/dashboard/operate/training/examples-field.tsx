import { useTuningFiles } from '../../client/files';
import { bytes } from '../../parts/format';
import { Field, type FieldFault } from '../../parts/field';
import { MoreButton } from '../../parts/more-button';

/** Where examples come from: `corrections` of a job, `upload`, `none`, or the id of a file that the API has. */
export interface Examples {
  readonly from: string;
  readonly file?: File;
}

interface Props {
  readonly label: string;
  readonly hint?: string;
  /** What stands before the files, with its title. */
  readonly first: readonly ['corrections' | 'none', string];
  readonly value: Examples;
  readonly fault: FieldFault | undefined;
  readonly onChange: (value: Examples) => void;
}

const LINES = 'JSONL, one {"image","prefix","suffix"} a line';

export function ExamplesField({ label, hint, first, value, fault, onChange }: Props) {
  const files = useTuningFiles();
  const isUpload = value.from === 'upload';
  return (
    <>
      <Field label={label} hint={hint} fault={isUpload ? undefined : fault}>
        {(props) => (
          <select
            {...props}
            value={value.from}
            onChange={(event) => onChange({ ...value, from: event.target.value })}
          >
            <option value={first[0]}>{first[1]}</option>
            <option value="upload">A file from this computer</option>
            <optgroup label="Uploaded before">
              {files.data?.pages
                .flatMap((page) => page.data)
                .map((file) => (
                  <option key={file.id} value={file.id}>
                    {file.filename}, {bytes(file.bytes)},{' '}
                    {new Date(file.created_at * 1000).toLocaleDateString()}
                  </option>
                ))}
            </optgroup>
          </select>
        )}
      </Field>
      <MoreButton of={files} label="Older files" className="button" />
      {isUpload && (
        <Field label={`${label}: file`} hint={LINES} fault={fault}>
          {(props) => (
            <input
              {...props}
              type="file"
              accept=".jsonl,.ndjson,.json"
              required
              onChange={(event) => onChange({ from: 'upload', file: event.target.files?.[0] })}
            />
          )}
        </Field>
      )}
    </>
  );
}
