import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useCreateKey } from '../../client/keys';
import { useMayOperate } from '../../client/session';
import { SheetButton } from '../../parts/sheet-button';
import { SheetForm } from '../../parts/sheet-form';
import { ShownOnce } from '../../parts/shown-once';
import { TextField } from '../../parts/text-field';

const DAY_MS = 24 * 60 * 60 * 1000;
/** After how many days a key ends by itself. */
const ENDS = [
  [0, 'never'],
  [30, 'in 30 days'],
  [90, 'in 90 days'],
  [365, 'in a year'],
] as const;

export function NewKey() {
  return (
    <SheetButton
      className="button primary"
      label={
        <>
          <Plus size={14} aria-hidden="true" /> New key
        </>
      }
      title="New API key"
    >
      {(close) => <NewKeyForm close={close} />}
    </SheetButton>
  );
}

function NewKeyForm({ close }: { readonly close: () => void }) {
  const create = useCreateKey();
  const [name, setName] = useState('');
  const [mayWrite, setMayWrite] = useState(false);
  const mayOperate = useMayOperate();
  const [givesOperate, setGivesOperate] = useState(false);
  const [days, setDays] = useState(0);
  if (create.data?.key !== undefined) {
    return <ShownOnce what="key" text={create.data.key} onDone={close} />;
  }
  const end = days === 0 ? {} : { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() };
  const make = (): void =>
    create.mutate({
      name,
      scopes: [
        'read',
        ...(mayWrite ? ['write' as const] : []),
        ...(givesOperate ? ['operate' as const] : []),
      ],
      ...end,
    });
  return (
    <SheetForm action={create} yes="Make the key" onSubmit={make} onLeave={close}>
      <TextField
        label="Name"
        placeholder="what it is for"
        maxLength={120}
        value={name}
        onChange={setName}
        isRequired
      />
      <fieldset>
        <legend>Role</legend>
        <Role isChosen={!mayWrite} choose={() => setMayWrite(false)} title="Read only" />
        <Role isChosen={mayWrite} choose={() => setMayWrite(true)} title="Read and write" />
        {mayOperate && (
          <label className="choice">
            <input
              type="checkbox"
              checked={givesOperate}
              onChange={(event) => setGivesOperate(event.target.checked)}
            />
            and operate: workers, and the queue of all tenants
          </label>
        )}
      </fieldset>
      <label>
        Ends
        <select value={days} onChange={(event) => setDays(Number(event.target.value))}>
          {ENDS.map(([after, text]) => (
            <option key={after} value={after}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </SheetForm>
  );
}

interface RoleProps {
  readonly isChosen: boolean;
  readonly choose: () => void;
  readonly title: string;
}

function Role({ isChosen, choose, title }: RoleProps) {
  return (
    <label className="choice">
      <input type="radio" name="role" checked={isChosen} onChange={choose} />
      {title}
    </label>
  );
}
