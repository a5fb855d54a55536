import { Link, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { LineChart } from '../../chart/line-chart';
import { useSeries } from '../../client/operate';
import { Failure } from '../../parts/failure';
import { chartsOf, showTime } from './charts';
import { PoolChoice } from './pool-choice';
import { DEFAULT_SPAN, SPAN_NAMES } from './queue-search';

/** What was, over one span of time for all drawings: of one pool, or of all together. */
export function SeriesSection({ pools }: { readonly pools: readonly string[] }) {
  const { span = DEFAULT_SPAN, pool } = useSearch({ from: '/operate/queue' });
  const series = useSeries(span, pool);
  // A drawing is made again for new numbers only.
  const charts = useMemo(() => (series.data ? chartsOf(series.data) : []), [series.data]);
  return (
    <section aria-labelledby="charts">
      <div className="page-head">
        <h2 id="charts">Charts</h2>
        <PoolChoice pools={pools} />
        <nav className="choices spans" aria-label="How far back">
          {SPAN_NAMES.map(([each, name]) => (
            <Link
              key={each}
              to="/operate/queue"
              search={(before) => ({ ...before, span: each })}
              replace
              aria-current={each === span ? 'true' : undefined}
            >
              {name}
            </Link>
          ))}
        </nav>
      </div>
      {series.error && <Failure error={series.error} />}
      <div className="columns charts">
        {series.data &&
          charts.map((chart) => (
            <LineChart
              key={chart.title}
              {...chart}
              xName="Time"
              x={series.data.times}
              showX={showTime(series.data.span)}
              isTime
              hasGaps
              fromZero
              linkedBy="series"
            />
          ))}
      </div>
    </section>
  );
}
