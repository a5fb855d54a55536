import { useState } from 'react';
import { count } from '../parts/format';
import type { DrawnChart } from './chart-props';
import { thinned } from './thinned';

/** A table of more is no help to anybody. */
const MOST_ROWS = 100;

/** The numbers of a drawing. Made only when somebody opens it: a drawing that goes on would make it again each time. */
export function ChartTable(props: DrawnChart) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className="chart-table"
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{props.title} as a table</summary>
      {isOpen && <Rows {...props} />}
    </details>
  );
}

function Rows({ title, xName, x, lines, showX, showY }: DrawnChart) {
  const places = thinned(x.length, MOST_ROWS);
  return (
    <>
      {places.length < x.length && (
        <p className="quiet">
          {count(places.length)} of {count(x.length)} rows, evenly.
        </p>
      )}
      <div className="table-scroll" role="region" aria-label={`${title}, the numbers`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{xName}</th>
              {lines.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {places.map((at) => (
              <tr key={at}>
                <th scope="row">{showX(x[at]!)}</th>
                {lines.map(({ name, values }) => (
                  <td key={name}>{shown(values[at], showY)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const shown = (value: number | null | undefined, show: (y: number) => string): string =>
  value === null || value === undefined ? '' : show(value);
