import { CircleCheck, CircleDashed, CirclePlay, CircleX, LogOut } from 'lucide-react';
import type { Worker, WorkerReport } from '#contracts';
import { useDrainWorker } from '../../client/operate';
import { useMayWrite } from '../../client/session';
import { Age } from '../../parts/age';
import { ConfirmButton } from '../../parts/confirm-button';
import { bytes, count, rate } from '../../parts/format';
import { StateMark } from '../../parts/state-mark';

const ICONS = {
  starting: CircleDashed,
  ready: CircleCheck,
  busy: CirclePlay,
  draining: LogOut,
  lost: CircleX,
};

export function WorkerRow({ worker }: { readonly worker: Worker }) {
  const { report } = worker;
  const mayWrite = useMayWrite();
  const isAsked = worker.drain_requested_at !== null && worker.state !== 'lost';
  const canDrain = mayWrite && !isAsked && worker.state !== 'draining' && worker.state !== 'lost';
  return (
    <li className="row worker-row">
      <div className="row-name">
        <strong>{worker.host}</strong>
        <span className="quiet">
          {worker.pool}, process {worker.pid}
        </span>
      </div>
      <StateMark
        icon={ICONS[worker.state]}
        standing={worker.state}
        word={isAsked && worker.state !== 'draining' ? 'asked to end' : worker.state}
      />
      <span className="quiet">{report === null ? 'says nothing' : deviceOf(report)}</span>
      <span>{report && `${report.slots_in_use} of ${report.slots} slots`}</span>
      <span>
        {report && `${rate(report.images_per_second)}, ${tokens(report.tokens_per_second)}`}
      </span>
      <span className="quiet">{report && usageOf(report)}</span>
      <span className="quiet">
        started <Age of={worker.started_at} />
      </span>
      <span className="row-end">{canDrain && <DrainButton worker={worker} />}</span>
    </li>
  );
}

function DrainButton({ worker }: { readonly worker: Worker }) {
  const drain = useDrainWorker(worker.id);
  return (
    <ConfirmButton
      label={
        <>
          Drain
          <span className="sr-only">
            {' '}
            the worker on {worker.host}, process {worker.pid}
          </span>
        </>
      }
      title="Drain this worker?"
      no="Let it work"
      yes="Drain the worker"
      action={drain}
    >
      <p>
        It takes nothing new, ends what its engine holds, gives back the rest and ends. Nothing is
        lost. Whoever started it (<code>pallet up</code>, Kubernetes) starts another.
      </p>
    </ConfirmButton>
  );
}

const deviceOf = ({ provider, device }: WorkerReport): string =>
  device === null ? provider : `${provider}, ${device}`;

const tokens = (perSecond: number): string => `${count(Math.round(perSecond))} tokens/s`;

/** What nobody says is left out, and so is a GPU that is none. */
function usageOf({ cpu_percent: cpu, memory_bytes: memory, gpu }: WorkerReport): string {
  const parts = [
    cpu === null ? undefined : `CPU ${count(Math.round(cpu))} %`,
    memory === null ? undefined : bytes(memory),
    gpu?.percent == null ? undefined : `GPU ${count(gpu.percent)} %`,
    gpu?.memory_bytes == null ? undefined : `${bytes(gpu.memory_bytes)} of the GPU’s`,
  ];
  const said = parts.filter((part) => part !== undefined);
  return said.join(', ') + (gpu === null ? ', no GPU figures' : '');
}
