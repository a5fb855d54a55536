import { useNavigate, useSearch } from '@tanstack/react-router';

const ALL = '';

/** Which pool the charts are about, kept in the address. One that is gone stays to be chosen while it is named there. */
export function PoolChoice({ pools }: { readonly pools: readonly string[] }) {
  const { pool } = useSearch({ from: '/operate/queue' });
  const navigate = useNavigate();
  const names = pool === undefined || pools.includes(pool) ? pools : [...pools, pool];
  const choose = (name: string): void =>
    void navigate({
      to: '/operate/queue',
      search: ({ span }) => ({ ...(span && { span }), ...(name !== ALL && { pool: name }) }),
      replace: true,
    });
  return (
    <label className="pool-choice">
      Pool{' '}
      <select value={pool ?? ALL} onChange={({ target }) => choose(target.value)}>
        <option value={ALL}>all together</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
